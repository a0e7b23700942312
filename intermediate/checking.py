"""Checks of an installation before others use it: its settings, its backends, and how their services are set up.

Wrong settings also prevent each start (`intermediate.settings`). An unavailable service does not: the application
starts without it, and does what it can.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from intermediate import close, create_app
from intermediate.doubts import doubts, without_effect, wrong_if_chosen
from intermediate.engines import connections, exists
from intermediate.plugins import KINDS, ConfigurationError
from intermediate.plugins.base import BackendError, Capability
from intermediate.servers import verify
from intermediate.settings import Settings, read
from intermediate.views.health import Measured

Level = Literal["ok", "warning", "error"]
PATIENCE = 5.0
SETTINGS = "settings"
DOCS, SERVER_DOCS = "See docs/settings.md.", "See [server:main] of production.ini."
REMEDIES = {
    "schema_behind": "Run `intermediate migrate`.",
    "no_answer": "Check that it is running and not overloaded, and that no firewall drops packets on the way.",
}
IN_THE_DATABASE = "It is stored in the database: fix that first."
OF_A_WORKER = 3  # connections: for a job's transaction, its steps and its lease


@dataclass(frozen=True)
class Finding:
    level: Level
    about: str
    says: str
    do: str = ""


def check(
    ini: Mapping[str, str], server: Mapping[str, str], environ: Mapping[str, str], here: str = "."
) -> Iterator[Finding]:
    """Yield all findings, good or bad. Nothing is changed."""
    settings, mistakes = read(ini, environ, here)
    served = settings is None or _noted(mistakes, settings, server)
    for mistake in mistakes:
        yield _finding("error", SETTINGS, mistake)
    for sentences in filter(None, map(without_effect, ini)):
        yield _finding("warning", SETTINGS, sentences)
    if settings is None:
        return
    for sentences in wrong_if_chosen(settings, ini, environ):
        yield _finding("warning", SETTINGS, sentences)
    if not mistakes:
        yield Finding("ok", SETTINGS, f"for {settings.intermediate.environment}")
    if settings.production:
        for sentences in doubts(settings, ini, server):
            yield _finding("warning", SETTINGS, sentences)
    yield from _backends(settings, ini, server if served else {})


def _noted(mistakes: list[str], settings: Settings, server: Mapping[str, str]) -> bool:
    """Return whether the server would start. If not, add the reason to the mistakes."""
    try:
        verify(settings, server)
    except ConfigurationError as error:
        mistakes.append(str(error))
        return False
    return True


def _finding(level: Level, about: str, sentences: str) -> Finding:
    says, _, do = sentences.partition(". ")
    return Finding(level, about, says.rstrip("."), do or (SERVER_DOCS if says.startswith("[server") else DOCS))


def _backends(settings: Settings, ini: Mapping[str, str], server: Mapping[str, str]) -> Iterator[Finding]:
    """Yield whether each backend responds now, and its advice on how its service is set up."""
    unchanging = settings.database.model_copy(update={"migrate": False})
    try:
        app = create_app(settings.model_copy(update={"database": unchanging}), **ini)
    except ConfigurationError as error:
        yield _finding("error", SETTINGS, str(error))
        return
    except ImportError as error:
        yield Finding(
            "error", SETTINGS, str(error), "Install it, or remove the setting that names it, such as pyramid.includes."
        )
        return
    try:
        if not exists(app.registry.engine):  # connecting would create it
            yield Finding("error", "database", "does not exist yet", REMEDIES["schema_behind"])
            return
        for name, measured in app.registry.checks.measured(PATIENCE).items():
            yield from _answer(name, measured, app.registry)
            if (name, measured.result["status"]) == ("database", "ok"):
                yield from _room(app.registry.engine, server)
    finally:
        close(app)


def _answer(name: str, measured: Measured, registry: Any) -> Iterator[Finding]:
    result = measured.result
    backend = getattr(registry.app_settings, name).backend + " " if name in KINDS else ""
    if result["status"] == "ok":
        yield Finding("ok", name, f"{backend}answers in {round((measured.seconds or 0) * 1000)} ms")
        yield from _advice(name, registry) if name in KINDS else ()
        return
    inside = name in KINDS and Capability.REMOTE not in getattr(registry, name).capabilities
    do = IN_THE_DATABASE if inside else _remedy(name, result["reason"], registry)
    said = f" ({measured.error})" if measured.error and not inside else ""  # else the finding of the database has it
    yield Finding("error", name, backend + result["reason"] + said, do)


def _remedy(name: str, reason: str, registry: Any) -> str:
    if reason == "no_answer" and name not in KINDS and registry.engine.dialect.name == "sqlite":
        return "Check that its folder exists, is writable and has free space, and that nothing keeps the file locked."
    return REMEDIES.get(reason) or _start(name, registry)


def _start(name: str, registry: Any = None) -> str:
    """Return what to do about a service that does not respond, with the setting that has its address."""
    setting = "database.url"
    if name in KINDS:
        option = "url" if "url" in getattr(registry, name).Settings.model_fields else "*"
        setting = f"{name}.{getattr(registry.app_settings, name).backend}.{option}"
    return f"Start it, fix what it reports, or correct {setting}: its address, password or certificate."


def _advice(kind: str, registry: Any) -> Iterator[Finding]:
    try:
        for sentences in getattr(registry, kind).advice():
            yield _finding("error", kind, sentences)
    except BackendError as error:
        yield Finding("warning", kind, f"did not report its configuration ({error.code})", _start(kind, registry))


def _room(engine: Engine, server: Mapping[str, str]) -> Iterator[Finding]:
    """Warn if the processes may open more connections than the database allows: requests would wait, and get a 503."""
    try:
        with engine.connect() as connection:
            found = connections(connection)
    except SQLAlchemyError:
        yield Finding("warning", "database", "did not report its connection limit", _start("database"))
        return
    if found is None:
        return
    (each, room), web = found, _processes(server)
    most = web * each + OF_A_WORKER
    if most > room:
        yield Finding(
            "warning",
            "database",
            f"allows {room} connections, but the web processes ({web}) and a worker may open {most}",
            "Raise max_connections of Postgres, or the limit of the role or the database. Or set fewer workers in"
            " [server:main].",
        )


def _processes(server: Mapping[str, str]) -> int:
    if "gunicorn" not in server.get("use", ""):
        return 1
    from intermediate.servers.gunicorn import cores  # not available on every system

    number = server.get("workers", "")
    return int(number) if number.isdecimal() else cores()
