"""An installation with data of every kind, and helpers for its dump."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from intermediate import accounts, ledger
from intermediate.cli.ini import application
from intermediate.logins import sessions
from intermediate.models import User
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from tests.unit.cli.conftest import PASSWORD, Run

Lines = list[dict[str, Any]]


@pytest.fixture
def house(owned: Path, run: Run) -> Path:
    """An installation with two accounts and data of every kind."""
    assert run("create-user", owned, "other@example.com", "--admin", "--password-stdin", input=PASSWORD).exit_code == 0
    with application(owned) as app:
        with request_for(app.registry) as request:
            owner, other = request.db.scalars(select(User.id).order_by(User.id))
            accounts.set_time_zone(request.db, owner, "Europe/Brussels")
            ids = request.tasks.add(owner, [NewTask(f"Task {n} ä", "b", tags=("x", f"n{n}")) for n in range(600)])
            request.tasks.change(owner, ids[0], {"status": "completed"})
            request.tasks.remove(owner, ids[1])
            request.tasks.add(other, [NewTask("theirs")])
            sessions.start_tokens(request, owner)
            job = ledger.add(request.db, "task-report", owner, {"owner_id": owner}, "r")
        app.registry.worker.run(job)
    return owned


def lines_of(dump: Path) -> Lines:
    return [json.loads(line) for line in dump.read_text().splitlines()]


def written(lines: Lines, path: Path) -> Path:
    """Write a dump with these lines and a correct trailer."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines[:-1])
    kinds = ("user", "session", "report", "task")
    counts = {f"{kind}s": sum(kind in line for line in lines) for kind in kinds}
    trailer = {"trailer": counts | {"sha256": hashlib.sha256(text.encode()).hexdigest()}}
    path.write_text(text + json.dumps(trailer) + "\n")
    return path


def dumped(run: Run, ini: Path, path: Path) -> Path:
    done = run("dump", ini, "--output", path)
    assert done.exit_code == 0, done.output
    return path
