"""`intermediate report`, for cron."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import OWNER, PASSWORD, Run, shell

pytestmark = pytest.mark.slow
OTHER = "other@example.com"


@pytest.fixture
def two(run: Run, owned: Path) -> Path:
    assert run("create-user", owned, OTHER, "--password-stdin", input=PASSWORD).exit_code == 0
    return owned


def test_everybodys_reports_are_asked_for_and_workers_make_them(run: Run, two: Path) -> None:
    asked = run("report", two, "--all")
    assert asked.exit_code == 0, asked.output
    found = re.fullmatch(r"Requested 2 reports, request id (\w+)\.\n", asked.stdout)
    assert found
    again = run("report", two, "--all").stdout  # joins the jobs that have not started
    assert re.fullmatch(r"Requested 0 reports, request id \w+\. 2 had already been requested\.\n", again)
    worked = shell("intermediate-worker", two, "--burst")
    events = [json.loads(line)["event"] for line in worked.stderr.splitlines()]
    assert events.count("job_finished") == 2
    assert (events[0], events[-1]) == ("worker_started", "worker_ended")
    steps = json.loads(run("trace", two, found[1], "--json").stdout)
    assert [step["what"] for step in steps].count("report saved") == 2


def test_one_can_be_named_and_counts_once(run: Run, two: Path) -> None:
    assert run("report", two, OWNER, OWNER.upper()).stdout.startswith("Requested 1 report, ")
    unknown = run("report", two, OWNER, "nobody@example.com")
    assert unknown.exit_code == 1
    assert "nobody@example.com has no account" in unknown.stderr


def test_nobody_or_everybody_must_be_said(run: Run, two: Path) -> None:
    assert run("report", two).exit_code == 2
    assert run("report", two, OWNER, "--all").exit_code == 2


def test_without_the_queue_nothing_is_asked_for(run: Run, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERMEDIATE_JOBS_BACKEND", "rq")
    monkeypatch.setenv("INTERMEDIATE_REDIS_URL", "redis://127.0.0.1:1/0")
    refused = run("report", two, "--all")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "queue_unavailable" in refused.stderr
