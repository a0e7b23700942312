"""`intermediate trace` finds a request id wherever the request had an effect."""

import json
import re
import secrets
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services import free_port
from tests.serving import Served
from tests.unit.cli.conftest import OWNER, PASSWORD, Run, shell

pytestmark = pytest.mark.slow
ID = "given-at-the-edge"


@pytest.fixture
def served(tmp_path: Path, redis_url: str) -> Iterator[Served]:
    """The web server, whose jobs run in another process."""
    queue = f"test:{secrets.token_hex(6)}"
    names = {"INTERMEDIATE_JOBS_BACKEND": "rq", "INTERMEDIATE_REDIS_URL": redis_url}
    served = Served(tmp_path, **names, INTERMEDIATE_JOB_QUEUE_NAME=queue)
    try:
        yield served.start()
    finally:
        served.stop()


def post(served: Served, path: str, data: bytes, **headers: str) -> Any:
    asked = urllib.request.Request(f"{served.address}{path}", data=data, headers=headers)
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return json.loads(answer.read())


def ask_for_a_report(served: Served) -> None:
    account = json.dumps({"email": OWNER, "password": PASSWORD}).encode()
    owner = post(served, "/api/auth/register", account, **{"Content-Type": "application/json"})["id"]
    form = urllib.parse.urlencode({"username": OWNER, "password": PASSWORD}).encode()
    token = post(served, "/api/auth/login", form)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "X-Request-ID": ID}
    post(served, "/api/jobs/task-report", json.dumps({"owner_id": owner}).encode(), **headers)


def test_one_id_leads_from_the_edge_to_the_analytics_document(served: Served, tmp_path: Path) -> None:
    ask_for_a_report(served)
    environ = {name: value for name, value in served.environ.items() if name.startswith("INTERMEDIATE_")}
    worked = shell("intermediate-worker", served.ini, "--burst", **environ)
    assert worked.returncode == 0, worked.stderr
    worker = tmp_path / "worker.log"
    worker.write_text("".join(f"worker-1  | {line}\n" for line in worked.stderr.splitlines()))
    edge = '{"event":"request","service":"edge","timestamp":"2026-01-01T00:00:00+00:00","request_id":"' + ID + '"}\n'
    words = ("trace", served.ini, ID, served.log, worker, "-")
    traced = shell("intermediate", *words, "--json", stdin=edge, **environ)
    assert traced.returncode == 0, traced.stderr
    steps = json.loads(traced.stdout)
    found = [(step["where"], step["what"]) for step in steps]
    for step in (
        ("edge", "request"),
        ("web", "request"),
        ("ledger", "job requested"),
        ("worker", "job_started"),
        ("worker", "job_finished"),
        ("ledger", "job finished"),
        ("reports", "report saved"),
        ("analytics", "analytics document"),
    ):
        assert found.count(step) == 1, step
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    lines = shell("intermediate", *words, stdin=edge, **environ).stdout.splitlines()
    assert len(lines) == len(steps) + 1
    assert any("worker" in line and "job_finished" in line and "job_id=1" in line for line in lines)


def test_an_id_that_is_nowhere_is_told(run: Run, owned: Path, tmp_path: Path) -> None:
    log = tmp_path / "other.log"
    log.write_text('{"request_id": "an-id-and-more"}\nan-id\n{"an-id": \n["an-id"]\n')
    result = run("trace", owned, "an-id", log)
    assert result.exit_code == 1
    assert "Nothing found for an-id:" in result.stderr


def test_logs_are_shown_also_while_the_database_is_away(
    run: Run, ini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "web.log"
    log.write_text('{"request_id": "an-id", "service": "web", "event": "request", "timestamp": "now"}\n')
    monkeypatch.setenv("INTERMEDIATE_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/x")
    traced = run("trace", ini, "an-id", log, "--json")
    assert traced.exit_code == 0
    assert [step["what"] for step in json.loads(traced.stdout)] == ["request"]
    assert "Skipped the database: " in traced.stderr


def test_migrations_log_as_all_else_does(tmp_path: Path) -> None:
    served = Served(tmp_path)
    for words in (("intermediate", "migrate", served.ini), ("alembic", "downgrade", "-1")):
        done = shell(*map(str, words), INTERMEDIATE_DATABASE_URL=served.database_url)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert {line["service"] for line in lines} == {"cli"}
        assert lines[-1]["event"] in ("schema_upgraded", "schema_downgraded")
        assert lines[-1]["revisions"]


def test_what_clients_put_into_a_log_does_nothing_to_the_terminal(run: Run, ini: Path, tmp_path: Path) -> None:
    values = r"\u001b]0;title\u0007", r"\ud800", r"\u202e \u00e9\ud83c\udf88"
    lines = [f'{{"event":"request","request_id":"{ID}","path":"{value}"}}' for value in values]
    (tmp_path / "web.log").write_text("\n".join([f'{{"{ID}":{"[" * 100_000}', *lines]))  # one is no line of ours
    assert run("migrate", ini).exit_code == 0
    traced = run("trace", ini, ID, tmp_path / "web.log").stdout
    assert re.findall(r"path=(.*\S)", traced) == [r"\x1b]0;title\x07", r"\ud800", r"\u202e é🎈"]
