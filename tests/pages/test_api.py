"""The commands of docs/api.md work as written. tests/unit/test_openapi_codes.py checks its table of errors."""

import json
import shutil
from pathlib import Path

import pytest

from tests.functional.packages import bash, blocks
from tests.serving import Served

NEXT = "=== the next block ==="


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not here")
def test_the_page_is_followed(tmp_path: Path) -> None:
    served = Served(tmp_path)
    commands = f"\necho '{NEXT}'\n".join(blocks("docs/api.md"))
    try:
        said = bash(commands.replace("http://localhost:8003", served.start().address), tmp_path)
    finally:
        served.stop()
    user, me, tasks, all_titles, etags, ids, job, over, header, imported, wrong, origin = said.split(f"{NEXT}\n")
    assert json.loads(user)["email"] == json.loads(me) == "client@example.com"
    assert json.loads(tasks) == [1, "Water the plants"]
    assert all_titles.splitlines() == ["Task 4", "Task 3", "Task 2", "Task 1", "Water the plants"]
    assert etags.split() == ["304", "2", '"stale_version"']
    first, second = ids.split()
    assert first == second
    told = job.splitlines()
    assert "true" in told
    assert [line for line in told if line.startswith("event: ")] == ["event: end"]
    assert told[-1] == "6"
    assert over == '"job_over"\n'
    assert header.startswith("title,description,status,created_at")
    result = json.loads(imported.splitlines()[-1])
    assert (result["rows"], result["imported"], result["refused"]) == (5, 5, 0)
    assert wrong.splitlines()[0] == '"validation_error"'
    assert origin == "http://localhost:3000\n"
