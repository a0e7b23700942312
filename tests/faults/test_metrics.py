"""`/metrics` without a database, and with several processes."""

import re
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from webtest import TestApp

import intermediate
from tests.serving import ROOT, Served
from tests.unit.cli.conftest import shell

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
LIVEZ = r'^intermediate_requests_total\{.*view="livez"\} (\S+)$'


def test_what_the_ledger_does_not_say_in_time_is_absent(tmp_path: Path) -> None:
    with socket.socket() as mute, ThreadPoolExecutor() as pool:
        mute.bind(("127.0.0.1", 0))
        mute.listen(100)
        port = mute.getsockname()[1]
        url = f"postgresql://nobody@127.0.0.1:{port}/x?connect_timeout=90"
        app = intermediate.main({"here": str(tmp_path)}, **{"database.url": url})
        answer = pool.submit(TestApp(app, extra_environ=LOCAL).get, "/metrics").result(timeout=30)
        intermediate.close(app)
    assert "intermediate_requests_total" in answer
    assert "intermediate_jobs" not in answer


def test_a_ledger_that_cannot_be_read_is_absent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.sqlite"
    app = intermediate.main({"here": str(tmp_path)}, **{"database.url": url, "database.migrate": "true"})
    local = TestApp(app, extra_environ=LOCAL)
    assert "intermediate_jobs_queued 0.0" in local.get("/metrics")
    with create_engine(url).begin() as connection:
        connection.execute(text("DROP TABLE jobs"))
    assert "intermediate_jobs" not in local.get("/metrics", status=200)
    assert "intermediate_jobs_queued 0.0" not in local.get("/metrics", status=200)
    intermediate.close(app)


@contextmanager
def served(folder: Path, name: str, shared: Path) -> Iterator[Served]:
    own = folder / name
    own.mkdir()
    server = Served(own, PROMETHEUS_MULTIPROC_DIR=str(shared))
    try:
        yield server.start()
    finally:
        server.stop()


def get(server: Served, path: str) -> str:
    with urllib.request.urlopen(f"{server.address}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def livez(server: Served) -> float:
    """Return how many responses of /livez this server's metrics count."""
    [found] = re.findall(LIVEZ, get(server, "/metrics"), re.MULTILINE)
    return float(found)


def pids(shared: Path, kind: str) -> set[str]:
    return {path.stem.rpartition("_")[2] for path in shared.glob(f"{kind}*.db")}


@pytest.mark.slow
def test_processes_count_together_and_the_dead_hold_nothing(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    with ExitStack() as stack:
        one = stack.enter_context(served(tmp_path, "one", shared))
        two = stack.enter_context(served(tmp_path, "two", shared))
        before = livez(two)
        for _ in range(5):
            get(one, "/livez")
        assert livez(one) == livez(two) == before + 5
        assert one.process
        dead = str(one.process.pid)
        one.kill()
        assert dead in pids(shared, "gauge_livesum")
        three = stack.enter_context(served(tmp_path, "three", shared))
        assert dead not in pids(shared, "gauge")
        assert dead in pids(shared, "counter")
        assert livez(three) == livez(two) >= before + 5
        for server in (two, three):
            server.kill()
        four = stack.enter_context(served(tmp_path, "four", shared))
        assert four.process
        assert pids(shared, "") == {str(four.process.pid)}


def test_a_folder_that_is_none_stops_the_start_with_one_line(tmp_path: Path) -> None:
    ini, absent = shutil.copy(ROOT / "development.ini", tmp_path), str(tmp_path / "absent")
    ended = shell("intermediate-app", ini, "--port", "0", PROMETHEUS_MULTIPROC_DIR=absent)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (78, 1)
    assert f"PROMETHEUS_MULTIPROC_DIR = '{absent}'" in ended.stderr
