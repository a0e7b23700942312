"""`/metrics`: what is counted, and who may read it."""

import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from webtest import TestApp

from tests.functional.conftest import Api, Target, serving
from tests.rows import row
from tests.services import Absent, or_skip
from tests.serving import wait_until

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def ask(target: Target, peer: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
    """Return the status and the text of the metrics for a local program. WebTest would look like a proxy."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(target, str):
        answer = TestApp(target, extra_environ={"REMOTE_ADDR": peer}).get("/metrics", headers=named, status="*")
        return answer.status_int, answer.text
    with closing(HTTPConnection(target.removeprefix("http://"), timeout=30)) as connection:
        connection.request("GET", "/metrics", headers=named)
        response = connection.getresponse()
        return response.status, response.read().decode()


def scrape(target: Target) -> dict[str, float]:
    """Return the samples by their names and labels, as they are written."""
    status, text = ask(target)
    assert status == 200
    return {f"{name}{{{labels}}}": float(value) for name, labels, value in SAMPLE.findall(text)}


def grown(before: dict[str, float], after: dict[str, float], name: str, *labels: str) -> float:
    """Return the increase of the one sample with this name and these labels. An absent sample counts as 0."""
    [found] = [key for key in after if key.startswith(f"{name}{{") and all(label in key for label in labels)]
    return after[found] - before.get(found, 0)


def test_requests_are_counted_and_timed_by_what_they_asked_for(target: Target, api: Api) -> None:
    before = scrape(target)
    api.get("/api/tasks/stats")
    api.get("/api/tasks/stats")
    api.get("/api/tasks/999999999", status=404)
    after = scrape(target)
    stats = ('surface="api"', 'resource="Tasks"', 'view="stats"', 'method="GET"', 'status="200"')
    assert grown(before, after, "intermediate_requests_total", *stats) == 2
    seconds = "intermediate_request_duration_seconds"
    found = ('surface="api"', 'resource="Tasks"')
    assert grown(before, after, f"{seconds}_count", *found, 'status="200"') == 2
    assert grown(before, after, f"{seconds}_count", *found, 'status="404"') == 1
    assert grown(before, after, f"{seconds}_sum", *found, 'status="200"') > 0


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
def test_no_client_can_make_a_label(target: Target, api: Api, is_served: bool) -> None:
    word = secrets.token_hex(8).upper()
    for path in (f"/{word}", f"/api/tasks/{word}", f"/static/{word}", f"/notes{word}", f"/api/{word}/x"):
        for method in ("GET", word):
            api.request(path, method=method, status="4*")
    assert not [sample for sample in scrape(target) if word in sample]
    # A strict server refuses such methods.
    assert is_served or [sample for sample in scrape(target) if 'method="other"' in sample]


def test_what_the_cache_had_is_counted(target: Target, api: Api) -> None:
    before = scrape(target)
    verdicts = [api.get("/api/tasks").headers["X-Cache"] for _ in range(3)]
    after = scrape(target)
    reads = {
        outcome: grown(before, after, "intermediate_cache_reads_total", outcome)
        for outcome in ("hit", "miss", "bypass")
    }
    assert reads == {outcome: verdicts.count(outcome) for outcome in reads}
    assert verdicts == ["miss", "hit", "hit"]
    all_reads = [value for name, value in after.items() if name.startswith("intermediate_cache_reads_total")]
    hits = after['intermediate_cache_reads_total{outcome="hit"}']
    assert after["intermediate_cache_hit_ratio{}"] == pytest.approx(hits / sum(all_reads))


def test_jobs_are_told_as_the_ledger_has_them(target: Target, api: Api) -> None:
    before = scrape(target)
    job = api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}, status=202).location
    wait_until(lambda: api.get(job).json["status"] == "finished")
    after = scrape(target)
    finished = ('kind="task-report"', 'outcome="finished"')
    assert grown(before, after, "intermediate_jobs_ended", *finished) == 1
    assert grown(before, after, "intermediate_job_duration_seconds_count", *finished) == 1
    assert grown(before, after, "intermediate_job_duration_seconds_sum", *finished) > 0
    assert grown(before, after, "intermediate_job_duration_seconds_bucket", *finished, 'le="+Inf"') == 1
    for name in ("jobs_queued", "jobs_running", "jobs_due", "oldest_due_job_seconds"):
        assert after[f"intermediate_{name}{{}}"] >= 0
    pool = {name: after[f"intermediate_database_pool_{name}{{}}"] for name in ("size", "checked_out", "overflow")}
    assert pool["size"] > 0


@row("H12-metrics")
def test_only_programs_of_this_machine_may_read_them(target: Target, is_served: bool) -> None:
    assert ask(target)[0] == 200
    for header in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP", "X_Forwarded_Host"):
        for value in ("192.0.2.1", "127.0.0.1"):
            assert ask(target, **{header: value})[0] == 404, header
    assert ask(target, Host="tasks.example.org")[0] == 404
    if not is_served:  # with a server, the peer address cannot be chosen
        for address in ("192.0.2.1", "::ffff:192.0.2.1", "", "localhost"):
            assert ask(target, address)[0] == 404, address
        assert ask(target, "::1", Host="[::1]:8003")[0] == 200


def test_the_settings_open_them_or_take_them_away(is_served: bool, tmp_path: Path) -> None:
    for who, elsewhere, local in (("open", 200, 200), ("off", 404, 404)):
        folder = tmp_path / who
        folder.mkdir()
        settings = {"database.url": f"sqlite:///{folder}/test.sqlite", "site.metrics": who}
        with serving(is_served, folder, **settings) as target:
            assert (ask(target)[0], ask(target, X_Forwarded_For="192.0.2.1")[0]) == (local, elsewhere)


def test_promtool_has_nothing_to_say(target: Target, api: Api) -> None:
    api.get("/api/tasks")
    api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}, status=202)
    with or_skip(promtool()) as program:
        text = ask(target)[1].encode()
        checked = subprocess.run(
            [program, "check", "metrics"], input=text, capture_output=True, timeout=60, check=False
        )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


@contextmanager
def promtool() -> Iterator[str]:
    """The path of Prometheus's own checker."""
    found = shutil.which("promtool")
    if found is None:
        raise Absent("There is no promtool: apt-get install prometheus")
    yield found
