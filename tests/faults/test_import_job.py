"""Imports that are killed and cancelled: each row once, and a result that says what was imported."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.conftest import Api, make_api
from tests.functional.test_reports import finished
from tests.serving import Served, wait_until

ROWS = 40_000
FILE = "title,description,status,created_at\n" + "".join(
    f"{number},,pending,2026-01-01T00:00:00Z\n" for number in range(ROWS)
)
SOON = 30.0


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, INTERMEDIATE_JOBS_LEASE_SECONDS="1", INTERMEDIATE_JOBS_POLL_SECONDS="0.1")
    yield served.start()
    served.stop()


def begin(api: Api) -> Any:
    """An import of which some is done."""
    job = api.post("/api/tasks/import", FILE.encode(), headers={"Content-Type": "text/csv"}, status=202).json
    wait_until(lambda: 0 < api.get(f"/api/jobs/{job['id']}").json["progress"] < 80, SOON)
    return job["id"]


def test_an_import_whose_worker_is_killed_goes_on_and_doubles_nothing(served: Served) -> None:
    api = make_api(served.address)
    job_id = begin(api)
    served.kill()
    served.start()
    done = finished(api, job_id)
    assert (done["status"], done["attempts"]) == ("finished", 2)
    result = api.get(done["result_url"]).json
    assert (result["rows"], result["imported"], result["refused"]) == (ROWS, ROWS, 0)
    titles = [row.partition(",")[0] for row in api.get("/api/tasks/export").text.splitlines()[1:]]
    assert sorted(map(int, titles)) == list(range(ROWS))


def test_an_import_that_is_cancelled_stops_and_says_how_far_it_came(served: Served) -> None:
    api = make_api(served.address)
    job_id = begin(api)
    api.delete(f"/api/jobs/{job_id}", status=204)
    imported = api.get(f"/api/jobs/{job_id}/result").json["imported"]
    job = api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}, status=202).json
    assert finished(api, job["id"])["status"] == "finished"  # by the time of which another batch would have come
    assert 0 < imported < ROWS
    assert api.get(f"/api/jobs/{job_id}/result").json["imported"] == imported
    assert api.get("/api/tasks?limit=1").json["total"] == imported
    assert api.get(f"/api/jobs/{job_id}").json["status"] == "cancelled"


def test_others_write_while_a_file_is_imported(served: Served) -> None:
    api, other = make_api(served.address), make_api(served.address)
    job_id = begin(api)
    written = 0
    while api.get(f"/api/jobs/{job_id}").json["status"] == "running":
        other.post_json("/api/tasks", {"title": "between two batches"}, status=201)
        api.post_json("/api/tasks", {"title": "between two batches"}, status=201)
        written += 1
    assert written > 1
    assert finished(api, job_id)["status"] == "finished"
    assert api.get("/api/tasks?limit=1").json["total"] == ROWS + written
