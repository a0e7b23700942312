"""RQ workers that are killed before, during and after a job."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest
from redis import Redis

from tests.faults.test_kill import ask_and_hold, end_lease, give_tasks, hold
from tests.functional.conftest import Api, make_api
from tests.functional.test_reports import REPORT, finished
from tests.services.redis import Server
from tests.serving import BIN, Served, wait_until

Process: TypeAlias = "subprocess.Popen[bytes]"


@pytest.fixture
def served(server: Server, tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, INTERMEDIATE_JOBS_BACKEND="rq", INTERMEDIATE_REDIS_URL=server.url)
    served.include("tests.patient")  # a blocked job must not time out
    yield served.start()
    served.stop()


@pytest.fixture
def worker(served: Served) -> Iterator[Callable[[], Process]]:
    """A function that starts a worker."""
    command = [str(BIN / "intermediate-worker"), str(served.ini)]
    environ = {**served.environ, "INTERMEDIATE_DATABASE_MIGRATE": "false"}  # otherwise it waits for a locked database
    started: list[Process] = []

    def start() -> Process:
        started.append(subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process: Process) -> None:
    process.kill()
    process.wait(30)


def end(process: Process) -> None:
    """Stop a worker with SIGTERM, and assert that it exits cleanly."""
    process.terminate()
    assert process.wait(30) == 0


def test_killed_between_taking_an_id_and_beginning_its_job(
    served: Served, server: Server, worker: Callable[[], Process]
) -> None:
    api = make_api(served.address)
    job_id = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json["id"]
    with Redis.from_url(server.url) as redis, closing(sqlite3.connect(served.database, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")  # so that no worker can claim the job
        first = worker()
        wait_until(lambda: redis.llen("rq:queue:intermediate:tasks") == 0)
        kill(first)
    job = api.get(f"/api/jobs/{job_id}").json
    assert (job["status"], job["attempts"]) == ("queued", 0)
    second = worker()
    job = finished(api, job_id)
    assert (job["status"], job["attempts"]) == ("finished", 1)
    end(second)


def test_killed_during_the_work_and_after_it(served: Served, worker: Callable[[], Process]) -> None:
    api = make_api(served.address)
    give_tasks(served.database, api.user_id)
    first = worker()
    job_id, lock = ask_and_hold(api, served.database)
    kill(first)
    lock.close()
    end_lease(served.database, job_id)
    second = worker()
    job = finished(api, job_id)
    assert (job["status"], job["attempts"]) == ("finished", 2)
    assert api.get(f"{REPORT}/{api.user_id}").json["seq"] == job_id

    kill(second)
    third = worker()
    later = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json["id"]
    assert finished(api, later)["attempts"] == 1
    assert api.get(f"/api/jobs/{job_id}").json["attempts"] == 2
    end(third)


def test_asked_to_end_it_finishes_its_job_and_takes_no_other(served: Served, worker: Callable[[], Process]) -> None:
    api, other = make_api(served.address), make_api(served.address)
    give_tasks(served.database, api.user_id)
    first = worker()
    job_id, waiting, lock = ask_behind_one_another(api, other, served.database)
    first.terminate()
    lock.close()
    assert first.wait(30) == 0
    assert state(api, job_id) == ("finished", 1)
    assert state(other, waiting) == ("queued", 0)

    second = worker()
    assert finished(other, waiting)["attempts"] == 1
    end(second)


def state(api: Api, job_id: int) -> tuple[str, int]:
    job = api.get(f"/api/jobs/{job_id}").json
    return job["status"], job["attempts"]


def ask_behind_one_another(api: Api, other: Api, database: Path) -> tuple[int, int, sqlite3.Connection]:
    """Return the ids of a job that is blocked while it runs, and of one that waits behind it."""
    for _ in range(20):
        job_id = api.post_json(REPORT, {"owner_id": api.user_id}).json["id"]
        waiting = other.post_json(REPORT, {"owner_id": other.user_id}).json["id"]
        if lock := hold(database, job_id):
            return job_id, waiting, lock
        finished(other, waiting)
    raise AssertionError("no report was slow enough to be held")
