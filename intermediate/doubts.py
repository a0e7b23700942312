"""The warnings of `check`: settings that are doubtful in production, and settings that have no effect."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pyramid.settings import asbool

from intermediate.plugins import KINDS, backend_names, did_you_mean, find_backend
from intermediate.sanity import FORM_AROUND_FILE
from intermediate.settings import SECTIONS, Settings, ring_of, variable

RELOADING = ("pyramid.reload_templates", "pyramid.reload_assets", "pyramid.reload_all")
FEW_LETTERS = 10  # 64 random hexadecimal digits have more different ones, except by a rare chance
# Settings by their names without dots and underscores.
KEYS = {
    f"{section}{field}".replace("_", ""): f"{section}.{field}"
    for section, model in SECTIONS.items()
    for field in model.model_fields
}
OF_A_SERVER = ("bind", "listen", "workers", "threads", "timeout", "graceful_timeout", "max_request_body_size")


def without_effect(key: str) -> str:
    """Return why a key of [app:main] has no effect, and what was meant; "" if it may be a third party's.

    Keys of third parties are in the same section, so only keys that resemble ours are reported.
    """
    first, dot, rest = key.partition(".")
    if dot and first in SECTIONS:
        return ""
    if key in OF_A_SERVER:
        return f"{key} has no effect in [app:main]. Move it to [server:main]."
    near = get_close_matches(first, SECTIONS, n=1, cutoff=0.75) if dot else []
    alike = get_close_matches(re.sub(r"[._-]", "", key), KEYS, n=1, cutoff=0.9)
    meant = KEYS[alike[0]] if alike else f"{near[0]}.{rest}" if near else ""
    return f"{key} is not a setting of this application and has no effect. Did you mean {meant}?" if meant else ""


def wrong_if_chosen(settings: Settings, ini: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield unknown options of installed backends that are not chosen: if they are chosen, the start fails.

    The start does not load these backends, and does not check their options.
    """
    given = [*ini, *environ]
    options: dict[tuple[str, str], set[str]] = {}
    for kind in KINDS:
        for name in backend_names(kind):
            named = any(one.startswith(_prefixes(kind, name)) for one in given)
            if named and (own := _options(kind, name)) is not None:
                options[kind, name] = own
    known = set().union(KEYS.values(), *options.values())
    known |= set(map(variable, known))
    for (kind, name), own in options.items():
        if name == getattr(settings, kind).backend:
            continue  # the start checks these
        for one in given:
            if one.startswith(_prefixes(kind, name)) and one not in known:
                what = one if one in ini else f"The environment variable {one}"
                near = did_you_mean(one, own if one in ini else map(variable, own))
                yield f"{what} is not a setting, so {kind}.backend = {name} would not start.{near}"


def _prefixes(kind: str, name: str) -> tuple[str, str]:
    return f"{kind}.{name}.", variable(f"{kind}.{name}.")


def _options(kind: str, name: str) -> set[str] | None:
    """Return the keys of a backend, or None if it cannot be loaded, such as one whose driver is not installed."""
    try:
        fields = find_backend(kind, name).Settings.model_fields
    except Exception:  # noqa: BLE001  any error may be ignored: it is not in use
        return None
    return {f"{kind}.{name}.{field}" for field in fields}


def doubts(settings: Settings, ini: Mapping[str, str], server: Mapping[str, str]) -> Iterator[str]:
    """Yield the doubtful settings, each with what to do."""
    site, api = settings.site, settings.api
    largest, cut_off = settings.imports.max_bytes + FORM_AROUND_FILE, server.get("max_request_body_size", "")
    for doubtful, sentences in (
        (
            not settings.session.secure_cookie,
            "session.secure_cookie = false sends logins over plain HTTP. Set it to true and serve HTTPS.",
        ),
        (
            not site.trusted_proxies,
            "site.trusted_proxies is empty, so all clients of a proxy share one rate limit and seem to use plain HTTP. "
            "If there is a proxy, set its address.",
        ),
        (
            site.metrics == "open",
            "site.metrics = open shows usage figures to everyone. Set it to local, or block /metrics at the proxy.",
        ),
        (
            any(word in origin for origin in api.allowed_origins for word in ("//localhost", "//127.0.0.1")),
            "api.allowed_origins includes localhost. List only the origins of your applications.",
        ),
        (
            not api.rate_limits,
            "api.rate_limits = false allows unlimited password guesses. Set it to true.",
        ),
        (
            settings.log.level == "DEBUG",
            "log.level = DEBUG is too verbose for production. Set it to INFO.",
        ),
        (
            settings.database.url.startswith("sqlite"),
            "database.url is SQLite, which is limited to one machine and one writer at a time. Use Postgres.",
        ),
        (
            settings.tasks.backend == "memory",
            "tasks.backend = memory loses all tasks when the server stops. Set it to sql.",
        ),
        (
            any(asbool(ini.get(key)) for key in RELOADING),
            "pyramid.reload_* checks files for changes on every request. Set it to false.",
        ),
        (
            "gunicorn" not in server.get("use", ""),
            "[server:main] runs one process, which is not restarted if it fails. Set use = egg:intermediate#gunicorn.",
        ),
        (
            cut_off.isdecimal() and int(cut_off) < largest,
            "[server:main] max_request_body_size is too small for files that import.max_bytes allows. "
            f"Set it to {largest} or more.",
        ),
    ):
        if doubtful:
            yield sentences
    yield from _weak_secrets(settings)


def _weak_secrets(settings: Settings) -> Iterator[str]:
    """Yield signing keys that are long enough but unsafe."""
    both = {"session.secret_key": settings.session.secret_key, "jwt.secret_key": settings.jwt.secret_key}
    rings = {key: ring_of(secret) for key, secret in both.items()}
    if set(rings["session.secret_key"]) & set(rings["jwt.secret_key"]):
        yield "session.secret_key and jwt.secret_key are the same. Give each its own output of `openssl rand -hex 32`."
    for key, ring in rings.items():
        if any(len(set(one)) < FEW_LETTERS for one in ring):
            yield f"{key} has too few different characters to be safe. Use the output of `openssl rand -hex 32`."
