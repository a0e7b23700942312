"""Prometheus metrics. `/metrics` serves them (`intermediate.views.metrics`).

A process counts its own requests. Processes that share an address, such as the workers of gunicorn, share their counts
in files, in the folder PROMETHEUS_MULTIPROC_DIR: then each of them reports for all. Metrics of jobs, which other
processes run, are read from the ledger (`intermediate.ledger_metrics`).

Label values are existing classes, view names and methods, so clients cannot create new ones.
"""

import os
import re
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.tweens import INGRESS
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool

from intermediate.plugins import ConfigurationError
from intermediate.plugins.cache.interface import Verdict
from intermediate.request import Handler, Request

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
OWN_FOLDER = "intermediate-metrics-"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


class Metrics:
    """The metrics of a process, shared by its applications as its files are. Third-party metrics are served, too."""

    def __init__(self) -> None:
        self.shared = SHARED_FOLDER in os.environ
        self._requests = Counter(
            "intermediate_requests",
            "Requests answered.",
            ("surface", "resource", "view", "method", "status"),
        )
        self._seconds = Histogram(
            "intermediate_request_duration_seconds",
            "Response times, excluding streamed responses.",
            ("surface", "resource", "status"),
            buckets=BUCKETS,
        )
        reads = Counter("intermediate_cache_reads", "Reads through the cache, by outcome.", ("outcome",))
        self._reads = {outcome: reads.labels(outcome) for outcome in ("hit", "miss", "bypass")}
        self._pool = {
            what: Gauge(f"intermediate_database_pool_{what}", text, multiprocess_mode="livesum")
            for what, text in {
                "size": "Database connections that the pool keeps open.",
                "checked_out": "Database connections in use.",
                "overflow": "Database connections beyond those that the pool keeps open.",
            }.items()
        }
        self._children: dict[tuple[str, str, str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, request: Request, status: int, seconds: float) -> None:
        surface, resource, view = place(request)
        key = (surface, resource, view, request.method if request.method in METHODS else "other", status)
        try:
            counter, histogram = self._children[key]
        except KeyError:
            counter, histogram = self._requests.labels(*key), self._seconds.labels(surface, resource, status)
            self._children[key] = counter, histogram
        counter.inc()
        histogram.observe(seconds)

    def read(self, outcome: Verdict) -> None:
        self._reads[outcome].inc()

    def note_pool(self, engine: Engine) -> None:
        pool = engine.pool
        if isinstance(pool, QueuePool):
            self._pool["size"].set(pool.size())
            self._pool["checked_out"].set(pool.checkedout())
            self._pool["overflow"].set(max(0, pool.overflow()))

    def source(self) -> CollectorRegistry:
        """Return the registry from which all metrics are collected."""
        if not self.shared:
            return REGISTRY
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return registry


def place(request: Request) -> tuple[str, str, str]:
    """Return surface, resource and view of a request, by the names in our code."""
    context = getattr(request, "context", None)
    if request.matched_route:
        return "site", "static", "static"
    if context is None:  # refused before traversal
        return request.surface or "none", "none", "none"
    name, surface = request.view_name, request.surface
    known = request.registry.methods.has(type(context), name, surface)
    return surface or "none", type(context).__name__, (name or "default") if known else "none"


@cache
def metrics() -> Metrics:
    """Return the metrics of this process. ConfigurationError if the shared folder cannot be used."""
    if SHARED_FOLDER in os.environ:
        folder = Path(os.environ[SHARED_FOLDER])
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise ConfigurationError(f"{SHARED_FOLDER} = {str(folder)!r} is not a writable folder.")
        forget_the_dead(folder)
    return Metrics()


def share() -> None:
    """Let the processes that this one will fork share their counts, in a new folder if none is named.

    Call it before `metrics`. The library chose its way of counting at import, and must choose again.
    """
    named = os.environ.get(SHARED_FOLDER)
    # A server that takes over (SIGUSR2) inherits the folder of the old server, which removes it when it ends.
    if named is None or Path(named).name.startswith(OWN_FOLDER):
        os.environ[SHARED_FOLDER] = tempfile.mkdtemp(prefix=OWN_FOLDER)
    values.ValueClass = values.get_value_class()


def stop_sharing() -> None:
    """Remove the folder that `share` created. Call it when the processes have ended."""
    folder = Path(os.environ[SHARED_FOLDER])
    if folder.name.startswith(OWN_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)


def forget_the_dead(folder: Path) -> None:
    """Delete the live gauges of processes that have ended, but not their counters.

    If all have ended, this is the first process of a new run, and everything is deleted.
    """
    owners = {path: int(found[1]) for path in folder.glob("*.db") if (found := re.search(r"_(\d+)\.db$", path.name))}
    living = {pid for pid in set(owners.values()) if is_alive(pid)}
    for path, pid in owners.items():
        if pid not in living and (not living or path.name.startswith("gauge_live")):
            path.unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    if pid == os.getpid():  # which has no files yet: these are of an earlier process with the same id
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def metrics_tween(handler: Handler, registry: Any) -> Handler:
    counted, shared = metrics(), metrics().shared

    def tween(request: Request) -> Response:
        started = time.perf_counter()
        response = handler(request)
        counted.answered(request, response.status_code, time.perf_counter() - started)
        if shared:  # the process that serves /metrics cannot see the pool of this one
            counted.note_pool(registry.engine)
        return response

    return tween


def close() -> None:
    """Delete the live gauges of this process, which others would continue to report."""
    if metrics().shared:
        mark_process_dead(os.getpid())


def includeme(config: Configurator) -> None:
    config.registry.metrics = metrics()
    config.add_tween(
        "intermediate.metrics.metrics_tween",
        under=("intermediate.tweens.request_id_tween", INGRESS),
        over="intermediate.tweens.headers_tween",
    )
