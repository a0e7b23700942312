"""`rq info` and rq-dashboard show the queue correctly."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests import compose
from tests.faults.test_kill import ask_and_hold, give_tasks
from tests.functional.conftest import make_api
from tests.functional.test_reports import REPORT, finished
from tests.services import free_port
from tests.services.redis import Server
from tests.serving import BIN, Served, wait_until

QUEUE = "intermediate:tasks"


@pytest.fixture
def served(server: Server, tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, INTERMEDIATE_JOBS_BACKEND="rq", INTERMEDIATE_REDIS_URL=server.url)
    served.include("tests.patient")  # a blocked job must not time out
    yield served.start()
    served.stop()


@contextmanager
def worker(served: Served) -> Iterator[None]:
    """A worker that exits cleanly."""
    command = [str(BIN / "intermediate-worker"), str(served.ini)]
    with subprocess.Popen(command, env=served.environ, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
    assert process.returncode == 0


class Dashboard:
    """rq-dashboard with the settings of docker-compose.yml, except the addresses."""

    def __init__(self, redis_url: str, port: int) -> None:
        environ = compose.environment("rq-dashboard")
        environ |= {
            "RQ_DASHBOARD_REDIS_URL": redis_url,
            "RQ_DASHBOARD_BIND": "127.0.0.1",
            "RQ_DASHBOARD_PORT": str(port),
        }
        self._address = f"http://127.0.0.1:{port}"
        self._credentials = f"{environ['RQ_DASHBOARD_USERNAME']}:{environ['RQ_DASHBOARD_PASSWORD']}"
        self.process = subprocess.Popen(
            [str(BIN / "rq-dashboard")],
            env={"PATH": os.environ["PATH"], **environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def get(self, path: str, credentials: str | None = None) -> str:
        basic = base64.b64encode((self._credentials if credentials is None else credentials).encode()).decode()
        asked = Request(self._address + path, headers={"Authorization": f"Basic {basic}"} if basic else {})
        with urlopen(asked, timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    def data(self, what: str) -> Any:
        return json.loads(self.get(f"/0/data/{what}.json"))

    def counts(self) -> tuple[int, int, int]:
        """Return how many jobs of our queue are waiting, running and failed."""
        [queue] = [queue for queue in self.data("queues")["queues"] if queue["name"] == QUEUE]
        return queue["count"], queue["started_job_registry_count"], queue["failed_job_registry_count"]

    def answers(self) -> bool:
        try:
            return bool(self.get("/"))
        except OSError:
            return False


@pytest.fixture
def dashboard(server: Server) -> Iterator[Dashboard]:
    dashboard = Dashboard(server.url, free_port())
    try:
        wait_until(dashboard.answers)
        yield dashboard
    finally:
        dashboard.process.send_signal(signal.SIGKILL)  # Flask's development server
        dashboard.process.wait(30)


def info(server: Server) -> list[str]:
    """Return the lines of `rq info --raw` about queues and workers."""
    command = [str(Path(sys.executable).parent / "rq"), "info", "--raw", "--url", server.url, "--serializer", "json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()


def described(job_id: int) -> str:
    return f"intermediate.worker.run({job_id})"


def test_the_queue_and_its_workers_are_shown(served: Served, server: Server, dashboard: Dashboard) -> None:
    api = make_api(served.address)
    give_tasks(served.database, api.user_id)
    waiting = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json["id"]
    assert info(server) == [f"queue {QUEUE} 1, 0 executing, 0 finished, 0 failed"]
    assert dashboard.counts() == (1, 0, 0)
    [job] = dashboard.data(f"jobs/{QUEUE}/queued/8/asc/1")["jobs"]
    assert job["description"] == described(waiting)
    assert dashboard.data(f"job/{job['id']}")["status"] == "queued"
    assert job["id"] in dashboard.get(f"/0/view/job/{job['id']}")

    with worker(served):
        finished(api, waiting)
        held, lock = ask_and_hold(api, served.database)
        with closing(lock):
            queue, at_work = info(server)
            assert queue == f"queue {QUEUE} 0, 1 executing, 0 finished, 0 failed"
            assert f" busy {QUEUE}. " in at_work
            assert dashboard.counts() == (0, 1, 0)
            [shown] = dashboard.data("workers")["workers"]
            assert (shown["state"], shown["queues"]) == ("busy", [QUEUE])
            [job] = dashboard.data(f"jobs/{QUEUE}/started/8/asc/1")["jobs"]
            assert job["description"] == described(held)
            assert dashboard.data(f"job/{job['id']}")["status"] == "started"
        finished(api, held)
        wait_until(lambda: dashboard.data("workers")["workers"][0]["state"] == "idle")
    assert dashboard.data("workers")["workers"] == []
    assert info(server) == [f"queue {QUEUE} 0, 0 executing, 0 finished, 0 failed"]


@pytest.mark.parametrize("credentials", ["", "admin:wrong", "admin:"])
def test_nobody_sees_it_without_credentials(dashboard: Dashboard, credentials: str) -> None:
    with pytest.raises(HTTPError) as refused:
        dashboard.get("/", credentials)
    refused.value.close()
    assert refused.value.code == 401
