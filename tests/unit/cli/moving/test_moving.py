"""`intermediate dump` and `load` move everything, and the application continues to work."""

import re
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from intermediate import accounts, ledger
from intermediate.cli.ini import application
from intermediate.models import Job, LoginSession, TaskReport, User
from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from tests.serving import BIN
from tests.unit.cli.conftest import PASSWORD, Run
from tests.unit.cli.moving.conftest import dumped, lines_of

pytestmark = pytest.mark.slow


def another(tmp_path: Path, run: Run, url: str) -> Path:
    """An empty installation."""
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
    """Return the bytes of a dump without its time and without the digest, which depends on it."""
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
    assert loaded.output == "Loaded 2 users, 1 session, 1 report, 601 tasks.\n"
    second = dumped(run, target, tmp_path / "second")
    assert but_for_its_moment(second) == but_for_its_moment(first)


def test_the_order_of_a_dump_is_no_matter_of_a_locale(house: Path, target: Path, run: Run, tmp_path: Path) -> None:
    """By default Postgres may sort `a` before `B`."""
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
    """Neither the id of a purged task, nor of a deleted account, nor of a job that no row refers to any more."""
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
    """Ids are not reused, the next report is newer than the moved one, and the sink is filled by itself."""
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
    assert done.stdout == "Loaded 2 users, 1 session, 1 report, 601 tasks.\n"
