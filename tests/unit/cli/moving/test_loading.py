"""`intermediate load` loads everything or nothing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from intermediate import accounts, ledger, moving
from intermediate.cli.ini import application
from intermediate.logins import sessions
from intermediate.models import LoginSession, TaskReport, User
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from tests.serving import ROOT
from tests.unit.cli.conftest import Run
from tests.unit.cli.moving.conftest import Lines, dumped, written

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A dump of one account with a session, a report and a few tasks."""
    folder = tmp_path_factory.mktemp("small")
    ini = Path(shutil.copy(ROOT / "development.ini", folder / "development.ini"))
    with application(ini) as app:
        with request_for(app.registry) as request:
            owner = accounts.create(request.db, "me@example.com", None).id
            request.tasks.add(owner, [NewTask(f"Task {n} ä") for n in range(9)])
            sessions.start_tokens(request, owner)
            job = ledger.add(request.db, "task-report", owner, {"owner_id": owner}, "r")
        app.registry.worker.run(job)
        with request_for(app.registry) as request, (folder / "dump").open("wb") as file:
            moving.dump(request, file.write)
    return (folder / "dump").read_bytes()


@pytest.fixture
def empty(ini: Path, run: Run) -> Path:
    assert run("migrate", ini).exit_code == 0
    return ini


def nothing_in(ini: Path) -> None:
    with application(ini) as app, request_for(app.registry) as request:
        assert [list(request.db.scalars(select(model))) for model in (User, LoginSession, TaskReport)] == [[], [], []]


def test_a_dump_from_before_a_column_was_there_can_be_loaded(
    small: bytes, empty: Path, run: Run, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in small.splitlines()]
    for line in lines:
        [(kind, values)] = line.items()
        line[kind] = {name: value for name, value in values.items() if value is not None}
    loaded = run("load", empty, written(lines, tmp_path / "old"))
    assert loaded.exit_code == 0, loaded.output


def test_a_tag_that_an_older_dump_has_in_two_spellings_is_one(
    small: bytes, empty: Path, run: Run, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in small.splitlines()]
    edited("task", tags=["cafe\u0301", "caf\u00e9"])(lines)
    assert run("load", empty, written(lines, tmp_path / "old")).exit_code == 0
    with application(empty) as app, request_for(app.registry) as request:
        assert request.tasks.get(1, 1).tags == ("caf\u00e9",)


def edited(kind: str, **values: Any) -> Callable[[Lines], None]:
    def edit(lines: Lines) -> None:
        [found, *_] = [line[kind] for line in lines if kind in line]
        found.update(values)

    return edit


def twice(kind: str) -> Callable[[Lines], None]:
    def edit(lines: Lines) -> None:
        [index, *_] = [index for index, line in enumerate(lines) if kind in line]
        lines.insert(index, lines[index])

    return edit


def in_document(**values: Any) -> Callable[[Lines], None]:
    def edit(lines: Lines) -> None:
        [document] = [line["report"]["document"] for line in lines if "report" in line]
        document.update(values)

    return edit


def another_owners_report(lines: Lines) -> None:
    edited("header", last_user=77)(lines)
    edited("report", owner_id=77)(lines)
    in_document(owner_id=77)(lines)


TIME = "Input should be a time with its zone"
YEAR = "The year must be between 2 and 9998"
EARLIEST, LATEST = "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (edited("header", version=2), "line 1: version: Input should be 1; if a newer release wrote it, load"),
        (edited("task", colour="red"), "line 5: colour: Extra inputs are not permitted; if a newer release wrote"),
        (edited("header", format="other"), "line 1: format: Input should be 'intermediate'"),
        (edited("task", title="a\0b"), "text must not contain NUL"),
        (edited("task", title="x" * 201), "at most 200 characters"),
        (edited("task", status="done"), "status: Input should be"),
        (edited("task", id=0), "id: Input should be greater"),
        (edited("task", id=2**40), "id: Input should be less"),
        (edited("task", created_at="yesterday"), f"line 5: created_at: {TIME}"),
        (edited("task", created_at="2026-11-24T00:00:00"), f"line 5: created_at: {TIME}"),
        (edited("task", created_at=1), "line 5: created_at: Input should be a valid datetime"),
        (edited("task", due_at=EARLIEST), f"line 5: due_at: {YEAR}"),
        (edited("task", trashed_at=LATEST), f"line 5: trashed_at: {YEAR}"),
        (edited("user", created_at=LATEST), f"line 2: created_at: {YEAR}"),
        (edited("session", expires_at=LATEST), f"line 3: expires_at: {YEAR}"),
        (edited("report", generated_at=EARLIEST), f"line 4: generated_at: {YEAR}"),
        (edited("header", created_at=LATEST), f"line 1: created_at: {YEAR}"),
        (edited("task", version=2**31 - 1), "line 5: version: Input should be less"),
        (edited("task", tags=["x", "x"]), "line 5: tags: tags must be sorted and unique"),
        (edited("task", tags=["y", "x"]), "line 5: tags: tags must be sorted and unique"),
        (edited("task", tags=[""]), "line 5: tags: String should have at least 1 character"),
        (edited("task", tags=["x\ny"]), "line 5: tags: String should match pattern"),
        (edited("header", last_task=3), "line 8: id: 4 is above last_task, which the header gives"),
        (edited("header", last_user=0), "line 2: id: 1 is above last_user, which the header gives"),
        (edited("header", last_job=0), "line 4: seq: 1 is above last_job, which the header gives"),
        (edited("report", owner_id=5, seq=0, document={}), "line 4: owner_id: 5 is above last_user, which the header"),
        (edited("report", seq=0, document={}), "line 4: this report belongs to the account 1, which is marked as gone"),
        (edited("report", seq=0), "line 4: document: must be empty for an account that is gone"),
        (edited("header", last_job=999_999_999), "line 1: last_job: Input should be less than 999999999"),
        (edited("header", last_job=2**31 - 1), "line 1: last_job: Input should be less than 999999999"),
        (edited("header", last_user=-1), "line 1: last_user: Input should be greater"),
        (lambda lines: lines[0]["header"].pop("last_task"), "line 1: last_task: Field required"),
        (in_document(request_id="a\0b"), "line 4: document: request_id: Control characters"),
        (in_document(generated_at="2026-11-24\x0000:00:00Z"), "line 4: document: generated_at: Control characters"),
        (in_document(generated_at=EARLIEST), "line 4: document: generated_at: Value error, the year must be between"),
        (in_document(owner_id=2), "line 4: document: owner_id differs from its row"),
        (in_document(seq=2), "line 4: document: seq differs from its row"),
        (in_document(request_id="other"), "line 4: document: request_id differs from its row"),
        (in_document(total_tasks="9"), "line 4: document: total_tasks: Input should be a valid integer"),
        (in_document(completion_rate=float("nan")), "line 4: invalid JSON: NaN is not allowed"),
        (in_document(median_completion_seconds=float("inf")), "line 4: invalid JSON: Infinity is not allowed"),
        (in_document(more={}), "line 4: document: more: Extra inputs are not permitted"),
        (edited("report", owner_id=2), "line 4: document: owner_id differs from its row"),
        (edited("user", email=""), "line 2: email: This address is incomplete."),
        (edited("user", email="Me@example.com"), "line 2: email: the address of an account must be lowercase"),
        (edited("user", id=0), "line 2: id: Input should be greater"),
        (edited("task", more=1), "more: Extra inputs are not permitted"),
        (
            lambda lines: lines[12]["task"].update(owner_id=77),
            "line 13: this task belongs to the account 77, which is not in the file",
        ),
        (another_owners_report, "line 4: this report belongs to the account 77, which is not in the file"),
        (edited("user", role="king"), "line 2: this cannot be stored"),
        (edited("session", user_id=77), "line 3: this cannot be stored"),
        (edited("session", name="n"), "line 3: this cannot be stored"),
        (edited("user", email=None), "email: Input should be a valid string"),
        (twice("task"), "line 6: task 1/1 appears twice"),
        (twice("user"), "line 3: user 1 appears twice"),
        (lambda lines: lines.insert(4, lines.pop(5)), "line 6: task 1/1 appears twice or is out of order"),
        (lambda lines: lines.insert(3, {"cat": {}}), "line 4: expected one of"),
        (lambda lines: lines.insert(3, {"user": {}, "task": {}}), "line 4: expected an object with one key"),
        (lambda lines: lines.pop(0), "line 1: this is not a file written by"),
    ],
)
def test_a_line_that_is_wrong_keeps_everything_out(
    small: bytes, empty: Path, run: Run, tmp_path: Path, edit: Callable[[Lines], None], said: str
) -> None:
    lines = [json.loads(line) for line in small.splitlines()]
    edit(lines)
    refused = run("load", empty, written(lines, tmp_path / "bad"))
    assert refused.exit_code == 1
    assert said in refused.output
    assert refused.output.endswith("Nothing was loaded.\n")
    assert len(refused.output.splitlines()) == 1
    nothing_in(empty)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[: len(text) // 2], "the file ends too early"),
        (lambda text: text[: text.rindex(b'{"trailer"')], "the file ends too early"),
        (lambda text: text.replace(b"Task 7 ", b"Task 8 ", 1), "the file has been changed or damaged"),
        (lambda text: text + b"{}\n", "there is more after the end"),
        (lambda text: b"x" * 5_000_000 + text, "line 1: the line is too long"),
        (lambda text: text.replace(b"Task 7", b"Task \xff", 1), "invalid JSON"),
        (lambda text: text.replace(b"Task 7", b"Task \\ud800", 1), "Nothing was loaded"),
        (lambda text: b"[" * 100_000 + b"\n" + text, "line 1: invalid JSON"),
        (lambda _text: b"", "line 1: the file ends too early"),
        (lambda _text: b"title,status\n", "line 1: invalid JSON"),
    ],
)
def test_a_file_that_was_spoilt_is_refused(
    small: bytes, empty: Path, run: Run, tmp_path: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(spoil(small))
    refused = run("load", empty, bad)
    assert refused.exit_code == 1
    assert said in refused.output
    assert len(refused.output.splitlines()) == 1
    nothing_in(empty)


def test_a_place_with_accounts_is_refused(house: Path, run: Run, tmp_path: Path) -> None:
    refused = run("load", house, dumped(run, house, tmp_path / "dump"))
    assert refused.exit_code == 1
    assert "The database already has accounts" in refused.output
