"""Servers and workers that are killed during a report."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.functional.conftest import Api, make_api
from tests.functional.test_reports import REPORT, finished
from tests.serving import BIN, Served, wait_until

TASKS = 20_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    served.include("tests.patient")  # a blocked job must not time out
    yield served
    served.stop()


def give_tasks(database: Path, owner: int) -> None:
    """Create enough tasks that counting them takes a moment."""
    row = "(owner_id, title, status, priority, search, created_at, updated_at, completed_at, version)"
    values = "SELECT ?, 'x', 'completed', 'normal', 'x', value, value, value + 1000000, 1 FROM generate"
    numbers = "WITH RECURSIVE generate(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM generate LIMIT ?)"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"INSERT INTO tasks {row} {numbers} {values}", (TASKS, owner))


def hold(database: Path, job_id: int) -> sqlite3.Connection | None:
    """Lock the database against writes during a job, so that it cannot finish. None if the job was faster."""
    connection = sqlite3.connect(database, isolation_level=None)
    status = "SELECT status FROM jobs WHERE id = ?"
    wait_until(lambda: connection.execute(status, (job_id,)).fetchone()[0] != "queued")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute(status, (job_id,)).fetchone()[0] == "running":
        return connection
    connection.close()
    return None


def end_lease(database: Path, job_id: int) -> None:
    """Let a lease expire, as it does when it is no longer renewed."""
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute("UPDATE jobs SET lease_until = 0 WHERE id = ?", (job_id,)).rowcount == 1


def ask_and_hold(api: Api, database: Path) -> tuple[int, sqlite3.Connection]:
    for _ in range(20):
        job_id = api.post_json(REPORT, {"owner_id": api.user_id}).json["id"]
        if lock := hold(database, job_id):
            return job_id, lock
    raise AssertionError("no report was slow enough to be held")


def test_a_report_survives_kill_9_of_the_server(served: Served) -> None:
    api = make_api(served.start().address)
    give_tasks(served.database, api.user_id)
    job_id, lock = ask_and_hold(api, served.database)
    served.kill()
    lock.close()
    end_lease(served.database, job_id)

    served.start()
    job = finished(api, job_id)
    assert (job["status"], job["attempts"]) == ("finished", 2)
    report = api.get(f"{REPORT}/{api.user_id}").json
    assert (report["seq"], report["completed_tasks"], report["median_completion_seconds"]) == (job_id, TASKS, 1.0)


def test_a_report_survives_kill_9_of_a_worker(served: Served) -> None:
    served.environ["INTERMEDIATE_JOBS_LOCAL_THREADS"] = "0"  # the server runs no jobs
    api = make_api(served.start().address)
    give_tasks(served.database, api.user_id)
    command = [str(BIN / "intermediate-worker"), str(served.ini)]
    first = subprocess.Popen(command, env=served.environ, stderr=subprocess.DEVNULL)
    job_id, lock = ask_and_hold(api, served.database)
    first.kill()
    first.wait(30)
    lock.close()
    assert api.get(f"/api/jobs/{job_id}").json["status"] == "running"
    end_lease(served.database, job_id)

    second = subprocess.Popen(command, env=served.environ, stderr=subprocess.DEVNULL)
    assert finished(api, job_id)["attempts"] == 2
    second.terminate()
    assert second.wait(30) == 0
