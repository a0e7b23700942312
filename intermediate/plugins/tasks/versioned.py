"""The owner's version: raised in the same transaction as any write to the owner's tasks, whatever the backend."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from intermediate.db import write_rows
from intermediate.models import User
from intermediate.plugins.tasks.interface import (
    NewTask,
    OwnerGoneError,
    Page,
    Progress,
    Stats,
    Status,
    StoredTask,
    Summary,
    Task,
    TaskQuery,
    TaskStore,
    Trash,
)

USER: Any = User.__table__
_RAISE = update(USER).where(USER.c.id == bindparam("owner")).values(tasks_version=USER.c.tasks_version + 1)

# Versions stay below twice this, with room for as many writes as there will be.
_HALF = 2**29


def renew_versions(session: Session) -> int:
    """Give all accounts' tasks versions that none of them has come to, and say how many accounts there are."""
    jump = _HALF // 2 + secrets.randbelow(_HALF // 2)  # more than anybody has written since any backup
    return write_rows(session, update(USER).values(tasks_version=(USER.c.tasks_version + jump) % (2 * _HALF)))


class VersionedStore(TaskStore):
    """A backend's store, and beside each write `users.tasks_version + 1`.

    What lies in the trash is in no page that is cached, so emptying it leaves the versions of all.

    The version is raised first: on Postgres that row's lock puts an owner's writers in a queue, so that they do not
    wait for each other's tasks crosswise. For one new task, which nobody else can hold, a store in the core database
    raises it last, so that the others of the owner's writers wait for the commit only.
    """

    def __init__(self, store: TaskStore, session: Session) -> None:
        self._store = store
        self._session = session

    def _raise_version(self, owner: int) -> None:
        """OwnerGoneError if the account is no more: not every backend would see that by itself."""
        if not write_rows(self._session, _RAISE, {"owner": owner}):
            raise OwnerGoneError(owner)

    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        return self._store.get(owner, task_id, trashed=trashed)

    def page(self, owner: int, query: TaskQuery) -> Page:
        return self._store.page(owner, query)

    def stream(self, owner: int, query: TaskQuery) -> Iterator[Task]:
        return self._store.stream(owner, query)

    def stats(self, owner: int, now: datetime) -> Stats:
        return self._store.stats(owner, now)

    def due_counts(self, owner: int, moments: Sequence[datetime]) -> list[dict[Status, int]]:
        return self._store.due_counts(owner, moments)

    def tag_counts(self, owner: int, limit: int) -> list[tuple[str, int]]:
        return self._store.tag_counts(owner, limit)

    def trash(self, owner: int, *, limit: int, offset: int = 0) -> Trash:
        return self._store.trash(owner, limit=limit, offset=offset)

    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        return self._store.summary(owner, now, progress)

    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        self._raise_version(owner)
        return self._store.add(owner, new)

    def create(self, owner: int, new: NewTask) -> Task:
        if not self._store.in_session:
            self._raise_version(owner)
            return self._store.create(owner, new)
        task = self._store.create(owner, new)
        self._raise_version(owner)
        return task

    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        self._raise_version(owner)
        return self._store.change(owner, task_id, changes, version=version)

    def remove(self, owner: int, task_id: int, *, version: int | None = None) -> None:
        self._raise_version(owner)
        self._store.remove(owner, task_id, version=version)

    def restore(self, owner: int, task_id: int) -> Task:
        self._raise_version(owner)
        return self._store.restore(owner, task_id)

    def purge(self, *, owner: int | None = None, trashed_before: datetime | None = None) -> int:
        if owner is not None:
            self._raise_version(owner)
        return self._store.purge(owner=owner, trashed_before=trashed_before)

    def dump(self, owner: int) -> Iterator[StoredTask]:
        return self._store.dump(owner)

    def load(self, owner: int, stored: Sequence[StoredTask]) -> None:
        self._raise_version(owner)
        self._store.load(owner, stored)

    def last_id(self) -> int:
        return self._store.last_id()

    def continue_after(self, last_id: int) -> None:
        self._store.continue_after(last_id)
