"""Real tasks: imported by the command, summarized by a report job, and counted independently."""

import csv
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.conftest import make_api
from tests.functional.test_reports import REPORT, finished
from tests.serving import BIN, ROOT, Served

pytestmark = pytest.mark.slow

SAMPLE = ROOT / "tests" / "data" / "tasks.csv"
FULL = Path(os.environ.get("TEST_DATA_DIR", "/nonexistent")) / "pyramid_history_tasks.csv"
WHERE = pytest.mark.skipif(not FULL.is_file(), reason="TEST_DATA_DIR does not lead to the whole file")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served.start()
    served.stop()


@pytest.mark.parametrize("file", [pytest.param(SAMPLE, id="sample"), pytest.param(FULL, id="full", marks=WHERE)])
def test_a_report_says_what_the_file_says(served: Served, file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    statuses = Counter(row["status"] for row in rows)
    api = make_api(served.address)
    command = [str(BIN / "intermediate"), "import", str(served.ini), str(file), "--owner", api.email]
    done = subprocess.run(
        [*command, "--truncate-titles"], env=served.environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.split(" (")[0]) == (0, f"{len(rows)} rows: {len(rows)} imported"), done.stderr

    job = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json
    assert finished(api, job["id"])["status"] == "finished"
    report = api.get(f"{REPORT}/{api.user_id}").json
    assert {status: report[f"{status}_tasks"] for status in ("pending", "in_progress", "completed")} == {
        status: statuses[status] for status in ("pending", "in_progress", "completed")
    }
    assert report["total_tasks"] == len(rows)
    assert report["completion_rate"] == statuses["completed"] / len(rows)
    assert report["median_completion_seconds"] is None  # the file does not say when tasks were completed
    assert report["overdue_tasks"] == 0
