"""What a page shows about a running job."""

from typing import Any

import pytest

from intermediate.job_steps import job_steps
from tests.unit.readers import ENGLISH, GERMAN


def job(status: str, progress: int, kind: str = "task-report", began: str = "00.4") -> dict[str, Any]:
    times = {"created_at": "2026-11-25T12:00:00Z", "started_at": f"2026-11-25T12:00:{began}Z"}
    return {"kind": kind, "status": status, "progress": progress, **times}


def test_a_job_is_at_one_step() -> None:
    queued = job_steps(job("queued", 0), ENGLISH)
    assert queued[0] == ("Waiting for a worker", "in_progress", "")
    running = job_steps(job("running", 62), ENGLISH)
    assert [step.state for step in running] == ["completed", "completed", "in_progress", "pending"]
    assert [step.took for step in running] == ["0.4 s", "", "", ""]
    imports = job_steps(job("running", 0, "import"), ENGLISH)
    assert [step.name for step in imports if step.state == "in_progress"] == ["Adding the tasks"]


@pytest.mark.parametrize(("began", "words"), [("00", "0,0 s"), ("12.34", "12,3 s")])
def test_a_wait_is_told_in_the_readers_numbers(began: str, words: str) -> None:
    assert job_steps(job("running", 1, began=began), GERMAN)[0].took == words
