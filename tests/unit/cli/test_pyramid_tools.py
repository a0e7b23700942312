"""Pyramid's own commands with our INI file. They run no jobs, which only start with the first request."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import shell

pytestmark = pytest.mark.slow

MAKE = """
from intermediate.plugins.tasks.interface import NewTask
from intermediate.accounts import create
user = create(session, 'shell@example.com', None)
print('made', request.tasks.add(user.id, [NewTask('From the shell')]))
{}
import threading
print('threads', [thread.name for thread in threading.enumerate()])
"""
LOOK = """
from intermediate.accounts import find
print('found', find(session, 'shell@example.com') is not None)
"""


def test_pshell_has_request_tasks_and_session_in_a_transaction(ini: Path) -> None:
    rolled_back = shell("pshell", ini, stdin=MAKE.format(""))
    assert "made [1]" in rolled_back.stdout, rolled_back.stderr
    assert "threads ['MainThread']" in rolled_back.stdout
    assert "found False" in shell("pshell", ini, stdin=LOOK).stdout
    committed = shell("pshell", ini, stdin=MAKE.format("tm.commit()"))
    assert "made [1]" in committed.stdout
    assert committed.returncode == 0, committed.stderr
    assert "found True" in shell("pshell", ini, stdin=LOOK).stdout
    assert "  tasks " in committed.stderr + committed.stdout


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        ("proutes", [], "intermediate:static/"),
        ("pviews", ["/notes"], "intermediate.views.notes.NotesViews"),
        ("pviews", ["/api/tasks"], "intermediate.views.tasks.TasksApi.list"),
        ("ptweens", [], "intermediate.tweens.request_id_tween"),
    ],
)
def test_pyramids_tools_know_the_application(ini: Path, name: str, args: list[str], said: str) -> None:
    result = shell(name, ini, *args)
    assert result.returncode == 0, result.stderr
    assert said in result.stdout
    assert "Traceback" not in result.stderr
