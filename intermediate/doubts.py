"""What production can do with and seldom should, and what is set and has no effect: the warnings of `check`."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pyramid.settings import asbool

from intermediate.sanity import FORM_AROUND_FILE
from intermediate.settings import SECTIONS, Settings, ring_of

RELOADING = ("pyramid.reload_templates", "pyramid.reload_assets", "pyramid.reload_all")
FEW_LETTERS = 10  # of 64 that are random, in base 16, it takes more than chance to have as few
# What names without their dots are looked up by.
KEYS = {
    f"{section}{field}".replace("_", ""): f"{section}.{field}"
    for section, model in SECTIONS.items()
    for field in model.model_fields
}
OF_A_SERVER = ("bind", "listen", "workers", "threads", "timeout", "graceful_timeout", "max_request_body_size")


def without_effect(key: str) -> str:
    """Why a key of [app:main] that is not ours does nothing, and what was meant; "" if it may be somebody else's.

    Keys of third parties stand in the same section, so only what is nearly ours is told.
    """
    first, dot, rest = key.partition(".")
    if dot and first in SECTIONS:
        return ""
    if key in OF_A_SERVER:
        return f"{key} has no effect in [app:main]. Move it to [server:main]."
    near = get_close_matches(first, SECTIONS, n=1, cutoff=0.75) if dot else []
    alike = get_close_matches(re.sub(r"[._-]", "", key), KEYS, n=1, cutoff=0.9)
    meant = KEYS[alike[0]] if alike else f"{near[0]}.{rest}" if near else ""
    return f"{key} is not ours, and has no effect. Did you mean {meant}?" if meant else ""


def doubts(settings: Settings, ini: Mapping[str, str], server: Mapping[str, str]) -> Iterator[str]:
    """A sentence each, and what to do."""
    site, api = settings.site, settings.api
    largest, cut_off = settings.imports.max_bytes + FORM_AROUND_FILE, server.get("max_request_body_size", "")
    for doubtful, sentences in (
        (
            not settings.session.secure_cookie,
            "session.secure_cookie = false sends logins over plain http. Set it to true, and serve https.",
        ),
        (
            not site.trusted_proxies,
            "site.trusted_proxies is empty, so all clients of a proxy share its limits, and none speaks https. "
            "Name the proxy's address, if there is one.",
        ),
        (
            site.metrics == "open",
            "site.metrics = open shows everybody how much is done here. Say local, or let the proxy refuse /metrics.",
        ),
        (
            any(word in origin for origin in api.allowed_origins for word in ("//localhost", "//127.0.0.1")),
            "api.allowed_origins lets pages of the reader's own machine in. Name your applications only.",
        ),
        (
            not api.rate_limits,
            "api.rate_limits = false lets passwords be guessed without end. Set it to true.",
        ),
        (
            settings.log.level == "DEBUG",
            "log.level = DEBUG writes down more than anybody reads. Say INFO.",
        ),
        (
            settings.database.url.startswith("sqlite"),
            "database.url is SQLite, which one machine can use, and one writer at a time. Name a Postgres.",
        ),
        (
            settings.tasks.backend == "memory",
            "tasks.backend = memory forgets all tasks when the server ends. Say sql.",
        ),
        (
            any(asbool(ini.get(key)) for key in RELOADING),
            "pyramid.reload_* looks at the files for each page. Set it to false.",
        ),
        (
            "gunicorn" not in server.get("use", ""),
            "[server:main] serves from one process, which is not replaced. Say use = egg:intermediate#gunicorn.",
        ),
        (
            cut_off.isdecimal() and int(cut_off) < largest,
            f"[server:main] max_request_body_size cuts off files that import.max_bytes allows. Say {largest} or more.",
        ),
    ):
        if doubtful:
            yield sentences
    yield from _weak_secrets(settings)


def _weak_secrets(settings: Settings) -> Iterator[str]:
    """Long enough, and none to be proud of."""
    both = {"session.secret_key": settings.session.secret_key, "jwt.secret_key": settings.jwt.secret_key}
    rings = {key: ring_of(secret) for key, secret in both.items()}
    if set(rings["session.secret_key"]) & set(rings["jwt.secret_key"]):
        yield "session.secret_key and jwt.secret_key are the same. Give each its own output of `openssl rand -hex 32`."
    for key, ring in rings.items():
        if any(len(set(one)) < FEW_LETTERS for one in ring):
            yield f"{key} can be guessed, being made of few letters. Take the output of `openssl rand -hex 32`."
