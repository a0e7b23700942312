"""`/livez` and `/healthz`: whether the process responds, and whether it and its backends work."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import Any, NamedTuple

from pyramid.config import Configurator
from pyramid.view import view_config
from sqlalchemy import text

from intermediate.bounded import BoundedCalls
from intermediate.db import schema_state
from intermediate.openapi.start import IS_ALIVE, IS_HEALTHY
from intermediate.plugins import KINDS
from intermediate.request import Request
from intermediate.resources import Root

log = logging.getLogger(__name__)
LONGEST_CHECK = 1.0
GLANCE, FRESH = 0.25, 2.0
Check = Callable[[], str | None]


class Measured(NamedTuple):
    result: dict[str, str]
    """`{"status": "ok"}`, or a status with a reason."""
    seconds: float | None = None
    """How long the check took, or None if it raised or timed out."""
    error: str = ""
    """The driver's message. It is not for the public."""


class Checks:
    """The health checks of an application."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._calls = BoundedCalls(2 + len(KINDS), "health")
        self._stale, self._seen = 0.0, dict[str, dict[str, str]]()

    def glance(self) -> dict[str, dict[str, str]]:
        """Return results that are up to 2 seconds old, within 0.25 seconds: for a public page that must not wait."""
        if time.monotonic() > self._stale:
            self._seen = self.run(GLANCE)
            self._stale = time.monotonic() + FRESH
        return self._seen

    def run(self, longest: float) -> dict[str, dict[str, str]]:
        """Return name to `{"status": "ok"}`, or to a status with a reason, within `longest` seconds."""
        return {name: found.result for name, found in self.measured(longest).items()}

    def measured(self, longest: float) -> dict[str, Measured]:
        """Return the same with durations and the drivers' messages."""
        checks: dict[str, Check] = {"database": self._database, "schema": self._schema}
        checks |= {kind: getattr(self._registry, kind).ping for kind in KINDS}
        deadline = time.monotonic() + longest
        timed = {name: partial(_timed, check) for name, check in checks.items()}
        return {name: self._result(name, call, deadline) for name, call in self._calls.begin(timed).items()}

    def close(self) -> None:
        self._calls.close()

    def _result(self, name: str, call: Future[tuple[str | None, float]], deadline: float) -> Measured:
        try:
            reason, seconds = call.result(timeout=max(0.0, deadline - time.monotonic()))
        except FutureTimeoutError:
            return Measured({"status": "unavailable", "reason": "no_answer"})
        except Exception as error:  # noqa: BLE001  whatever a driver raises, the service does not work
            said = str(getattr(error, "orig", error))[:300]
            log.warning("health_check_failed", extra={"check": name, "error": said})
            reason = getattr(error, "code", "unreachable") if name in KINDS else "unreachable"
            return Measured({"status": "unavailable", "reason": reason}, error=" ".join(said.split()))
        return Measured({"status": "unavailable", "reason": reason} if reason else {"status": "ok"}, seconds)

    def _database(self) -> None:
        with self._registry.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def _schema(self) -> str | None:
        """A newer schema is fine: during a rollout the migration runs before the new code starts."""
        return "schema_behind" if schema_state(self._registry.engine) == "behind" else None


def _timed(check: Check) -> tuple[str | None, float]:
    began = time.perf_counter()
    return check(), time.perf_counter() - began


@view_config(context=Root, name="livez", surface="site", request_method="GET", renderer="json", operation=IS_ALIVE)
def livez(_root: Root, _request: Request) -> dict[str, str]:
    return {"status": "ok"}


@view_config(context=Root, name="healthz", surface="site", request_method="GET", renderer="json", operation=IS_HEALTHY)
def healthz(_root: Root, request: Request) -> dict[str, Any]:
    """503 only if the database or its schema is unusable or the server is draining; other failures only degrade."""
    results = request.registry.checks.run(LONGEST_CHECK)
    if request.registry.draining.is_set():
        results["server"] = {"status": "unavailable", "reason": "draining"}
    bad = {name for name, result in results.items() if result["status"] != "ok"}
    status = "ok" if not bad else "degraded"
    if bad & {"database", "schema", "server"}:
        status = "unavailable"
        request.response.status_code = 503
        request.response.headers["Retry-After"] = "5"
    return {"status": status, "checks": results}


def includeme(config: Configurator) -> None:
    config.registry.checks = Checks(config.registry)
