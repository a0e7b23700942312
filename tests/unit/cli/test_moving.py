"""`intermediate dump` and `load`: everything moves, or nothing."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from intermediate import accounts, ledger, moving, sessions
from intermediate.cli.ini import application
from intermediate.models import Job, LoginSession, TaskReport, User
from intermediate.models.base import utcnow
from intermediate.moving.files import Writer
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from tests.serving import BIN, ROOT
from tests.unit.cli.conftest import PASSWORD, Run, shell

pytestmark = pytest.mark.slow

Lines = list[dict[str, Any]]


@pytest.fixture
def house(owned: Path, run: Run) -> Path:
    """An installation with two accounts and all that they can have."""
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
    """A dump with these lines, and a trailer that is right."""
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


def another(tmp_path: Path, run: Run, url: str) -> Path:
    """An installation with nothing in it."""
    folder = tmp_path / "another"
    folder.mkdir(exist_ok=True)
    ini = folder / "development.ini"
    text = (tmp_path / "development.ini").read_text()
    ini.write_text(re.sub(r"^database\.url = .*$", f"database.url = {url}", text, flags=re.MULTILINE))
    assert run("migrate", ini).exit_code == 0
    return ini


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path, owned: Path, run: Run) -> Path:
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path}/another/to.sqlite"
    return another(tmp_path, run, url)


def but_for_its_moment(dump: Path) -> bytes:
    """The bytes of a dump, without when it was made and the digest, which differs with that."""
    text, times = re.subn(rb'"(created_at|sha256)":"[^"]*"', b"", dump.read_bytes(), count=1)
    digest = text.rindex(b'"sha256"')
    assert times == 1
    assert text.startswith(b'{"header"')
    return text[:digest]


def test_everything_moves(house: Path, target: Path, run: Run, tmp_path: Path) -> None:
    first = dumped(run, house, tmp_path / "first")
    assert first.stat().st_mode & 0o777 == 0o600
    loaded = run("load", target, first)
    assert loaded.exit_code == 0, loaded.output
    assert loaded.output == "2 users, 1 session, 1 report, 601 tasks loaded.\n"
    second = dumped(run, target, tmp_path / "second")
    assert but_for_its_moment(second) == but_for_its_moment(first)


def test_a_dump_from_before_a_column_was_there_can_be_loaded(
    small: bytes, empty: Path, run: Run, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in small.splitlines()]
    for line in lines:
        [(kind, values)] = line.items()
        line[kind] = {name: value for name, value in values.items() if value is not None}
    loaded = run("load", empty, written(lines, tmp_path / "old"))
    assert loaded.exit_code == 0, loaded.output


def test_the_order_of_a_dump_is_no_matter_of_a_locale(house: Path, target: Path, run: Run, tmp_path: Path) -> None:
    """Left alone, Postgres puts `a` before `B`."""
    with application(house) as app, request_for(app.registry) as request:
        [session] = request.db.scalars(select(LoginSession))
        values = {column.name: getattr(session, column.name) for column in LoginSession.__table__.columns}
        for name in ("a", "B", "-b", "_A", "Ä"):
            request.db.execute(insert(LoginSession).values(values | {"id": name}))
    first = dumped(run, house, tmp_path / "first")
    assert run("load", target, first).exit_code == 0
    assert but_for_its_moment(dumped(run, target, tmp_path / "second")) == but_for_its_moment(first)


def test_a_sink_hears_in_the_new_house_who_is_gone(house: Path, target: Path, run: Run, tmp_path: Path) -> None:
    with application(house) as app, request_for(app.registry) as request:
        [report] = request.db.scalars(select(TaskReport))
        gone, document = report.owner_id, report.document
        accounts.remove(request.db, request.tasks, gone, "r")
    first = dumped(run, house, tmp_path / "first")
    assert run("load", target, first).exit_code == 0
    assert but_for_its_moment(dumped(run, target, tmp_path / "second")) == but_for_its_moment(first)
    with application(target) as app:
        app.registry.analytics.put(document)
        app.registry.worker.reconcile()
        assert app.registry.analytics.get(gone) is None


def test_no_number_is_given_again(house: Path, target: Path, run: Run, tmp_path: Path) -> None:
    """Not that of a task that was purged, of an account that was deleted, of a job that no row tells of any more."""
    with application(house) as app, request_for(app.registry) as request:
        owner, other = request.db.scalars(select(User.id).order_by(User.id))
        [task] = request.tasks.add(owner, [NewTask("the last")])
        request.tasks.remove(owner, task)
        assert request.tasks.purge(owner=owner, trashed_before=utcnow()) == 2
        job = ledger.add(request.db, "task-report", owner, {"owner_id": owner}, "r")
        request.db.execute(delete(Job))
        request.db.execute(delete(User).where(User.id == other))
    assert run("load", target, dumped(run, house, tmp_path / "dump")).exit_code == 0
    with application(target) as app, request_for(app.registry) as request:
        assert request.tasks.add(owner, [NewTask("new")])[0] > task
        assert ledger.add(request.db, "task-report", owner, {"owner_id": owner}, "r") > job
        assert accounts.create(request.db, "new@example.com", None).id > other


def test_life_goes_on_where_it_was(house: Path, target: Path, run: Run, tmp_path: Path) -> None:
    """Ids are not given again, the next report is newer than the one that moved, and the sink fills itself."""
    assert run("load", target, dumped(run, house, tmp_path / "dump")).exit_code == 0
    with application(target) as app:
        with request_for(app.registry) as request:
            report = request.db.scalars(select(TaskReport)).one()
            ids = [line["task"]["id"] for line in lines_of(tmp_path / "dump") if "task" in line]
            assert request.tasks.add(report.owner_id, [NewTask("new")])[0] > max(ids)
            owner, seq = report.owner_id, report.seq
            job = ledger.add(request.db, "task-report", owner, {"owner_id": owner}, "r")
        assert job > seq
        app.registry.worker.reconcile()
        assert app.registry.analytics.get(owner)["seq"] == seq
        app.registry.worker.run(job)
        with request_for(app.registry) as request:
            assert request.db.scalars(select(TaskReport.seq)).one() == job
    assert run("create-user", target, "new@example.com", "--password-stdin", input=PASSWORD).exit_code == 0


def test_the_house_that_was_left_may_share_its_cache(house: Path, target: Path, run: Run, tmp_path: Path) -> None:
    assert run("load", target, dumped(run, house, tmp_path / "dump")).exit_code == 0
    with application(house) as app, request_for(app.registry) as request:
        old = set(request.db.scalars(select(User.tasks_version)))
    with application(target) as app, request_for(app.registry) as request:
        new = set(request.db.scalars(select(User.tasks_version)))
    assert min(abs(a - b) for a in old for b in new) > 100


def test_a_dump_goes_through_a_pipe(house: Path, target: Path) -> None:
    command = f"{BIN}/intermediate dump {house} | {BIN}/intermediate load {target} -"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 users, 1 session, 1 report, 601 tasks loaded.\n"


def test_jobs_that_wait_are_told(house: Path, run: Run, tmp_path: Path) -> None:
    with application(house) as app, request_for(app.registry) as request:
        [owner, *_] = request.db.scalars(select(User.id).order_by(User.id))
        ledger.add(request.db, "task-report", owner, {"owner_id": owner}, "r")
    told = run("dump", house, "--output", tmp_path / "dump").output
    assert "1 job has not ended, and was left behind." in told
    with application(house) as app, request_for(app.registry) as request:
        ledger.add(request.db, "task-report", owner, {"owner_id": owner, "part": 2}, "r")
    told = run("dump", house, "--output", tmp_path / "dump").output
    assert "2 jobs have not ended, and were left behind." in told


def test_a_dump_is_of_one_moment(house: Path) -> None:
    """What is written while it is made is not in it."""
    lines: list[bytes] = []

    def write(line: bytes) -> None:
        if b'"session"' in line:  # the accounts are read, the tasks are not
            with application(house) as other, request_for(other.registry) as request:
                [owner, *_] = request.db.scalars(select(User.id).order_by(User.id))
                request.tasks.add(owner, [NewTask("too late")])
        lines.append(line)

    with application(house) as app, request_for(app.registry) as request:
        counts = moving.dump(request, write)
    assert counts["task"] == 601
    assert not any(b"too late" in line for line in lines)


def test_memory_does_not_grow_with_the_tasks(owned: Path, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        with application(owned) as app:
            with request_for(app.registry) as request:
                [owner, *_] = request.db.scalars(select(User.id).order_by(User.id))
                request.tasks.add(owner, [NewTask(f"{n}", "x" * 4000) for n in range(count)])
            with request_for(app.registry) as request, (tmp_path / "dump").open("wb") as file:
                tracemalloc.start()
                moving.dump(request, file.write)
                found = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        return found

    peak(500)
    few, many = peak(500), peak(2000)
    assert many < few + 2 * 1024 * 1024  # the tasks that were added are 8 MB


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
YEAR = "The year should be between 2 and 9998"
EARLIEST, LATEST = "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (edited("header", version=2), "line 1: version: Input should be 1"),
        (edited("header", format="other"), "line 1: format: Input should be 'intermediate'"),
        (edited("task", title="a\0b"), "text holds a NUL"),
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
        (edited("task", tags=["x", "x"]), "line 5: tags: tags are sorted, and each is there once"),
        (edited("task", tags=["y", "x"]), "line 5: tags: tags are sorted, and each is there once"),
        (edited("task", tags=[""]), "line 5: tags: String should have at least 1 character"),
        (edited("task", tags=["x\ny"]), "line 5: tags: String should match pattern"),
        (edited("header", last_task=3), "line 8: id: 4 is above last_task, which the header gives"),
        (edited("header", last_user=0), "line 2: id: 1 is above last_user, which the header gives"),
        (edited("header", last_job=0), "line 4: seq: 1 is above last_job, which the header gives"),
        (edited("report", owner_id=5, seq=0, document={}), "line 4: owner_id: 5 is above last_user, which the header"),
        (edited("report", seq=0, document={}), "line 4: this report is of the account 1, which is said to be gone"),
        (edited("report", seq=0), "line 4: document: the report of an account that is gone has none"),
        (edited("header", last_job=999_999_999), "line 1: last_job: Input should be less than 999999999"),
        (edited("header", last_job=2**31 - 1), "line 1: last_job: Input should be less than 999999999"),
        (edited("header", last_user=-1), "line 1: last_user: Input should be greater"),
        (lambda lines: lines[0]["header"].pop("last_task"), "line 1: last_task: Field required"),
        (in_document(request_id="a\0b"), "line 4: document: request_id: Control characters"),
        (in_document(generated_at="2026-11-24\x0000:00:00Z"), "line 4: document: generated_at: Control characters"),
        (in_document(generated_at=EARLIEST), "line 4: document: generated_at: Value error, a year is between"),
        (in_document(owner_id=2), "line 4: document: owner_id is not that of its row"),
        (in_document(seq=2), "line 4: document: seq is not that of its row"),
        (in_document(request_id="other"), "line 4: document: request_id is not that of its row"),
        (in_document(total_tasks="9"), "line 4: document: total_tasks: Input should be a valid integer"),
        (in_document(completion_rate=float("nan")), "line 4: this is no JSON: NaN is not allowed"),
        (in_document(median_completion_seconds=float("inf")), "line 4: this is no JSON: Infinity is not allowed"),
        (in_document(more={}), "line 4: document: more: Extra inputs are not permitted"),
        (edited("report", owner_id=2), "line 4: document: owner_id is not that of its row"),
        (edited("user", email=""), "line 2: email: This address is not complete."),
        (edited("user", email="Me@example.com"), "line 2: email: the address of an account is in lower case"),
        (edited("user", id=0), "line 2: id: Input should be greater"),
        (edited("task", more=1), "more: Extra inputs are not permitted"),
        (
            lambda lines: lines[12]["task"].update(owner_id=77),
            "line 13: this task is of the account 77, which is not in the file",
        ),
        (another_owners_report, "line 4: this report is of the account 77, which is not in the file"),
        (edited("user", role="king"), "line 2: this cannot be stored"),
        (edited("session", user_id=77), "line 3: this cannot be stored"),
        (edited("session", name="n"), "line 3: this cannot be stored"),
        (edited("user", email=None), "email: Input should be a valid string"),
        (twice("task"), "line 6: task 1/1 is there twice"),
        (twice("user"), "line 3: user 1 is there twice"),
        (lambda lines: lines.insert(4, lines.pop(5)), "line 6: task 1/1 is there twice, or does not follow in order"),
        (lambda lines: lines.insert(3, {"cat": {}}), "line 4: a line of a dump holds none of"),
        (lambda lines: lines.insert(3, {"user": {}, "task": {}}), "line 4: a line of a dump is an object with one key"),
        (lambda lines: lines.pop(0), "line 1: this is no dump"),
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
        (lambda text: text.replace(b"Task 7 ", b"Task 8 ", 1), "the file is not as it was written"),
        (lambda text: text + b"{}\n", "something follows the end"),
        (lambda text: b"x" * 5_000_000 + text, "line 1: the line is too long"),
        (lambda text: text.replace(b"Task 7", b"Task \xff", 1), "this is no JSON"),
        (lambda text: text.replace(b"Task 7", b"Task \\ud800", 1), "Nothing was loaded"),
        (lambda text: b"[" * 100_000 + b"\n" + text, "line 1: this is no JSON"),
        (lambda _text: b"", "line 1: the file ends too early"),
        (lambda _text: b"title,status\n", "line 1: this is no JSON"),
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


def test_a_place_with_accounts_is_refused(house: Path, run: Run, tmp_path: Path) -> None:
    refused = run("load", house, dumped(run, house, tmp_path / "dump"))
    assert refused.exit_code == 1
    assert "There are accounts already" in refused.output


def test_what_cannot_be_moved_is_told(house: Path, run: Run, tmp_path: Path) -> None:
    kept = shell("intermediate", "dump", house, INTERMEDIATE_TASKS_BACKEND="memory", INTERMEDIATE_JOBS_BACKEND="inline")
    assert (kept.returncode, kept.stdout) == (1, "")
    assert "'memory' keeps tasks in its own process" in kept.stderr
    url = f"sqlite:///{tmp_path}/empty.sqlite"
    old = shell("intermediate", "dump", house, INTERMEDIATE_DATABASE_URL=url)
    assert (old.returncode, old.stdout) == (1, "")
    assert "Run `intermediate migrate` first." in old.stderr
    assert not (tmp_path / "empty.sqlite").exists()
    for wrong in (tmp_path / "no" / "such", tmp_path):
        refused = run("dump", house, "--output", wrong)
        assert (refused.exit_code, len(refused.output.splitlines())) == (1, 1)
    full = subprocess.run(
        ["bash", "-c", f"{BIN}/intermediate dump {house} > /dev/full"], capture_output=True, text=True, check=False
    )
    assert (full.returncode, full.stderr) == (1, "Error: stdout cannot be written: No space left on device\n")
    assert run("load", house, tmp_path / "none").exit_code == 1


def test_a_dump_that_fails_leaves_no_file(
    house: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Writer, "put", interrupted)
        assert run("dump", house, "--output", folder / "dump").exit_code == 1
    assert list(folder.iterdir()) == []
    dumped(run, house, folder / "dump")
    assert [path.name for path in folder.iterdir()] == ["dump"]


def test_a_file_is_on_the_disk_before_it_has_its_name(
    house: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, int]] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(number: int) -> None:
        fsync(number)
        steps.append(("on the disk", os.fstat(number).st_size))

    def noted_replace(path: Path, name: Path) -> Path:
        steps.append(("has its name", path.stat().st_size))
        return replace(path, name)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    size = dumped(run, house, tmp_path / "dump").stat().st_size
    assert steps == [("on the disk", size), ("has its name", size)]
