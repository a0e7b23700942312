"""The bench and the base class of the suite of tasks backends."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any, ClassVar, Literal, NamedTuple, cast, get_args, get_origin

import pytest

from intermediate import accounts
from intermediate.plugins.tasks.interface import NewTask, Task, TaskQuery, Tasks, TaskStore
from intermediate.scripting import request_for
from intermediate.testing.away import Away
from intermediate.testing.contract import Contract

MOMENT = datetime(2026, 11, 18, 12, 30, 15, 123456, tzinfo=UTC)  # a Wednesday in 2026-W47
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
_SAMPLES: dict[Any, Any] = {str: "some text", int: 7, float: 0.5, bool: True, datetime: MOMENT}
_TESTED_BY_NAME = {"title", "description", "status", "priority", "due_at", "tags", "created_at", "completed_at"}


def sample(kind: Any) -> Any:
    """Return a value of the type of a field: for a choice, its last word."""
    if NoneType in get_args(kind):
        return sample(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return get_args(kind)[-1]
    if kind not in _SAMPLES:
        raise TypeError(f"add a value of type {kind} to _SAMPLES of intermediate/testing/tasks_bench.py")
    return _SAMPLES[kind]


# Values for other fields of NewTask, so that the suite also covers fields that are added later.
MORE = {field.name: sample(field.type) for field in fields(NewTask) if field.name not in _TESTED_BY_NAME}


class Filter(NamedTuple):
    """A filter of a query, with field values of a task that matches it and of one that does not."""

    asked: Any
    right: dict[str, Any]
    wrong: dict[str, Any]


FILTERS = {
    "status": Filter("in_progress", {"status": "in_progress"}, {"status": "pending"}),
    "priority": Filter("high", {"priority": "high"}, {"priority": "low"}),
    "tag": Filter("x", {"tags": ("x", "y")}, {"tags": ("xx",)}),
    "q": Filter("right", {"title": "right"}, {"title": "other"}),
    "due_after": Filter(MOMENT - DAY, {"due_at": MOMENT}, {"due_at": MOMENT - 2 * DAY}),
    "due_before": Filter(MOMENT + DAY, {"due_at": MOMENT}, {"due_at": MOMENT + 2 * DAY}),
}
"""All filters of TaskQuery except `open` and `trashed`, which have separate tests."""


class _AbortError(Exception):
    """Raised to abort a transaction."""


class _Voter:
    """A data manager that votes just before or just after the core database. The vote of the database commits."""

    def __init__(self, tm: Any, vote: Callable[[], None], *, after_database: bool) -> None:
        self.transaction_manager = tm
        self._vote = vote
        self._key = "~~" if after_database else "~"

    def sortKey(self) -> str:  # noqa: N802  named by the package `transaction`
        return self._key

    def tpc_vote(self, _transaction: object) -> None:
        self._vote()

    def tpc_begin(self, _transaction: object) -> None:
        pass

    commit = tpc_finish = tpc_abort = abort = tpc_begin


class _EachAlone:
    """A store that runs each method call in a separate transaction."""

    def __init__(self, bench: "TasksBench") -> None:
        self._bench = bench

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._bench.transaction() as store:
                result = getattr(store, name)(*args, **kwargs)
                return list(result) if name in ("stream", "dump") else result

        return call


class TasksBench:
    """The backend under test, and two owners that no other test uses.

    `store` commits after each call; `transaction()` and `aborted()` yield stores for several calls.
    """

    away: Away

    def __init__(self, registry: Any, patience: float) -> None:
        self.registry = registry
        self.patience = patience
        self.store = cast(TaskStore, _EachAlone(self))
        with request_for(registry) as request:
            emails = (f"{secrets.token_hex(8)}@example.com" for _ in range(2))
            self.owner, self.other = [accounts.create(request.db, email, None).id for email in emails]

    @contextmanager
    def transaction(self, on: Tasks | None = None) -> Iterator[TaskStore]:
        """Yield a store whose transaction commits at the end, or aborts if an exception is raised."""
        with request_for(self.registry) as request:
            yield (on or self.registry.tasks).open(request.tm, request.db)

    @contextmanager
    def aborted(self, on: Tasks | None = None) -> Iterator[TaskStore]:
        """Yield a store whose transaction aborts at the end."""
        with suppress(_AbortError), self.transaction(on) as store:
            yield store
            raise _AbortError

    @contextmanager
    def refused(self) -> Iterator[TaskStore]:
        """Yield a store whose commit fails after all participants have written and before any has committed."""

        def refuse() -> None:
            raise _AbortError

        with suppress(_AbortError), self._voting(refuse, after_database=False) as store:
            yield store

    @contextmanager
    def midway(self, look: Callable[[], None]) -> Iterator[TaskStore]:
        """Yield a store whose commit calls `look` when the core database has committed and others may not have."""
        with self._voting(look, after_database=True) as store:
            yield store

    @contextmanager
    def _voting(self, vote: Callable[[], None], *, after_database: bool) -> Iterator[TaskStore]:
        with request_for(self.registry) as request:
            request.tm.get().join(_Voter(request.tm, vote, after_database=after_database))
            yield self.registry.tasks.open(request.tm, request.db)

    def add(self, *new: NewTask, owner: int | None = None) -> list[Task]:
        """Add tasks and return them as they are read back."""
        owner = owner or self.owner
        return [self.store.get(owner, task_id) for task_id in self.store.add(owner, new)]

    def titles(self, **query: Any) -> list[str]:
        """Return the titles on a page in its order, by default the order of creation."""
        return [task.title for task in self.store.page(self.owner, TaskQuery(**{"sort": "created_at", **query})).items]


class TasksSuite(Contract):
    kind: ClassVar = "tasks"
    interface: ClassVar = TaskStore

    @pytest.fixture
    def tasks(self, registry: Any) -> TasksBench:
        return self.bench(registry)

    @classmethod
    def bench(cls, registry: Any) -> TasksBench:
        """Return the bench for one test."""
        bench = TasksBench(registry, cls.patience)
        bench.away = cls.away(registry)
        return bench
