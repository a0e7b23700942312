"""`/metrics`: the metrics for Prometheus."""

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.view import view_config

from intermediate import ledger_metrics
from intermediate.addresses import is_of_this_machine
from intermediate.bounded import BoundedCalls
from intermediate.openapi.start import SHOW_METRICS
from intermediate.request import Request
from intermediate.resources import Root

log = logging.getLogger(__name__)
LONGEST_READ = 1.0


class Exposition:
    """All metrics of an application."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._calls = BoundedCalls(2, "metrics")

    def text(self) -> bytes:
        counted = self._registry.metrics
        counted.note_pool(self._registry.engine)
        families = list(counted.source().collect())
        return generate_latest(Families([*families, hit_ratio(families), *self._ledger()]))

    def close(self) -> None:
        self._calls.close()

    def _ledger(self) -> Iterator[Metric]:
        """Yield what the ledger returns within a second. The rest is left out, as is usual for Prometheus."""
        engine, deadline = self._registry.engine, time.monotonic() + LONGEST_READ
        reads = (ledger_metrics.waiting, ledger_metrics.ended)
        for name, read in self._calls.begin({read.__name__: partial(read, engine) for read in reads}).items():
            try:
                yield from read.result(timeout=max(0.0, deadline - time.monotonic()))
            except FutureTimeoutError:
                log.warning("metrics_absent", extra={"read": name, "error": "no_answer"})
            except Exception as error:  # noqa: BLE001  whatever a driver raises, the rest is reported
                log.warning("metrics_absent", extra={"read": name, "error": str(error)[:300]})


class Families:
    """Collected metrics, as a collector for `generate_latest`."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def cache_reads(families: Iterable[Metric]) -> tuple[dict[str, int], float | None]:
    """Return cache reads by outcome, and the start of counting: None if several processes share their counters."""
    samples = [sample for family in families if family.name == "intermediate_cache_reads" for sample in family.samples]
    reads = {sample.labels["outcome"]: int(sample.value) for sample in samples if sample.name.endswith("_total")}
    since = min((sample.value for sample in samples if sample.name.endswith("_created")), default=None)
    return reads, since


def hit_ratio(families: Iterable[Metric]) -> Metric:
    reads, _ = cache_reads(families)
    ratio = reads["hit"] / sum(reads.values()) if any(reads.values()) else 0.0
    return GaugeMetricFamily(
        "intermediate_cache_hit_ratio", "Hits as a fraction of all reads through the cache.", ratio
    )


@view_config(context=Root, name="metrics", surface="site", request_method="GET", operation=SHOW_METRICS)
def metrics(_root: Root, request: Request) -> Response:
    """404 if the setting `site.metrics` does not allow the caller to read them."""
    to_whom = request.registry.app_settings.site.metrics
    if to_whom == "off" or (to_whom == "local" and not is_of_this_machine(request.environ)):
        raise HTTPNotFound
    return Response(body=request.registry.exposition.text(), headerlist=[("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)])


def includeme(config: Configurator) -> None:
    config.registry.exposition = Exposition(config.registry)
