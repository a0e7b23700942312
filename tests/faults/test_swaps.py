"""After one setting is changed and the server restarted, the same browser and tokens still work."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD
from tests.serving import BIN, Served, wait_until

EMAIL = "me@example.com"
REPORT = "/api/jobs/task-report"


class House:
    """A served application, a user's browser, and two tokens: one from a login, and a named one."""

    def __init__(self, served: Served) -> None:
        self.served = served
        del served.environ["INTERMEDIATE_DATABASE_URL"]  # the INI file sets it
        self.change("database.url", f"sqlite:///{served.database}")
        served.start()
        self.browser, self.client = TestApp(self.served.address), TestApp(self.served.address)
        self.user_id = self.client.post_json("/api/auth/register", {"email": EMAIL, "password": PASSWORD}).json["id"]
        self.login = self.client.post("/api/auth/login", {"username": EMAIL, "password": PASSWORD}).json["access_token"]
        form = self.browser.get("/auth/login").forms[0]
        form["email"], form["password"] = EMAIL, PASSWORD
        form.submit(status=303)
        self.named = self.make_token()
        self.ask("POST", "/api/tasks", {"title": "A task from before"}, status=201)

    def make_token(self) -> str:
        form = self.browser.get("/account").forms["new-token"]
        form["name"] = "a program"
        answer = form.submit().maybe_follow()
        [token] = set(re.findall(r"imt_[\w-]+", answer.text))
        return str(token)

    def ask(self, method: str, path: str, body: Any = None, token: str = "", status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {token or self.named}"}
        if body is None:
            return self.client.request(path, method=method, headers=headers, status=status).json
        return self.client.post_json(path, body, headers=headers, status=status).json

    def change(self, key: str, value: str) -> None:
        """Change one setting."""
        text, found = re.subn(
            rf"^{re.escape(key)} = .*$", f"{key} = {value}", self.served.ini.read_text(), flags=re.MULTILINE
        )
        assert found == 1, key
        self.served.ini.write_text(text)

    def restart(self) -> None:
        self.served.stop()
        self.served.start()

    def lives_on(self, tasks: int = 1) -> None:
        """Assert that both tokens and the browser work, that the data is there, and that a report can be generated."""
        for token in (self.login, self.named):
            assert self.ask("GET", "/api/tasks", token=token)["total"] == tasks
        assert ("A task from before" in self.browser.get("/notes", status=200).text) == (tasks > 0)
        job = self.ask("POST", REPORT, {"owner_id": self.user_id}, status=202)["id"]
        wait_until(lambda: self.ask("GET", f"/api/jobs/{job}")["status"] == "finished")
        assert self.ask("GET", f"{REPORT}/{self.user_id}")["total_tasks"] == tasks


@pytest.fixture
def house(tmp_path: Path, redis_url: str, mongo_url: str) -> Iterator[House]:
    served = Served(tmp_path, INTERMEDIATE_REDIS_URL=redis_url, INTERMEDIATE_MONGO_URL=mongo_url)
    try:
        yield House(served)
    finally:
        served.stop()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cache.backend", "redis"),
        ("cache.backend", "null"),
        ("jobs.backend", "inline"),
        ("analytics.backend", "mongo"),
        ("analytics.backend", "null"),
    ],
)
def test_a_line_is_changed_and_life_goes_on(house: House, key: str, value: str) -> None:
    house.change(key, value)
    house.restart()
    house.lives_on()


def test_jobs_go_to_workers_over_rq(house: House) -> None:
    house.served.environ["INTERMEDIATE_JOB_QUEUE_NAME"] = f"swap-{house.named[-8:]}"
    house.change("jobs.backend", "rq")
    house.restart()
    command = [str(BIN / "intermediate-worker"), str(house.served.ini)]
    with subprocess.Popen(command, env=house.served.environ, stderr=subprocess.DEVNULL) as worker:
        try:
            house.lives_on()
        finally:
            worker.terminate()


def test_a_proxy_signs_people_in(house: House) -> None:
    """The browser's login ends with the password backend. Tokens and tasks belong to the account, which stays."""
    house.change("auth.backend", "remote_user")
    house.restart()
    house.browser.extra_environ["HTTP_X_REMOTE_USER"] = EMAIL
    house.lives_on()


def test_tasks_in_memory_are_others(house: House) -> None:
    """The accounts and their tokens stay; their tasks remain in the database."""
    house.change("jobs.backend", "inline")
    house.change("tasks.backend", "memory")
    house.restart()
    house.lives_on(tasks=0)
    house.change("tasks.backend", "sql")
    house.restart()
    house.lives_on()


def test_the_database_moves_to_postgres(house: House, postgres_url: str, tmp_path: Path) -> None:
    def run(*words: object) -> None:
        command = [str(BIN / "intermediate"), *map(str, words)]
        done = subprocess.run(command, env=house.served.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    house.lives_on()
    house.served.stop()
    run("dump", house.served.ini, "--output", tmp_path / "data.ndjson")
    house.change("database.url", postgres_url.replace("%", "%%"))
    run("load", house.served.ini, tmp_path / "data.ndjson")
    house.restart()
    house.lives_on()
