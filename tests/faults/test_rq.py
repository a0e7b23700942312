"""Jobs over RQ while Redis is killed, suspended, full, flushed, or holds foreign data."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue, Worker

import intermediate
from intermediate.plugins.jobs.interface import JobsError
from tests.functional.conftest import Api, make_api
from tests.functional.test_reports import REPORT
from tests.services.redis import Server
from tests.serving import wait_until

FUNCTION = "intermediate.worker.run"


@pytest.fixture
def client(server: Server) -> Iterator[Redis]:
    with Redis.from_url(server.url, socket_timeout=30) as client:
        yield client


@pytest.fixture
def app(server: Server, tmp_path: Path) -> Iterator[Any]:
    settings = {
        "database.url": f"sqlite:///{tmp_path}/test.sqlite",
        "database.migrate": "true",
        "jobs.backend": "rq",
        "jobs.rq.url": server.url,
        "jobs.poll_seconds": "0.1",
    }
    app = intermediate.main({"here": str(tmp_path)}, **settings)
    yield app
    intermediate.close(app)


@pytest.fixture
def api(app: Any) -> Api:
    return make_api(app)


@pytest.fixture
def queue(app: Any, client: Redis) -> Queue:
    return Queue("intermediate:tasks", connection=client, serializer="json")


def ask(api: Api) -> int:
    job_id: int = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json["id"]
    return job_id


def burst(app: Any) -> None:
    app.registry.jobs.work(app.registry.worker.run, app.registry.worker.reconcile, burst=True)


def status(api: Api, job_id: int) -> tuple[str, int]:
    job = api.get(f"/api/jobs/{job_id}").json
    return job["status"], job["attempts"]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", ["killed", "frozen", "full"])
def test_without_a_queue_a_request_is_refused_and_no_row_is_left(
    app: Any, api: Api, server: Server, client: Redis, fault: str
) -> None:
    if fault == "full":
        client.config_set("maxmemory", 1)
    else:
        {"killed": server.kill, "frozen": server.freeze}[fault]()
    answer = api.post_json(REPORT, {"owner_id": api.user_id}, status=503)
    assert (answer.json["code"], answer.headers["Retry-After"]) == ("queue_unavailable", "5")
    assert api.get("/api/jobs").json["total"] == 0
    app.registry.jobs.withdraw(1)
    with pytest.raises(JobsError):
        app.registry.jobs.submit(1)


def test_a_queue_that_dies_between_commit_and_hand_over_loses_nothing(
    app: Any, api: Api, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = app.registry.jobs
    submit = jobs.submit

    def kill_and_submit(job_id: int, *, delay: float = 0.0) -> None:
        server.kill()
        submit(job_id, delay=delay)

    monkeypatch.setattr(jobs, "submit", kill_and_submit)
    job_id = ask(api)
    monkeypatch.undo()
    server.start()
    assert status(api, job_id) == ("queued", 0)
    burst(app)
    assert status(api, job_id) == ("finished", 1)


def test_a_flushed_queue_loses_nothing(app: Any, api: Api, client: Redis, queue: Queue) -> None:
    job_id = ask(api)
    assert len(queue) == 1
    client.flushall()  # only this test uses it
    burst(app)
    assert status(api, job_id) == ("finished", 1)


def test_an_id_waits_once_however_often_it_is_submitted(app: Any, api: Api, client: Redis, queue: Queue) -> None:
    job_id = ask(api)
    for _ in range(3):
        assert app.registry.worker.reconcile() == 1
    assert queue.job_ids == [f"intermediate-tasks-{job_id}"]
    burst(app)
    app.registry.jobs.submit(job_id)
    burst(app)
    assert status(api, job_id) == ("finished", 1)
    assert client.keys("rq:job:*") == []


def test_what_others_put_into_the_queue_is_refused(
    app: Any, api: Api, client: Redis, queue: Queue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    touched = tmp_path / "touched"
    command = f"touch {touched}"
    refused = [
        queue.enqueue_call("os.system", args=(command,)),
        Queue(queue.name, connection=client).enqueue_call("os.system", args=(command,)),  # pickled
        queue.enqueue_call("os.system", args=(1,)),
        queue.enqueue_call(FUNCTION, args=(command,)),
        queue.enqueue_call(FUNCTION, args=(True,)),
        queue.enqueue_call(FUNCTION, args=(1, 2)),
        queue.enqueue_call(FUNCTION, kwargs={"job_id": 1}),
    ]
    client.rpush(queue.key, b"\xff\xfe", "wrong-type", "no-job", "missing", "no:id", "")
    client.set("rq:job:wrong-type", "x")
    client.hset("rq:job:no-job", mapping={"data": b"x", "status": "nonsense"})
    job_id = ask(api)
    burst(app)
    assert status(api, job_id) == ("finished", 1)
    assert not touched.exists()
    assert set(queue.failed_job_registry.get_job_ids(cleanup=False)) == {job.id for job in refused}
    assert len(queue) == 0
    assert caplog.messages == ["job_rejected"] * 10  # nothing remains of the last three


@pytest.mark.usefixtures("hasty")
def test_a_worker_outlives_its_redis_and_is_seen(
    app: Any, api: Api, server: Server, client: Redis, queue: Queue
) -> None:
    stop, jobs, worker = threading.Event(), app.registry.jobs, app.registry.worker
    states: list[Any] = []

    def run(job_id: int) -> None:
        states.extend(client.hget(one.key, "state") for one in Worker.all(queue=queue))
        worker.run(job_id)

    def a_report_is_made() -> None:
        """Assert that a report is generated as soon as the queue accepts jobs again."""
        wait_until(lambda: api.post_json(REPORT, {"owner_id": api.user_id}, status="*").status_code == 202)
        job_id = api.get("/api/jobs").json["items"][0]["id"]
        wait_until(lambda: status(api, job_id)[0] == "finished")

    thread = threading.Thread(target=jobs.work, args=(run, worker.reconcile), kwargs={"stop": stop})
    thread.start()
    try:
        a_report_is_made()
        assert states == [b"busy"]
        client.flushall()
        a_report_is_made()
        server.kill()
        server.start()
        a_report_is_made()
        server.freeze()
        stop.wait(3)  # longer than the worker's timeout
        server.thaw()
        a_report_is_made()
        wait_until(lambda: len(Worker.all(queue=queue)) == 1)  # it is listed again
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert Worker.all(queue=queue) == []
