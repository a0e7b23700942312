"""`create-user`, `set-password` and `seed`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from intermediate.logins import sessions
from intermediate.models import LoginSession, User
from tests.rows import row
from tests.unit.cli.conftest import OWNER, PASSWORD, Opened, Run

pytestmark = pytest.mark.slow

Open = Callable[[], Opened]


def can_log_in(opened: Opened, email: str, password: str) -> bool:
    return opened.request.auth.check_password(opened.request.db, email, password) is not None


def test_an_account_made_by_command_can_log_in(run: Run, ini: Path, opened: Open) -> None:
    result = run("create-user", ini, " Me@Example.COM", "--password-stdin", input=PASSWORD + "\n")
    assert (result.exit_code, result.stdout) == (0, f"Created account {OWNER}.\n")
    there = opened()
    assert can_log_in(there, OWNER, PASSWORD)
    assert there.user().role == "user"


def test_admin_makes_an_administrator(run: Run, ini: Path, opened: Open) -> None:
    assert run("create-user", ini, OWNER, "--admin", "--password-stdin", input=PASSWORD).exit_code == 0
    assert opened().user().role == "admin"


def test_a_password_is_asked_for_twice_and_never_shown(run: Run, ini: Path, opened: Open) -> None:
    result = run("create-user", ini, OWNER, input=f"{PASSWORD}\nanother\n{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert can_log_in(opened(), OWNER, PASSWORD)


def test_a_taken_address_is_refused_before_a_password_is_asked_for(run: Run, owned: Path) -> None:
    result = run("create-user", owned, OWNER.upper(), "--admin")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {OWNER} already has an account.\n"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("no address", PASSWORD),
        (OWNER, "short"),
        (OWNER, "x" * 1025),
        pytest.param(OWNER, "PassWord1", id="A19-common"),
        pytest.param(OWNER, OWNER, id="A19-address"),
        pytest.param(OWNER, "intermediate 1", id="A19-site"),
    ],
)
def test_the_rules_are_those_of_registration(run: Run, ini: Path, opened: Open, email: str, password: str) -> None:
    result = run("create-user", ini, email, "--password-stdin", input=password)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert opened().user() is None


def test_another_password_ends_all_logins(run: Run, owned: Path, opened: Open) -> None:
    there = opened()
    sessions.start_tokens(there.request, there.user().id)
    there.request.tm.commit()
    there.request.tm.begin()
    assert run("set-password", owned, OWNER, "--password-stdin", input="a new password").exit_code == 0
    assert can_log_in(there, OWNER, "a new password")
    assert not can_log_in(there, OWNER, PASSWORD)
    assert there.request.db.scalar(select(func.count()).select_from(LoginSession)) == 0


@row("A19-set-password")
def test_another_password_keeps_the_rules(run: Run, owned: Path, opened: Open) -> None:
    result = run("set-password", owned, OWNER, "--password-stdin", input="password1")
    assert result.exit_code == 1
    assert result.stderr == "Error: password: This password is too common. Try a few unrelated words.\n"
    assert can_log_in(opened(), OWNER, PASSWORD)


def test_nobody_has_no_password_to_set(run: Run, ini: Path) -> None:
    result = run("set-password", ini, "nobody@example.com", "--password-stdin", input=PASSWORD)
    assert result.exit_code == 1
    assert "nobody@example.com has no account" in result.stderr


def test_an_account_that_is_deleted_while_the_password_is_typed_is_told(
    run: Run, owned: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = opened()

    def ask_password(email: str, _from_stdin: bool) -> str:
        there.request.db.execute(delete(User).where(User.email == email))
        there.request.tm.commit()
        there.request.tm.begin()
        return PASSWORD

    monkeypatch.setattr("intermediate.cli.accounts.ask_password", ask_password)
    result = run("set-password", owned, OWNER)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{OWNER} has no account" in result.stderr


def test_seed_makes_the_demo_account_once(run: Run, ini: Path, opened: Open) -> None:
    first, second = run("seed", ini), run("seed", ini)
    assert (first.exit_code, second.exit_code) == (0, 0)
    password = first.stdout.split()[-1]
    assert second.stdout == "demo@example.com already exists; nothing was changed.\n"
    there = opened()
    assert can_log_in(there, "demo@example.com", password)
    tasks = there.tasks("demo@example.com")
    assert 40 <= len(tasks) <= 50
    stats: Any = there.summary("demo@example.com").stats
    assert all((stats.pending, stats.in_progress, stats.completed, stats.overdue))
    assert {task.priority for task in tasks} == {"low", "normal", "high"}
    assert all(
        task.completed_at and task.completed_at > task.created_at for task in tasks if task.status == "completed"
    )
    due = [task.due_at for task in tasks if task.due_at]
    assert {when.minute % 30 for when in due} == {when.second for when in due} == {0}
