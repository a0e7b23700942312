"""The version of an owner's tasks, incremented in the transaction of each write, with every backend."""

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
_INCREMENT = update(USER).where(USER.c.id == bindparam("owner")).values(tasks_version=USER.c.tasks_version + 1)

# `renew_versions` keeps versions below twice this, which leaves ample room for increments.
_HALF = 2**29


def renew_versions(session: Session) -> int:
    """Set the version of every account's tasks to one that it has not had, and return the number of accounts."""
    jump = _HALF // 2 + secrets.randbelow(_HALF // 2)  # more than the writes of any account since any backup
    return write_rows(session, update(USER).values(tasks_version=(USER.c.tasks_version + jump) % (2 * _HALF)))


class VersionedStore(TaskStore):
    """Wraps a backend's store and increments `users.tasks_version` with each write.

    Tasks in the trash are in no cached page, so purging the trash of all owners changes no version.

    The version is incremented first: on Postgres the lock of that row serializes an owner's writers, so that they do
    not deadlock on each other's tasks. When a store in the core database creates one task, which no other transaction
    can have locked, it is incremented last, so that the owner's other writers wait only for the commit.
    """

    def __init__(self, store: TaskStore, session: Session) -> None:
        self._store = store
        self._session = session

    def _raise_version(self, owner: int) -> None:
        """Increment the version. Raises OwnerGoneError if the account was deleted, which not every backend notices."""
        if not write_rows(self._session, _INCREMENT, {"owner": owner}):
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
