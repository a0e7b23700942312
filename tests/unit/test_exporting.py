"""Exports: constant memory, a consistent snapshot, a released connection, and CSV that can be imported again."""

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intermediate import exporting
from intermediate.exporting import FORMATS, Export, pieces
from intermediate.formulas import guard, unguard
from intermediate.importing import Importer
from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import NewTask, Task, TaskQuery, TasksError
from intermediate.problems import Problem
from intermediate.scripting import request_for
from tests.functional.conftest import make_api
from tests.functional.test_export import FORMULAS
from tests.rows import row
from tests.unit.conftest import MakeApp, make_owner

OLDEST = TaskQuery(sort="created_at")


@pytest.fixture(params=["sql", "memory"])
def stocked(request: pytest.FixtureRequest, make_registry: MakeApp) -> Any:
    """An application with each of the tasks backends. Jobs are inline, which works with all of them."""
    return make_registry(tasks__backend=request.param, jobs__backend="inline")


def add(registry: Any, owner: int, *new: NewTask) -> None:
    with request_for(registry) as request:
        request.tasks.add(owner, new)


def tasks_of(registry: Any, owner: int) -> list[Task]:
    with request_for(registry) as request:
        return list(request.tasks.stream(owner, OLDEST))


def test_an_import_gives_back_what_was_exported(stocked: Any) -> None:
    one, two = make_owner(stocked, "one@example.com"), make_owner(stocked, "two@example.com")
    tags = tuple(f"{sign}tag" for sign in "=+-@'")
    add(stocked, one, *[NewTask(text, text, "completed", "high", None, tags) for text in FORMULAS])
    add(stocked, one, *[NewTask("x", f"{sign}text") for sign in "\t\n"], NewTask("y", status="in_progress"))
    add(stocked, one, NewTask("none"), NewTask("empty", ""), NewTask("a quote", "'"))
    file = io.BytesIO(b"".join(Export(stocked, one, OLDEST, FORMATS["csv"])))
    refused: list[str] = []
    with request_for(stocked) as request:
        Importer(request.tasks, two, lambda line, why: refused.append(f"{line}: {why}")).run(file)
    assert refused == []
    names = ("title", "description", "status", "priority", "due_at", "tags", "created_at", "completed_at")
    ours, theirs = ([[getattr(task, name) for name in names] for task in tasks_of(stocked, own)] for own in (one, two))
    assert theirs == ours


@pytest.mark.parametrize("text", [*FORMULAS, "", "'", "''", "\t=", "'\t", "\r"])
def test_a_guarded_text_comes_back(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)
    assert guard(text)[0] not in tuple("=+-@\t\r\n＝")


def test_an_export_is_of_one_moment(stocked: Any) -> None:
    owner = make_owner(stocked)
    add(stocked, owner, *[NewTask(f"{n}", tags=("old",)) for n in range(exporting.BATCH * 2)])
    export = Export(stocked, owner, TaskQuery(sort="title"), FORMATS["ndjson"])
    add(stocked, owner, NewTask("999999 new"))
    with request_for(stocked) as request:
        for task in list(request.tasks.stream(owner, OLDEST))[-3:]:
            request.tasks.change(owner, task.id, {"tags": ["new"]})
    file = b"".join(export)
    export.close()
    assert file.count(b"\n") == exporting.BATCH * 2
    assert b"new" not in file


@pytest.mark.parametrize("read", [0, 1, 2, 99])
def test_the_connection_comes_back_however_much_was_read(stocked: Any, read: int) -> None:
    owner = make_owner(stocked)
    add(stocked, owner, *[NewTask("x")] * (exporting.BATCH + 1))
    for _ in range(exporting.AT_ONCE + 1):
        export = Export(stocked, owner, OLDEST, FORMATS["json"])
        assert stocked.engine.pool.checkedout() == 1
        for _piece, _number in zip(export, range(read), strict=False):
            pass
        export.close()
        assert stocked.engine.pool.checkedout() == 0


@row("R8")
def test_so_many_exports_at_once_and_no_more(registry: Any) -> None:
    one, two, three = (make_owner(registry, f"{name}@example.com") for name in ("one", "two", "three"))
    running = []

    def begin(owner: int) -> None:
        running.append(Export(registry, owner, OLDEST, FORMATS["csv"]))

    for owner in (one, two):
        for _ in range(exporting.OF_ONE_USER):
            begin(owner)
        with pytest.raises(Problem, match="Too many"):  # although there are slots for other users
            begin(owner)
    assert len(running) == exporting.AT_ONCE
    with pytest.raises(Problem, match="Too many"):
        begin(three)
    running.pop(0).close()
    with pytest.raises(Problem, match="Too many"):
        begin(two)
    begin(three)
    for export in running:
        export.close()
    assert registry.exports.count() == 0


@row("R8")
def test_one_too_many_is_told_when_to_come_back_and_all_else_is_served(registry: Any) -> None:
    api = make_api(registry.app)
    running = [Export(registry, api.user_id, OLDEST, FORMATS["csv"]) for _ in range(exporting.OF_ONE_USER)]
    refusal = api.get("/api/tasks/export", status=503)
    assert (refusal.json["code"], refusal.headers["Retry-After"]) == ("exports_busy", "10")
    api.get("/api/tasks", status=200)
    make_api(registry.app).get("/api/tasks/export", status=200)
    for export in running:
        export.close()
    api.get("/api/tasks/export", status=200)


@pytest.mark.parametrize("form", FORMATS)
def test_what_breaks_off_does_not_end_like_a_whole_file(form: str) -> None:
    moment = utcnow()
    task = Task(1, 1, "x", "y", "pending", "normal", None, (), moment, moment, None, 1)

    def breaks_off() -> Iterator[Task]:
        yield from [task] * (exporting.BATCH * 2)
        raise TasksError("gone")

    whole = b"".join(pieces([task] * (exporting.BATCH * 2), FORMATS[form]))
    found = pieces(breaks_off(), FORMATS[form])
    cut = next(found) + next(found)
    with pytest.raises(TasksError):
        next(found)
    assert len(cut) > len(whole) * 0.9
    assert whole.startswith(cut)
    assert not cut.endswith((b"\n", b"]"))


def test_an_export_takes_constant_memory(registry: Any, tmp_path: Path) -> None:
    few, many = make_owner(registry, "few@example.com"), make_owner(registry, "many@example.com")
    add(registry, few, *[NewTask("x" * 200, "y" * 1000)] * 1000)
    for _ in range(4):
        add(registry, many, *[NewTask("x" * 200, "y" * 1000)] * 2000)

    def peak(owner: int) -> int:
        with (tmp_path / "file").open("wb") as file:
            tracemalloc.start()
            file.writelines(Export(registry, owner, OLDEST, FORMATS["csv"]))
            _now, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    peak(few)
    assert peak(many) < peak(few) + 1024 * 1024  # the additional tasks are 8 MB
