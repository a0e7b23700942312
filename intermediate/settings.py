"""INI file and environment in, typed settings out (`intermediate.sections`), and every configuration error.

A key is `<section>.<field>`, or `<kind>.<backend>.<field>` for an option of one backend. Its value comes from the
first of: its own environment variable (`INTERMEDIATE_CACHE_TTL_SECONDS`), a shared variable (`SHARED`), the INI, the
default. Keys are turned into names of variables and never the other way round, so no name is ambiguous.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from intermediate.plugins import KINDS, ConfigurationError, backend_names, find_backend
from intermediate.plugins.base import Section
from intermediate.sections import (
    DEFAULT_SECRET,
    Analytics,
    Api,
    Auth,
    Cache,
    Database,
    Import,
    Intermediate,
    Jobs,
    Jwt,
    Log,
    Session,
    Site,
    Tasks,
)

ENV = "INTERMEDIATE_"
SECRET_BYTES = 32

# Variables with a name of their own, and the keys that they fill.
SHARED = {
    "INTERMEDIATE_REDIS_URL": ("cache.redis.url", "jobs.rq.url"),
    "INTERMEDIATE_MONGO_URL": ("analytics.mongo.url",),
    "INTERMEDIATE_JOB_QUEUE_NAME": ("jobs.queue_name",),
    "INTERMEDIATE_JOB_MAX_RETRIES": ("jobs.max_retries",),
    "INTERMEDIATE_JOB_RETRY_BACKOFF_SECONDS": ("jobs.retry_backoff_seconds",),
    "INTERMEDIATE_ALLOWED_ORIGINS": ("api.allowed_origins",),
    "INTERMEDIATE_ALLOWED_HOSTS": ("site.allowed_hosts",),
}
CACHE_SWITCH = "INTERMEDIATE_CACHE_ENABLED"


class Settings(BaseModel):
    """Everything that can be configured. `options` holds the settings of each kind's chosen backend."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)
    intermediate: Intermediate
    log: Log
    database: Database
    session: Session
    jwt: Jwt
    api: Api
    site: Site
    imports: Import = Field(alias="import")
    auth: Auth
    tasks: Tasks
    cache: Cache
    jobs: Jobs
    analytics: Analytics
    options: dict[str, Section]

    @property
    def production(self) -> bool:
        return self.intermediate.environment in ("staging", "production")


SECTIONS: dict[str, type[Section]] = {
    field.alias or name: field.annotation  # type: ignore[misc]
    for name, field in Settings.model_fields.items()
    if name != "options"
}


def load(ini: Mapping[str, str], environ: Mapping[str, str], here: str = ".") -> Settings:
    """Typed settings, or a ConfigurationError that names the key, its value and what would be right."""
    ini = {key: value for key, value in ini.items() if key.split(".")[0] in SECTIONS and "." in key}
    chosen = {kind: _chosen(kind, ini, environ) for kind in KINDS}
    models = dict(SECTIONS)
    for kind, name in chosen.items():
        models[f"{kind}.{name}"] = find_backend(kind, name).Settings
    keys = {f"{section}.{field}": section for section, model in models.items() for field in model.model_fields}
    _refuse_unknown(ini, environ, keys)

    values: dict[str, dict[str, str]] = {section: {} for section in models}
    for key, section in keys.items():
        for value in _sources(key, ini, environ):
            values[section][key.rpartition(".")[2]] = value
            break
    values["database"].setdefault("url", f"sqlite:///{here}/intermediate.sqlite")
    for kind, name in chosen.items():
        values[kind]["backend"] = name
    built = {section: _build(section, model, values[section]) for section, model in models.items()}
    options = {kind: built.pop(f"{kind}.{name}") for kind, name in chosen.items()}
    settings = Settings.model_validate({**built, "options": options})
    _check_secrets(settings)
    return settings


def variable(key: str) -> str:
    """The environment variable of a key: `cache.ttl_seconds` is INTERMEDIATE_CACHE_TTL_SECONDS."""
    return ENV + key.removeprefix("intermediate.").upper().replace(".", "_")


def _sources(key: str, ini: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    names = [variable(key), *(shared for shared, keys in SHARED.items() if key in keys)]
    yield from (environ[name] for name in names if name in environ)
    if key in ini:
        yield ini[key]


def _chosen(kind: str, ini: Mapping[str, str], environ: Mapping[str, str]) -> str:
    switch = environ.get(CACHE_SWITCH, "true").lower()
    if switch not in ("true", "false"):
        raise ConfigurationError(f"{CACHE_SWITCH} = {switch!r}: say true or false")
    if kind == "cache" and switch == "false":
        return "null"
    default = str(SECTIONS[kind].model_fields["backend"].default)
    return next(_sources(f"{kind}.backend", ini, environ), default)


def _refuse_unknown(ini: Mapping[str, str], environ: Mapping[str, str], keys: Mapping[str, str]) -> None:
    others = tuple(f"{kind}.{name}." for kind in KINDS for name in backend_names(kind))
    used = tuple(other for other in others if other[:-1] in keys.values())
    for key in ini:
        if key not in keys and (key.startswith(used) or not key.startswith(others)):
            raise ConfigurationError(f"{key} is not a setting.{_nearest(key, keys)}")
    names = {variable(key) for key in keys} | set(SHARED) | {CACHE_SWITCH}
    idle = tuple(variable(other) for other in others if other not in used)
    for name in environ:
        if name.startswith(ENV) and name not in names and not name.startswith(idle):
            raise ConfigurationError(f"The environment variable {name} is not a setting.{_nearest(name, names)}")


def _nearest(word: str, known: Mapping[str, str] | set[str]) -> str:
    return "".join(f" Did you mean {match}?" for match in get_close_matches(word, sorted(known), n=1))


def _build(section: str, model: type[Section], values: Mapping[str, str]) -> Section:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join([section, str(first["loc"][0])])
        raise ConfigurationError(f"{key}{_shown(key, first.get('input'))}: {first['msg']}") from None


def _shown(key: str, value: Any) -> str:
    """A value as it may be printed: never a secret, nor a URL, which may hold a password."""
    return "" if any(word in key for word in ("secret", "url", "password")) else f" = {value!r}"


def _check_secrets(settings: Settings) -> None:
    """Production starts only with signing keys that are its own and long enough for HMAC-SHA256."""
    for key, secret in (
        ("session.secret_key", settings.session.secret_key),
        ("jwt.secret_key", settings.jwt.secret_key),
    ):
        ring = ring_of(secret)
        how = f"Set {variable(key)} to the output of `openssl rand -hex 32`."
        if not ring or any(len(one) < SECRET_BYTES for one in ring):
            raise ConfigurationError(f"{key} is shorter than {SECRET_BYTES} bytes. {how}")
        if len(ring) > 3:
            raise ConfigurationError(f"{key} holds {len(ring)} keys; at most three can be in rotation.")
        if settings.production and any(one.startswith(DEFAULT_SECRET.encode()) for one in ring):
            raise ConfigurationError(f"{key} still has its development value. {how}")
    if settings.production and not settings.site.allowed_hosts:
        raise ConfigurationError("site.allowed_hosts is empty: name the hosts that this site answers to.")


def ring_of(secret: SecretStr) -> tuple[bytes, ...]:
    """The keys of a comma-separated ring; the first one signs."""
    return tuple(part.strip().encode() for part in secret.get_secret_value().split(",") if part.strip())
