"""Every write to tasks increments the owner's version in the same transaction, with every tasks backend."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from intermediate.models import User
from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import NewTask, TaskQuery, TaskStore
from intermediate.scripting import request_for
from intermediate.testing.contract import application
from intermediate.testing.tasks_bench import TasksBench
from tests.conftest import NewDatabase

LATER = utcnow() + timedelta(days=1)
Write = Callable[[TaskStore, int, int, int], object]
WRITES: dict[str, Write] = {
    "add": lambda store, owner, _live, _trashed: store.add(owner, [NewTask("b")]),
    "create": lambda store, owner, _live, _trashed: store.create(owner, NewTask("b")),
    "change": lambda store, owner, live, _trashed: store.change(owner, live, {"title": "b"}),
    "remove": lambda store, owner, live, _trashed: store.remove(owner, live),
    "restore": lambda store, owner, _live, trashed: store.restore(owner, trashed),
    "purge of an owner": lambda store, owner, _live, _trashed: store.purge(owner=owner),
}


@pytest.fixture(scope="module")
def database_url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database for all tests, each of which creates its own owners."""
    with new_database(tmp_path_factory.mktemp("versions")) as url:
        yield url


@pytest.fixture(scope="module", params=["sql", "memory"])
def registry(
    request: pytest.FixtureRequest, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    ini = {"tasks.backend": request.param, "database.url": database_url}
    with application(ini, tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def tasks(registry: Any) -> TasksBench:
    return TasksBench(registry, patience=5)


def version_of(tasks: TasksBench) -> int:
    with request_for(tasks.registry) as request:
        return request.db.scalars(select(User.tasks_version).where(User.id == tasks.owner)).one()


@pytest.mark.parametrize("name", WRITES)
def test_a_write_raises_the_version_once_and_an_abort_takes_it_back(tasks: TasksBench, name: str) -> None:
    live, trashed = (task.id for task in tasks.add(NewTask("a"), NewTask("t")))
    tasks.store.remove(tasks.owner, trashed)
    before = version_of(tasks)
    with suppress(LookupError), request_for(tasks.registry) as request:
        WRITES[name](request.tasks, tasks.owner, live, trashed)
        raise LookupError
    assert version_of(tasks) == before
    with request_for(tasks.registry) as request:
        WRITES[name](request.tasks, tasks.owner, live, trashed)
    assert version_of(tasks) == before + 1


def test_emptying_the_trash_of_all_leaves_the_versions(tasks: TasksBench) -> None:
    [task] = tasks.add(NewTask("a"))
    tasks.store.remove(tasks.owner, task.id)
    before = version_of(tasks)
    assert tasks.store.purge(trashed_before=LATER) >= 1
    assert version_of(tasks) == before


def test_reads_leave_the_version(tasks: TasksBench) -> None:
    [task] = tasks.add(NewTask("a"))
    before = version_of(tasks)
    with request_for(tasks.registry) as request:
        assert request.tasks.get(tasks.owner, task.id) == task
        assert request.tasks.page(tasks.owner, TaskQuery()).items == (task,)
        assert list(request.tasks.stream(tasks.owner, TaskQuery())) == [task]
        assert request.tasks.summary(tasks.owner, LATER).stats == request.tasks.stats(tasks.owner, LATER)
    assert version_of(tasks) == before
