"""The base of saboteurs of tasks backends, which wrap the store of each transaction."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from intermediate.plugins.tasks.interface import Page, Task, TaskQuery, TaskStore
from intermediate.scripting import request_for
from tests.plugins.saboteurs.base import Saboteur

Result = TypeVar("Result")
EVERYTHING = 10**6


class SabotagedTasks:
    """A backend that opens sabotaged stores, which share a `memory`."""

    def __init__(self, good: Any, store: "type[TasksSaboteur]", registry: Any) -> None:
        self.good = good
        self._store = store
        self._registry = registry
        self._memory: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.good, name)

    def open(self, tm: Any, session: Any) -> Any:
        store = self._store(self.good.open(tm, session))
        store.backend, store.tm, store.registry, store.memory = self.good, tm, self._registry, self._memory
        return store


class TasksSaboteur(Saboteur):
    kind: ClassVar = "tasks"
    on: ClassVar = "memory"
    good: TaskStore
    backend: Any
    tm: Any
    registry: Any
    memory: dict[Any, Any]

    @classmethod
    def wrap(cls, good: Any, registry: Any) -> Any:
        return SabotagedTasks(good, cls, registry)

    def elsewhere(self, work: Callable[[TaskStore], Result]) -> Result:
        """Call `work` in another transaction, which commits, and return its result."""
        with request_for(self.registry) as request:
            return work(self.backend.open(request.tm, request.db))

    def remade_page(self, owner: int, query: TaskQuery, remake: Callable[[list[Task]], list[Task]]) -> Page:
        """Return a page of all matching tasks after `remake` has changed their list."""
        tasks = remake(list(self.good.page(owner, replace(query, limit=EVERYTHING, offset=0, after=None)).items))
        start, total = query.offset, len(tasks)
        if query.after:
            ids = [task.id for task in tasks]
            if query.after.task_id not in ids:
                return self.good.page(owner, query)
            start += ids.index(query.after.task_id) + 1
        return Page(tuple(tasks[start : start + query.limit]), None if query.after else total)
