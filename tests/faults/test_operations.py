"""The commands of docs/operations.md other than backups work as written."""

import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from webtest import TestApp

from intermediate.cli.ini import application
from tests.faults.operations import BLOCKS, block, moved
from tests.functional.conftest import PASSWORD, Api, make_api
from tests.functional.packages import bash
from tests.serving import ROOT, Served, wait_until
from tests.unit.cli.test_processes import Client

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "operations.md").read_text()
KEYS = ("INTERMEDIATE_SESSION_SECRET_KEY", "INTERMEDIATE_JWT_SECRET_KEY")
LANGUAGES = ["sh"] * 13 + ["crontab"]
PIDFILE = "/run/intermediate.pid"
Environ = dict[str, str]


def test_each_block_of_the_page_is_run() -> None:
    """In this module or in test_backups.py."""
    assert sorted(language for language, _ in BLOCKS) == sorted(LANGUAGES)


def test_what_is_to_be_watched_is_there(folder: Path) -> None:
    environ = {"INTERMEDIATE_DATABASE_URL": f"sqlite:///{folder}/watched.sqlite"}
    with application(folder / "development.ini", "web", **environ) as app:
        client = TestApp(app, extra_environ={"REMOTE_ADDR": "127.0.0.1"})
        told = set(re.findall(r"^# HELP (\w+)", client.get("/metrics").text, re.MULTILINE))
        names = set(re.findall(r"`(intermediate_\w+)`", PAGE))
        assert len(names) > 5
        assert names <= told
        for path in ("/livez", "/healthz"):
            assert f"`{path}`" in PAGE
            client.get(path, status=200)


def log_in(app: object, api: Api) -> Api:
    """Log in to the same account again, with a new token."""
    client = TestApp(app)
    answer = client.post("/api/auth/login", {"username": api.email, "password": PASSWORD}, status=200)
    return Api(client, api.email, api.user_id, answer.json["access_token"])


def test_an_installation_is_looked_after(folder: Path, environ: Environ) -> None:
    """It is set up, its keys are rotated, reports run nightly, and a request is traced afterwards."""
    ini = folder / "production.ini"
    upgrade = block("intermediate migrate production.ini\nintermediate check")
    bash(upgrade.splitlines()[1], folder, fails=True, **environ)  # there is no schema yet
    bash(upgrade, folder, fails=False, **environ)
    with application(ini, "web", **environ) as app:
        api = make_api(app)

    both = bash(f"{block('openssl rand')}printenv {' '.join(KEYS)}", folder, fails=False, **environ).splitlines()[-2:]
    assert [ring.split(",")[1] for ring in both] == [environ[key] for key in KEYS]
    with application(ini, "web", **environ | dict(zip(KEYS, both, strict=True))) as app:
        moved(api, app).get("/api/tasks", status=200)
        other = log_in(app, api)
    new = dict(zip(KEYS, (ring.split(",")[0] for ring in both), strict=True))
    with application(ini, "web", **environ | new) as app:
        moved(api, app).get("/api/tasks", status=401)
        moved(other, app).get("/api/tasks", status=200)
    with application(ini, "web", **environ) as app:  # a process that only has the old key
        moved(other, app).get("/api/tasks", status=401)

    lines = [line.split(maxsplit=5) for line in block("report", "crontab").splitlines()]
    said = "".join(bash(command, folder, fails=False, **environ) for *_times, command in lines)
    assert all(len(times) == 5 for *times, _command in lines)
    [request_id] = re.findall(r"request id (\w+)", said)
    assert "Purged " in said
    logs = ("web.log", "worker.log")
    bash(f"touch {logs[0]}; intermediate-worker production.ini --burst 2> {logs[1]}", folder, fails=False, **environ)
    traced = bash(block("intermediate trace"), folder, fails=False, **environ, REQUEST_ID=request_id)
    assert "report saved" in traced
    assert "job_finished" in traced


@pytest.fixture
def gunicorn(tmp_path: Path) -> Iterator[Served]:
    """Gunicorn with a pidfile, and the slow view `/slow`."""
    served = Served(tmp_path, server="gunicorn")
    served.include("tests.unit.cli.slow")
    served.ini.write_text(
        served.ini.read_text().replace("threads = 8", f"threads = 3\npidfile = {tmp_path}/intermediate.pid")
    )
    yield served.start()
    served.stop()


def test_one_server_takes_over_from_another_and_nobody_notices(gunicorn: Served, tmp_path: Path) -> None:
    pidfile = tmp_path / PIDFILE.rpartition("/")[2]
    old = int(pidfile.read_text())
    clients = [Client(gunicorn.port, kept=bool(number % 2)) for number in range(6)]

    def all_answered() -> None:
        before = [client.answered for client in clients]
        wait_until(lambda: all(now.answered > then for now, then in zip(clients, before, strict=True)), 60)

    try:
        all_answered()
        bash(block("kill -USR2").replace(PIDFILE, str(pidfile)), tmp_path)
        assert gunicorn.process
        assert gunicorn.process.wait(60) == 0
        wait_until(lambda: pidfile.exists() and int(pidfile.read_text()) != old)
        all_answered()
        # The first server removed the folder of its counters when it ended.
        with urllib.request.urlopen(f"{gunicorn.address}/metrics", timeout=20) as answer:
            assert b"intermediate_requests_total{" in answer.read()
    finally:
        for path in tmp_path.glob(f"{pidfile.name}*"):
            os.kill(int(path.read_text()), signal.SIGTERM)
        for client in clients:
            client.thread.join(60)
    assert [client.broken for client in clients] == [[]] * len(clients)
