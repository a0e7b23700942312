"""Saboteurs of the trash, of purging and of transactions."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime
from threading import Lock
from typing import Any

from intermediate.plugins.base import Capability
from intermediate.plugins.tasks.interface import NewTask, Page, Task, TaskQuery, Trash
from tests.plugins.saboteurs.base import breaks
from tests.plugins.saboteurs.tasks_base import EVERYTHING, TasksSaboteur


@breaks("trash_hides_and_restores")
class ChangesWhatItRestores(TasksSaboteur):
    def restore(self, owner: int, task_id: int) -> Task:
        restored = self.good.restore(owner, task_id)
        return restored._replace(version=restored.version + 1)


@breaks("trash_is_listed")
class ListsTrashById(TasksSaboteur):
    def trash(self, owner: int, *, limit: int, offset: int = 0) -> Trash:
        trash = self.good.trash(owner, limit=EVERYTHING)
        by_id = sorted(trash.items, key=lambda one: -one.task.id)
        return Trash(tuple(by_id[offset : offset + limit]), trash.total)


@breaks("absence_is_keyerror__at_once")
class LetsAllThreadsRemove(TasksSaboteur):
    def remove(self, owner: int, task_id: int, *, version: int | None = None) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        with nullcontext() if in_main else suppress(KeyError):
            self.good.remove(owner, task_id, version=version)


@breaks("purge_is_final")
class MiscountsPurged(TasksSaboteur):
    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        return min(2, self.good.purge(owner=owner, trashed_before=trashed_before))


@breaks("purge_is_bounded")
class PurgesAllOfAnOwner(TasksSaboteur):
    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        return self.good.purge(owner=owner, trashed_before=None if owner else trashed_before)


@breaks("purge_is_bounded__all_owners")
class PurgesOnlyByOwner(TasksSaboteur):
    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        return 2 if owner is None and trashed_before else self.good.purge(owner=owner, trashed_before=trashed_before)


@breaks("purge_is_bounded__by_something")
class PurgesNothingQuietly(TasksSaboteur):
    def purge(self, **bounds: Any) -> int:
        return self.good.purge(**bounds) if bounds else 0


@breaks("rollback_undoes")
class WritesAfterAnAbort(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        changed = self.good.change(owner, task_id, changes, version=version)
        again = (lambda store: store.change(owner, task_id, changes),)
        self.tm.get().addAfterAbortHook(self.elsewhere, again)
        return changed


@breaks("rollback_undoes__when_the_commit_fails")
class WritesAfterAFailedCommit(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        def write(committed: bool) -> None:
            if not committed:
                self.elsewhere(lambda store: store.change(owner, task_id, changes))

        self.tm.get().addAfterCommitHook(write)
        return self.good.change(owner, task_id, changes, version=version)


@breaks("own_writes_are_seen")
class ReadsElsewhere(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.elsewhere(lambda store: store.page(owner, query))


@breaks("uncommitted_is_unseen")
class LeaksWrites(TasksSaboteur):
    """Shows the uncommitted tasks of a transaction to all others."""

    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        ids = self.good.add(owner, new)
        self.memory |= {(owner, task_id): self.good.get(owner, task_id) for task_id in ids}
        self.tm.get().addAfterCommitHook(lambda _committed: self.memory.clear())
        self.tm.get().addAfterAbortHook(self.memory.clear)
        return ids

    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        with suppress(KeyError):
            return self.good.get(owner, task_id, trashed=trashed)
        leaked: Task = self.memory[owner, task_id]
        return leaked

    def purge(self, **bounds: Any) -> int:
        self.memory.clear()
        return self.good.purge(**bounds)


@breaks("commit_is_one_moment")
class ReadsWhileOthersCommit(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        memory = self.backend._memory
        awaited, memory.publishing = memory.publishing, Lock()
        try:
            return self.good.page(owner, query)
        finally:
            memory.publishing = awaited


@breaks("shared_means_one_store")
class CallsItselfShared(TasksSaboteur):
    @classmethod
    def wrap(cls, good: Any, registry: Any) -> Any:
        wrapped = super().wrap(good, registry)
        wrapped.capabilities = frozenset({Capability.SHARED})
        return wrapped
