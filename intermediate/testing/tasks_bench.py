"""What the suite of tasks is given: two owners that no other test has, and stores in transactions."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, cast

import pytest

from intermediate import accounts
from intermediate.plugins.tasks.interface import NewTask, Task, TaskQuery, TaskStore
from intermediate.scripting import request_for
from intermediate.testing.contract import Contract

MOMENT = datetime(2026, 11, 18, 12, 30, 15, 123456, tzinfo=UTC)  # a Wednesday in 2026-W47
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class _AbortError(Exception):
    """Ends a transaction that is to be aborted."""


class _EachAlone:
    """A store that calls each of its methods in a transaction of its own."""

    def __init__(self, bench: "TasksBench") -> None:
        self._bench = bench

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._bench.transaction() as store:
                result = getattr(store, name)(*args, **kwargs)
                return list(result) if name in ("stream", "dump") else result

        return call


class TasksBench:
    """`store` commits after each call; `transaction()` and `aborted()` give stores for several."""

    def __init__(self, registry: Any, patience: float) -> None:
        self.registry = registry
        self.patience = patience
        self.store = cast(TaskStore, _EachAlone(self))
        with request_for(registry) as request:
            emails = (f"{secrets.token_hex(8)}@example.com" for _ in range(2))
            self.owner, self.other = [accounts.create(request.db, email, None).id for email in emails]

    @contextmanager
    def transaction(self) -> Iterator[TaskStore]:
        """A store whose transaction commits at the end, or aborts if an error leaves it."""
        with request_for(self.registry) as request:
            yield self.registry.tasks.open(request.tm, request.db)

    @contextmanager
    def aborted(self) -> Iterator[TaskStore]:
        """A store whose transaction aborts at the end."""
        with suppress(_AbortError), self.transaction() as store:
            yield store
            raise _AbortError

    def add(self, *new: NewTask, owner: int | None = None) -> list[Task]:
        """The tasks that were added, as they are read back."""
        owner = owner or self.owner
        return [self.store.get(owner, task_id) for task_id in self.store.add(owner, new)]

    def titles(self, **query: Any) -> list[str]:
        """The titles on a page, in its order: with `sort` absent, in that of their making."""
        return [task.title for task in self.store.page(self.owner, TaskQuery(**{"sort": "created_at", **query})).items]


class TasksSuite(Contract):
    kind: ClassVar = "tasks"

    @pytest.fixture
    def tasks(self, registry: Any) -> TasksBench:
        return self.bench(registry)

    @classmethod
    def bench(cls, registry: Any) -> TasksBench:
        """What each test is given."""
        return TasksBench(registry, cls.patience)
