"""The contract suite of tasks backends: an unavailable service or core database."""

from collections.abc import Callable
from functools import partial
from typing import Any

from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import NewTask, StoredTask, Task, TaskQuery, Tasks, TasksError, TaskStore
from intermediate.testing.away import all_or_none_tell, all_tell, soon
from intermediate.testing.tasks_bench import TasksBench, TasksSuite


def calls(store: TaskStore, task: Task) -> dict[str, Callable[[], Any]]:
    """Return a call of each method, in an order in which all of them succeed on a working store."""
    owner, query = task.owner_id, TaskQuery()
    return {
        "get": lambda: store.get(owner, task.id),
        "page": lambda: store.page(owner, query),
        "stream": lambda: list(store.stream(owner, query)),
        "stats": lambda: store.stats(owner, utcnow()),
        "due_counts": lambda: store.due_counts(owner, [utcnow()]),
        "tag_counts": lambda: store.tag_counts(owner, 10),
        "trash": lambda: store.trash(owner, limit=10),
        "summary": lambda: store.summary(owner, utcnow()),
        "last_id": lambda: store.last_id(),
        "dump": lambda: list(store.dump(owner)),
        "add": lambda: store.add(owner, [NewTask("b")]),
        "change": lambda: store.change(owner, task.id, {"title": "z"}),
        "remove": lambda: store.remove(owner, task.id),
        "restore": lambda: store.restore(owner, task.id),
        "purge": lambda: store.purge(owner=owner),
        "load": lambda: store.load(owner, [StoredTask(task)]),
        "continue_after": lambda: store.continue_after(task.id),
    }


class Outages(TasksSuite):
    def test_unreachable_is_told(self, tasks: TasksBench) -> None:
        assert tasks.registry.tasks.ping() is None
        if tasks.away.is_possible:
            with tasks.away.refused() as away:
                self._tells(tasks, away)

    def test_unreachable_is_told__by_silence(self, tasks: TasksBench) -> None:
        if tasks.away.is_possible:
            with tasks.away.silent() as away:
                self._tells(tasks, away)

    def test_unreachable_is_told__without_database(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a", tags=("x",)))
        with tasks.away.without_database() as away, tasks.aborted() as store:
            all_or_none_tell(TasksError, {"ping": away.ping, **calls(store, task)})

    def _tells(self, tasks: TasksBench, away: Tasks) -> None:
        [task] = tasks.add(NewTask("a"))
        soon(partial(all_tell, TasksError, {"ping": away.ping}), tasks.patience)
        with tasks.aborted(away) as store:
            all_tell(TasksError, calls(store, task))
