"""Fixtures to run commands with a copy of development.ini, which puts the database into the same folder."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from intermediate import accounts, logs
from intermediate.cli import main
from intermediate.cli.ini import application
from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import Summary, Task, TaskQuery
from intermediate.scripting import request_for

ROOT = Path(__file__).parents[3]
OWNER = "me@example.com"
PASSWORD = "correct horse battery"
Run = Callable[..., Result]


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "development.ini", tmp_path / "development.ini"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process. Log lines of other threads are left out: they come from other applications."""
    own = threading.get_ident()
    monkeypatch.setattr(logs.JsonHandler, "filter", lambda _, record: record.thread == own)

    def run(*args: object, input: str | bytes | None = None) -> Result:  # noqa: A002  click's own name
        return CliRunner().invoke(main, [str(arg) for arg in args], input=input)

    return run


@pytest.fixture
def owned(run: Run, ini: Path) -> Path:
    """An INI file whose database has the account OWNER."""
    assert run("create-user", ini, OWNER, "--password-stdin", input=PASSWORD).exit_code == 0
    return ini


def shell(name: str, *args: object, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a console script as a shell would."""
    command = [str(Path(sys.executable).parent / name), *map(str, args)]
    return subprocess.run(
        command, input=stdin, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False
    )


class Opened:
    """The content of a database, read through the application."""

    def __init__(self, request: Any) -> None:
        self.request = request

    def user(self, email: str = OWNER) -> Any:
        return accounts.find(self.request.db, email)

    def tasks(self, email: str = OWNER) -> list[Task]:
        return list(self.request.tasks.stream(self.user(email).id, TaskQuery(sort="created_at")))

    def summary(self, email: str = OWNER) -> Summary:
        found: Summary = self.request.tasks.summary(self.user(email).id, utcnow())
        return found


@pytest.fixture
def opened(ini: Path) -> Iterator[Callable[[], Opened]]:
    """A function that opens the application with the INI file as it is at the time of the call."""
    with ExitStack() as stack:

        def open_it() -> Opened:
            app = stack.enter_context(application(ini))
            return Opened(stack.enter_context(request_for(app.registry)))

        yield open_it
