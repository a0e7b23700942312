"""Saboteurs of adding and changing tasks."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import NewTask, StaleVersionError, Task, TaskQuery
from intermediate.plugins.tasks.rules import CHANGEABLE
from tests.plugins.saboteurs.base import breaks
from tests.plugins.saboteurs.tasks_base import EVERYTHING, TasksSaboteur


@breaks("added_tasks_can_be_read")
class JoinsLines(TasksSaboteur):
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        flat = [replace(task, description=(task.description or "").replace("\n", " ") or None) for task in new]
        return self.good.add(owner, flat)


@breaks("added_tasks_can_be_read__in_order")
class MixesBatches(TasksSaboteur):
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        ids = self.good.add(owner, new)
        return ids[500:] + ids[:500]


@breaks("added_tasks_can_be_read__from_threads")
class MixesThreads(TasksSaboteur):
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        if threading.current_thread() is not threading.main_thread():
            title = self.memory.setdefault(owner, new[0].title)
            new = [replace(task, title=title) for task in new]
        return self.good.add(owner, new)


@breaks("created_task_is_as_read")
class SaysWhatItWasGiven(TasksSaboteur):
    """Returns the tags as they were given, without normalization."""

    def create(self, owner: int, new: NewTask) -> Task:
        return self.good.create(owner, new)._replace(tags=tuple(new.tags))


@breaks("ids_are_not_reused")
class ReusesIds(TasksSaboteur):
    """Assigns the ids of an owner's purged tasks to new ones."""

    def purge(self, **bounds: Any) -> int:
        page = self.good.page(bounds.get("owner") or 0, TaskQuery(limit=EVERYTHING))
        self.memory[bounds.get("owner")] = [task.id for task in page.items]
        return self.good.purge(**bounds)

    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        ids = self.good.add(owner, new)
        reused = self.memory.pop(owner, ids)
        self.memory |= {("id", old): task_id for old, task_id in zip(reused, ids, strict=True)}
        return list(reused)

    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        real = self.memory.get(("id", task_id), task_id)
        return self.good.get(owner, real, trashed=trashed)._replace(id=task_id)


@breaks("changes_are_partial")
class ForgetsWhenItChanged(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        try:
            self.good.change(owner, task_id, changes, version=version)
        except StaleVersionError as error:
            raise StaleVersionError(self.get(owner, task_id)) from error
        return self.get(owner, task_id)

    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        task = self.good.get(owner, task_id, trashed=trashed)
        return task._replace(updated_at=task.created_at)


@breaks("changes_are_partial__tags")
class KeepsOldTags(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        if "tags" in changes:
            changes = {**changes, "tags": (*changes["tags"], *self.good.get(owner, task_id).tags)}
        return self.good.change(owner, task_id, changes, version=version)


@breaks("changes_are_not_lost")
class WritesWhatItOnceRead(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        read = self.memory.setdefault(task_id, self.good.get(owner, task_id))
        return self.good.change(
            owner, task_id, {**{name: getattr(read, name) for name in CHANGEABLE}, **changes}, version=version
        )


@breaks("only_fields_change")
class PassesOverUnknownFields(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        known = {name: value for name, value in changes.items() if name in CHANGEABLE}
        return self.good.change(owner, task_id, known, version=version)


@breaks("completion_is_stamped")
class DoesNotStamp(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        return self.good.change(owner, task_id, changes, version=version)._replace(completed_at=None)


@breaks("completion_is_stamped__when_added")
class DoesNotStampWhenAdded(TasksSaboteur):
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        return self.good.add(owner, [replace(task, created_at=task.created_at or utcnow()) for task in new])


@breaks("stale_changes_are_refused")
class ChangesAnyVersion(TasksSaboteur):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        return self.good.change(owner, task_id, changes)


@breaks("stale_changes_are_refused__removing")
class RemovesAnyVersion(TasksSaboteur):
    def remove(self, owner: int, task_id: int, *, version: int | None = None) -> None:
        self.good.remove(owner, task_id)


@breaks("times_keep_microseconds", also=("created_task_is_as_read",))
class AnswersInLocalTime(TasksSaboteur):
    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        task = self.good.get(owner, task_id, trashed=trashed)
        return task._replace(due_at=task.due_at and task.due_at.astimezone(timezone(timedelta(hours=2))))
