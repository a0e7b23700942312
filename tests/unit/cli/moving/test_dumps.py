"""The output of `intermediate dump`, and when it writes nothing."""

import os
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from intermediate import ledger, moving
from intermediate.cli.ini import application
from intermediate.models import User
from intermediate.moving.files import Writer
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from tests.serving import BIN
from tests.unit.cli.conftest import Run, shell
from tests.unit.cli.moving.conftest import dumped

pytestmark = pytest.mark.slow


def test_jobs_that_wait_are_told(house: Path, run: Run, tmp_path: Path) -> None:
    with application(house) as app, request_for(app.registry) as request:
        [owner, *_] = request.db.scalars(select(User.id).order_by(User.id))
        ledger.add(request.db, "task-report", owner, {"owner_id": owner}, "r")
    told = run("dump", house, "--output", tmp_path / "dump").output
    assert "1 job has not ended and was not included." in told
    with application(house) as app, request_for(app.registry) as request:
        ledger.add(request.db, "task-report", owner, {"owner_id": owner, "part": 2}, "r")
    told = run("dump", house, "--output", tmp_path / "dump").output
    assert "2 jobs have not ended and were not included." in told


def test_a_dump_is_of_one_moment(house: Path) -> None:
    """It does not contain what is written while it is created."""
    lines: list[bytes] = []

    def write(line: bytes) -> None:
        if b'"session"' in line:  # at this point accounts were read, but not the tasks
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
    assert many < few + 2 * 1024 * 1024  # the additional tasks are 8 MB


def test_what_cannot_be_moved_is_told(house: Path, run: Run, tmp_path: Path) -> None:
    kept = shell("intermediate", "dump", house, INTERMEDIATE_TASKS_BACKEND="memory", INTERMEDIATE_JOBS_BACKEND="inline")
    assert (kept.returncode, kept.stdout) == (1, "")
    assert "'memory' keeps tasks in the memory of the web server" in kept.stderr
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
    assert (full.returncode, full.stderr) == (1, "Error: Cannot write stdout: No space left on device\n")
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


def test_a_link_stays_one_and_what_it_leads_to_is_written(house: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link, target = tmp_path / "link", tmp_path / "elsewhere" / "dump"
    link.symlink_to(target)
    dumped(run, house, link)
    assert link.readlink() == target
    assert target.read_bytes().count(b"trailer") == 1


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
