"""Reading the settings (`intermediate.sections`) from an INI file and the environment, with all configuration errors.

A key is `<section>.<field>`, or `<kind>.<backend>.<field>` for an option of one backend. Its value comes from the
first of these that is set: its own environment variable (`INTERMEDIATE_CACHE_TTL_SECONDS`), a shared variable
(`SHARED`), the INI file, the default. Variable names are derived from keys and never parsed, so none is ambiguous.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pyramid.settings import asbool

from intermediate.plugins import KINDS, ConfigurationError, backend_names, did_you_mean, find_backend
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

# Environment variables that are not named after one key, and the keys that they set.
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
    """All settings. `options` has the settings of the chosen backend of each kind."""

    model_config = ConfigDict(frozen=True)
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
    field.alias or name: field.annotation  # type: ignore[misc]  # each is a class
    for name, field in Settings.model_fields.items()
    if name != "options"
}


def load(ini: Mapping[str, str], environ: Mapping[str, str], here: str = ".") -> Settings:
    """Return the settings, or raise ConfigurationError with the first mistake: key, value and what is accepted."""
    settings, mistakes = read(ini, environ, here)
    if settings is None or mistakes:
        raise ConfigurationError(mistakes[0])
    return settings


def read(ini: Mapping[str, str], environ: Mapping[str, str], here: str = ".") -> tuple[Settings | None, list[str]]:
    """Return the settings, or None if they cannot be built, and one line for each mistake."""
    mistakes: list[str] = []
    ours = {key: value for key, value in ini.items() if key.split(".")[0] in SECTIONS and "." in key}
    chosen, models = _choose(ours, environ, mistakes)
    keys = {f"{section}.{field}": section for section, model in models.items() for field in model.model_fields}
    mistakes += _unknown(ours, environ, keys)
    values = _values(keys, ours, environ)
    values["database"].setdefault("url", f"sqlite:///{here}/intermediate.sqlite")
    for kind, name in chosen.items():
        values[kind]["backend"] = name
    built: dict[str, Section] = {}
    for section, model in models.items():
        with _noted(mistakes):
            built[section] = _build(section, model, values[section])
    if len(built) < len(models) or len(chosen) < len(KINDS):
        return None, mistakes
    options = {kind: built.pop(f"{kind}.{name}") for kind, name in chosen.items()}
    settings = Settings.model_validate({**built, "options": options})
    return settings, [*mistakes, *_wrong_secrets(settings), *(_unsafe(settings, ini) if settings.production else ())]


def _choose(
    ini: Mapping[str, str], environ: Mapping[str, str], mistakes: list[str]
) -> tuple[dict[str, str], dict[str, type[Section]]]:
    """Return the backend of each kind, and the models of all sections including those of these backends."""
    chosen: dict[str, str] = {}
    models = dict(SECTIONS)
    for kind in KINDS:
        with _noted(mistakes):
            name = _chosen(kind, ini, environ)
            models[f"{kind}.{name}"] = find_backend(kind, name).Settings
            chosen[kind] = name
    return chosen, models


def _values(
    keys: Mapping[str, str], ini: Mapping[str, str], environ: Mapping[str, str]
) -> defaultdict[str, dict[str, str]]:
    """Return the given values by section and field."""
    values: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, section in keys.items():
        for value in islice(_sources(key, ini, environ), 1):
            values[section][key.rpartition(".")[2]] = value
    return values


@contextmanager
def _noted(mistakes: list[str]) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        mistakes.append(str(error))


def variable(key: str) -> str:
    """Return the environment variable of a key: `cache.ttl_seconds` is INTERMEDIATE_CACHE_TTL_SECONDS."""
    return ENV + key.removeprefix("intermediate.").upper().replace(".", "_")


def _sources(key: str, ini: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    names = [variable(key), *(shared for shared, keys in SHARED.items() if key in keys)]
    yield from (environ[name] for name in names if name in environ)
    if key in ini:
        yield ini[key]


def _chosen(kind: str, ini: Mapping[str, str], environ: Mapping[str, str]) -> str:
    switch = environ.get(CACHE_SWITCH, "true").lower()
    if switch not in ("true", "false"):
        raise ConfigurationError(f"{CACHE_SWITCH} = {switch!r}: use true or false")
    if kind == "cache" and switch == "false":
        return "null"
    default = str(SECTIONS[kind].model_fields["backend"].default)
    return next(_sources(f"{kind}.backend", ini, environ), default)


def _unknown(ini: Mapping[str, str], environ: Mapping[str, str], keys: Mapping[str, str]) -> Iterator[str]:
    others = tuple(f"{kind}.{name}." for kind in KINDS for name in backend_names(kind))
    used = tuple(other for other in others if other[:-1] in keys.values())
    for key in ini:
        if key not in keys and (key.startswith(used) or not key.startswith(others)):
            yield f"{key} is not a setting.{did_you_mean(key, keys)}"
    names = {variable(key) for key in keys} | set(SHARED) | {CACHE_SWITCH}
    idle = tuple(variable(other) for other in others if other not in used)
    for name in environ:
        if name.startswith(ENV) and name not in names and not name.startswith(idle):
            yield f"The environment variable {name} is not a setting.{did_you_mean(name, names)}"


def _build(section: str, model: type[Section], values: Mapping[str, str]) -> Section:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join([section, str(first["loc"][0])])
        raise ConfigurationError(
            f"{key}{_shown(key, first.get('input'))}: {first['msg'].removeprefix('Value error, ')}"
        ) from None


def _shown(key: str, value: Any) -> str:
    """Return ` = value` for an error message; nothing for a secret, or for a URL, which may contain a password."""
    return "" if any(word in key for word in ("secret", "url", "password")) else f" = {value!r}"


def _wrong_secrets(settings: Settings) -> Iterator[str]:
    """Yield mistakes in the signing keys, which HMAC-SHA256 needs long enough, and missing hosts in production."""
    for key, secret in (
        ("session.secret_key", settings.session.secret_key),
        ("jwt.secret_key", settings.jwt.secret_key),
    ):
        ring = ring_of(secret)
        how = f"Set {variable(key)} to the output of `openssl rand -hex 32`."
        if not ring or any(len(one) < SECRET_BYTES for one in ring):
            yield f"{key} is shorter than {SECRET_BYTES} bytes. {how}"
        elif len(ring) > 3:
            yield f"{key} has {len(ring)} keys. Keep at most three."
        elif settings.production and any(one.startswith(DEFAULT_SECRET.encode()) for one in ring):
            yield f"{key} still has its development value. {how}"
    if settings.production and not settings.site.allowed_hosts:
        yield "site.allowed_hosts is empty. Set INTERMEDIATE_ALLOWED_HOSTS to the hosts that this site answers to."


def _unsafe(settings: Settings, ini: Mapping[str, str]) -> Iterator[str]:
    """Yield the settings that production refuses because they expose its data to clients."""
    signed_in_by = getattr(settings.options["auth"], "trusted", ())
    for key, networks in (
        ("site.trusted_proxies", settings.site.trusted_proxies),
        (f"auth.{settings.auth.backend}.trusted", signed_in_by),
    ):
        if any(network.prefixlen == 0 for network in networks):
            yield f"{key} trusts every address. List only the addresses of your proxies."
    for key, value in ini.items():
        if key.startswith("pyramid.debug_") and asbool(value):
            yield f"{key} = {value!r} exposes internals to clients. Remove it."
    if "debugtoolbar" in ini.get("pyramid.includes", ""):
        yield "pyramid.includes lists the debug toolbar, which lets clients run any code. Remove it."


def ring_of(secret: SecretStr) -> tuple[bytes, ...]:
    """Return the keys of a comma-separated key ring; the first one signs."""
    return tuple(part.strip().encode() for part in secret.get_secret_value().split(",") if part.strip())
