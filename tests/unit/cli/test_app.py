"""`intermediate-app` as a process."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from intermediate import accounts, ledger
from intermediate.cli.ini import application
from intermediate.logins import named_tokens
from intermediate.models import Job
from intermediate.models.base import utcnow
from intermediate.plugins import ConfigurationError
from intermediate.scripting import request_for
from intermediate.servers import server_options
from tests.services import free_port
from tests.serving import BIN, QUIET, answers, ini_for, wait_until
from tests.unit.cli.conftest import ROOT, shell

pytestmark = pytest.mark.slow


@pytest.fixture
def server(ini: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server, and yield it with its address."""
    ini.write_text(ini.read_text().replace("[app:main]", "[app:main]\npyramid.includes = tests.unit.cli.slow"))
    command = [str(Path(sys.executable).parent / "intermediate-app"), str(ini), "--port", "0"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while not (found := re.search(r"Serving on (http://127\.0\.0\.1:\d+)", said)):
            said += process.stderr.readline()
            assert process.poll() is None, said
        yield process, found[1]
        process.kill()


def test_a_request_that_has_begun_is_answered_before_the_end(server: tuple[subprocess.Popen[str], str]) -> None:
    process, address = server
    answers: list[bytes] = []

    def ask() -> None:
        with urllib.request.urlopen(f"{address}/slow", timeout=20) as answer:
            answers.append(answer.read())

    asking = threading.Thread(target=ask)
    asking.start()
    assert process.stderr is not None
    while "begun" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    asking.join(20)
    assert answers == [b"done"]
    assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("command", "number", "by"),
    [
        ("intermediate-app", signal.SIGTERM, "waitress"),
        ("intermediate-app", signal.SIGINT, "waitress"),
        ("pserve", signal.SIGINT, "waitress"),
        ("intermediate-app", signal.SIGTERM, "gunicorn"),
    ],
)
def test_an_event_stream_is_not_waited_for_and_ends_well(ini: Path, command: str, number: int, by: str) -> None:
    port = free_port()
    ini.write_text(ini_for(by, port))
    with application(ini) as app, request_for(app.registry) as request:
        owner = accounts.create(request.db, "owner@example.com", None).id
        token = named_tokens.make(request.db, owner, "a program", None)
        job_id = ledger.add(request.db, "never-begun", owner, {}, "asked-for")
        # Due later, so that no thread of the server runs it.
        request.db.execute(update(Job).values(run_at=utcnow() + timedelta(hours=1)))
    address, log, words = f"http://127.0.0.1:{port}", ini.with_suffix(".log"), [str(BIN / command), str(ini)]
    asked = urllib.request.Request(f"{address}/api/jobs/{job_id}/events", headers={"Authorization": f"Bearer {token}"})
    with (
        log.open("wb") as said,
        subprocess.Popen(words, env={**os.environ, **QUIET}, stdout=said, stderr=said) as process,
    ):
        try:
            wait_until(lambda: answers(f"{address}/livez"), 60)
            with urllib.request.urlopen(asked, timeout=20) as answer:
                assert answer.readline() == b"retry: 2000\n"
                process.send_signal(number)
                rest = answer.read()  # raises IncompleteRead if the server closes the connection
            assert rest.count(b"event: job") == 1
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert "still running" not in log.read_text()  # what waitress logs about threads that did not end in time


INI = {"use": "egg:intermediate#main", "listen": "127.0.0.1:8003", "threads": "8", "here": "/srv", "__file__": "x"}


@pytest.mark.parametrize(
    ("ini", "host", "port", "listen"),
    [
        (INI, None, None, "127.0.0.1:8003"),
        (INI, "0.0.0.0", None, "0.0.0.0:8003"),
        (INI, None, 9, "127.0.0.1:9"),
        (INI, "::1", 9, "[::1]:9"),
        (INI | {"listen": "[::]:80 127.0.0.1:81"}, None, 9, "[::]:9"),
        ({"host": "10.0.0.1", "port": "80"}, None, 9, "10.0.0.1:9"),
        ({}, None, None, "127.0.0.1:8003"),
        (INI | {"listen": ""}, None, None, "127.0.0.1:8003"),
        (INI | {"listen": ""}, None, 9, "127.0.0.1:9"),
        (INI | {"listen": "127.0.0.1"}, None, 9, "127.0.0.1:9"),
        (INI | {"listen": "[::1]"}, "::2", None, "[::2]:8003"),
    ],
)
def test_the_command_line_wins_over_the_ini(ini: dict[str, str], host: str, port: int, listen: str) -> None:
    use, options = server_options(ini, host, port)
    assert use == "egg:intermediate#main"
    assert options.pop("listen") == listen
    assert options == ({"threads": "8"} if "threads" in ini else {})


def test_each_server_is_told_where_to_listen_in_its_own_words() -> None:
    ini = {"use": "egg:intermediate#gunicorn", "bind": "127.0.0.1:8003", "workers": "3"}
    assert server_options(ini, "::1", 9) == ("egg:intermediate#gunicorn", {"bind": "[::1]:9", "workers": "3"})
    assert server_options(ini, None, None)[1]["bind"] == "127.0.0.1:8003"


@pytest.mark.parametrize("wrong", [{"threads": "0"}, {"threads": "-3"}, {"workers": "00"}])
def test_a_server_that_would_answer_nobody_does_not_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="use at least 1"):
        server_options({"use": "egg:intermediate#main", **wrong}, None, None)


def test_another_server_is_not_ours_to_start() -> None:
    with pytest.raises(ConfigurationError, match="egg:gunicorn"):
        server_options({"use": "egg:gunicorn#main"}, None, None)


@pytest.mark.parametrize(
    ("use", "more", "said"),
    [
        ("use = egg:nosuch", "", "nosuch"),
        ("", "", "No loader given in section"),
        ("use = egg:intermediate", "[loggers]\nkeys = x\n", "formatters"),
    ],
)
def test_an_ini_that_makes_no_application_is_told(ini: Path, use: str, more: str, said: str) -> None:
    ini.write_text(ini.read_text().replace("use = egg:intermediate\n", f"{use}\n") + more)
    result = shell("intermediate-app", ini, "--port", "0")
    assert (result.returncode, len(result.stderr.splitlines())) == (78, 1)
    assert said in result.stderr


def test_what_gunicorn_cannot_begin_with_is_one_line(ini: Path) -> None:
    ini.write_text(ini_for("gunicorn", free_port()).replace("threads = 8", "threads = 8\ncertfile = /nonexistent"))
    result = shell("intermediate-app", ini)
    line = json.loads(result.stderr.splitlines()[-1])
    assert (result.returncode, line["level"]) == (78, "critical")
    assert line["event"] == 'Error: [server:main] cannot start: certfile "/nonexistent" does not exist'


def test_what_stops_the_start_is_one_line_and_a_code(ini: Path, tmp_path: Path) -> None:
    absent = shell("intermediate-app", tmp_path / "absent.ini")
    assert (absent.returncode, len(absent.stderr.splitlines())) == (78, 1)
    wrong = shell("intermediate-app", ini, INTERMEDIATE_LOG_LEVEL="LOUD")
    assert wrong.returncode == 78
    assert "log.level = 'LOUD'" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    help_ = shell("intermediate-app", "--help")
    assert "  intermediate-app development.ini --port 8080\n" in help_.stdout
