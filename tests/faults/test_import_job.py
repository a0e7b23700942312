"""Imports that are killed or cancelled: each row is imported once, and the result reports what was imported."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_kill import end_lease, hold
from tests.functional.conftest import Api, make_api
from tests.functional.test_reports import finished
from tests.serving import Served, wait_until

ROWS = 40_000
TRIES = 5  # on a machine that stalls, an import may end before the test sees it
FILE = "title,description,status,created_at\n" + "".join(
    f"{number},,pending,2026-01-01T00:00:00Z\n" for number in range(ROWS)
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, INTERMEDIATE_JOBS_POLL_SECONDS="0.1")
    served.include("tests.patient")  # a blocked import must not time out
    yield served.start()
    served.stop()


def begin(served: Served) -> tuple[Api, int]:
    """Start an import, and wait until a part of it is done."""
    api = make_api(served.address)
    job = api.post("/api/tasks/import", FILE.encode(), headers={"Content-Type": "text/csv"}, status=202).json
    wait_until(lambda: api.get(f"/api/jobs/{job['id']}").json["progress"] > 0)
    return api, job["id"]


def begin_and_hold(served: Served) -> tuple[Api, int, sqlite3.Connection]:
    """Start an import, and lock the database so that it cannot continue."""
    for _ in range(TRIES):
        api, job_id = begin(served)
        if lock := hold(served.database, job_id):
            return api, job_id, lock
    raise AssertionError("no import was slow enough to be held")


def begin_and_cancel(served: Served) -> tuple[Api, int]:
    """Start an import, and cancel it before its end."""
    for _ in range(TRIES):
        api, job_id = begin(served)
        if api.delete(f"/api/jobs/{job_id}", status="*").status_int == 204:
            return api, job_id
    raise AssertionError("no import was slow enough to be cancelled")


def test_an_import_whose_worker_is_killed_goes_on_and_doubles_nothing(served: Served) -> None:
    api, job_id, lock = begin_and_hold(served)
    served.kill()
    lock.close()
    end_lease(served.database, job_id)
    served.start()
    done = finished(api, job_id)
    assert (done["status"], done["attempts"]) == ("finished", 2)
    result = api.get(done["result_url"]).json
    assert (result["rows"], result["imported"], result["refused"]) == (ROWS, ROWS, 0)
    titles = [row.partition(",")[0] for row in api.get("/api/tasks/export").text.splitlines()[1:]]
    assert sorted(map(int, titles)) == list(range(ROWS))


def test_an_import_that_is_cancelled_stops_and_says_how_far_it_came(served: Served) -> None:
    api, job_id = begin_and_cancel(served)
    imported = api.get(f"/api/jobs/{job_id}/result").json["imported"]
    job = api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}, status=202).json
    assert finished(api, job["id"])["status"] == "finished"  # until then another batch would have been written
    assert 0 < imported < ROWS
    assert api.get(f"/api/jobs/{job_id}/result").json["imported"] == imported
    assert api.get("/api/tasks?limit=1").json["total"] == imported
    assert api.get(f"/api/jobs/{job_id}").json["status"] == "cancelled"


def test_others_write_while_a_file_is_imported(served: Served) -> None:
    other = make_api(served.address)
    for _ in range(TRIES):
        api, job_id = begin(served)
        written = 0
        while api.get(f"/api/jobs/{job_id}").json["status"] == "running":
            other.post_json("/api/tasks", {"title": "between two batches"}, status=201)
            api.post_json("/api/tasks", {"title": "between two batches"}, status=201)
            written += 1
        if written > 1:
            break
    assert written > 1
    assert finished(api, job_id)["status"] == "finished"
    assert api.get("/api/tasks?limit=1").json["total"] == ROWS + written
