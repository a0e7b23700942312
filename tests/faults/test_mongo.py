"""MongoDB is killed or hangs while reports are generated."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from webtest import TestApp

from intermediate import reports
from intermediate.models.base import utcnow
from intermediate.outages import Outage
from intermediate.scripting import request_for
from intermediate.testing.contract import in_threads
from tests.functional.conftest import Api, make_api
from tests.functional.test_reports import REPORT, finished
from tests.services import or_skip
from tests.services.mongo import Server, own_server
from tests.serving import Served, wait_until
from tests.unit.conftest import MakeApp, database_url, make_owner, make_registry  # noqa: F401  fixtures

SOON = 20.0  # by default the driver searches for a server for half a minute, and waits for a response without a timeout


@pytest.fixture
def mongo() -> Iterator[Server]:
    with or_skip(own_server()) as server:
        yield server


@pytest.fixture
def url(mongo: Server) -> str:
    return mongo.url()


@pytest.fixture
def served(tmp_path: Path, url: str) -> Iterator[Served]:
    """The application, which is not started yet."""
    served = Served(tmp_path, INTERMEDIATE_ANALYTICS_BACKEND="mongo", INTERMEDIATE_MONGO_URL=url)
    yield served
    served.stop()


def documents(url: str) -> dict[int, dict[str, Any]]:
    with MongoClient[dict[str, Any]](url) as client:
        found = client.get_default_database()["task_reports"].find({}, {"_id": False}).to_list()
    assert len(found) == len({document["owner_id"] for document in found})
    return {document["owner_id"]: document for document in found}


def make_report(api: Api) -> dict[str, Any]:
    """Generate a report of the client's tasks, which must succeed in time whatever the state of the sink."""
    job = finished(api, api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json["id"])
    assert (job["status"], job["attempts"]) == ("finished", 1)
    report: dict[str, Any] = api.get(job["result_url"]).json
    assert report["seq"] == job["id"]
    return report


def away(served: Served) -> set[str]:
    """Return the components that are unhealthy. The application does not depend on analytics."""
    answer = TestApp(served.address).get("/healthz", status="*").json
    return {name for name, check in answer["checks"].items() if check["status"] == "unavailable"}


def assert_degraded(served: Served) -> None:
    wait_until(lambda: away(served) == {"analytics"})  # on a busy machine other checks may be late, too
    began = time.monotonic()
    assert TestApp(served.address).get("/healthz", status="*").json["status"] != "ok"
    assert time.monotonic() - began < SOON


def test_documents_come_by_themselves_after_a_kill(served: Served, mongo: Server, url: str) -> None:
    apis = [make_api(served.start().address)]
    apis += [make_api(served.address) for _ in range(2)]
    first = make_report(apis[0])
    wait_until(lambda: documents(url) == {apis[0].user_id: first})

    mongo.kill()
    made = {api.user_id: make_report(api) for api in apis}
    assert_degraded(served)
    mongo.start()
    wait_until(lambda: documents(url) == made)
    wait_until(lambda: away(served) == set())
    wait_until(lambda: '"analytics_available"' in served.log.read_text())
    log = served.log.read_text()
    assert (log.count('"analytics_unavailable"'), log.count('"analytics_available"')) == (1, 1)


def test_jobs_go_on_while_it_hangs(served: Served, mongo: Server, url: str) -> None:
    served.include("tests.patient")  # it stays blocked until the test releases it
    api = make_api(served.start().address)
    make_report(api)
    wait_until(lambda: bool(documents(url)))

    mongo.freeze()
    try:
        for _ in range(3):  # the first one blocks a thread, and the other thread generates the rest
            report = make_report(api)
        assert '"analytics_unavailable"' not in served.log.read_text()
        assert_degraded(served)
    finally:
        mongo.thaw()
    wait_until(lambda: documents(url) == {api.user_id: report})


def test_a_worker_is_held_for_some_seconds_only(mongo: Server, url: str, make_registry: MakeApp) -> None:  # noqa: F811
    registry = make_registry(analytics__backend="mongo", analytics__mongo__url=url)
    save(registry, make_owner(registry), 1)
    registry.analytics.ping()
    mongo.freeze()
    try:
        assert held(registry) < SOON
        mongo.kill()
        held(registry)  # the open connection is lost at once; from now on the driver searches for a server
        assert held(registry) < SOON
    finally:
        mongo.stop()


def held(registry: Any) -> float:
    """Return for how many seconds an attempt to mirror blocks a worker, without the pause after a failure."""
    registry.worker._sink = Outage("analytics", pause_seconds=0)
    started = time.monotonic()
    registry.worker.reconcile()
    return time.monotonic() - started


def save(registry: Any, owner: int, seq: int) -> dict[str, Any]:
    document = {"owner_id": owner, "seq": seq, "total_tasks": seq, "request_id": "r"}
    with request_for(registry) as request:
        reports.save(request.db, document, generated_at=utcnow())
    return document


def mirror_all(registry: Any) -> None:
    while reports.mirror(registry.engine, registry.analytics):
        pass


def test_another_sink_fills_itself(mongo: Server, make_registry: MakeApp) -> None:  # noqa: F811
    one, other = mongo.url(), mongo.url()
    first = make_registry(analytics__backend="mongo", analytics__mongo__url=one)
    saved = {owner: save(first, owner, 3) for owner in (make_owner(first, f"{name}@example.com") for name in "abc")}
    mirror_all(first)
    second = make_registry(analytics__backend="mongo", analytics__mongo__url=other)
    mirror_all(second)
    assert documents(one) == documents(other) == saved


def test_two_workers_mirror_at_once_and_nothing_older_stays(
    url: str,
    make_registry: MakeApp,  # noqa: F811
) -> None:
    workers = [make_registry(analytics__backend="mongo", analytics__mongo__url=url) for _ in range(2)]
    owners = [make_owner(workers[0], f"{number}@example.com") for number in range(20)]
    for seq in (1, 2, 3):
        saved = {owner: save(workers[0], owner, seq) for owner in owners}
        in_threads(*[partial(mirror_all, registry) for registry in workers], patience=60)
        assert documents(url) == saved
    late = {**saved[owners[0]], "seq": 2}
    assert workers[1].analytics.put(late) is False
    assert documents(url) == saved
