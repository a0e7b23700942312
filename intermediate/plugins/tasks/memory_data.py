"""The data of the tasks backend `memory`, and its transactions.

The tasks of an owner are a dictionary that is never modified once it is visible to other transactions. A writer changes
a copy, and the commit replaces the dictionary. A reader, even a slow stream, therefore sees a consistent state.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from intermediate.plugins.tasks.interface import Task, TasksError


@dataclass(frozen=True, slots=True)
class Kept:
    """A task, its text for search, and when it was moved to the trash."""

    task: Task
    search: str
    deleted_at: datetime | None = None


Rows = dict[int, Kept]


class Memory:
    """The committed tasks of all owners.

    The lock `writing` is held by the transaction that writes, from its first write to its end. The lock `publishing` is
    held while that transaction commits: a reader that has seen the owner's new version in the database then waits for
    the new tasks. Otherwise it could cache old tasks under the new version.
    """

    def __init__(self, wait_seconds: float) -> None:
        self.last_id = 0  # ids are not reused, even if a transaction aborts or a task is purged
        self.writing = Lock()
        self.publishing = Lock()
        self._rows: dict[int, Rows] = {}
        self._wait_seconds = wait_seconds

    def next_id(self) -> int:
        """Return a new id. The caller holds `writing`."""
        self.last_id += 1
        return self.last_id

    def continue_after(self, last_id: int) -> None:
        """Assign only higher ids than this one from now on. The caller holds `writing`."""
        self.last_id = max(self.last_id, last_id)

    def acquire(self, lock: Lock) -> None:
        if not lock.acquire(timeout=self._wait_seconds):
            raise TasksError(f"another transaction has held the tasks for {self._wait_seconds} s")

    @contextmanager
    def _published(self) -> Iterator[dict[int, Rows]]:
        self.acquire(self.publishing)
        try:
            yield self._rows
        finally:
            self.publishing.release()

    def rows(self, owner: int) -> Rows:
        with self._published() as rows:
            return rows.get(owner, {})

    def owners(self) -> list[int]:
        with self._published() as rows:
            return list(rows)

    def publish(self, staged: dict[int, Rows]) -> None:
        self._rows |= staged


class Staged:
    """The uncommitted writes of one transaction: a data manager for the `transaction` package."""

    def __init__(self, memory: Memory, tm: Any) -> None:
        self.transaction_manager = tm
        self.rows: dict[int, Rows] = {}
        self._memory = memory
        self._voted = False
        self.ended = False
        memory.acquire(memory.writing)
        try:
            tm.get().join(self)
        except BaseException:
            memory.writing.release()
            raise

    def for_owner(self, owner: int) -> Rows:
        """Return the transaction's own copy of the owner's tasks, for changes."""
        if owner not in self.rows:
            self.rows[owner] = dict(self._memory.rows(owner))
        return self.rows[owner]

    def sortKey(self) -> str:  # noqa: N802  named by the package
        return "intermediate.tasks.memory"  # before "~sqlalchemy", whose vote commits to the database

    def tpc_begin(self, _transaction: object) -> None:
        pass

    def commit(self, _transaction: object) -> None:
        pass

    def tpc_vote(self, _transaction: object) -> None:
        self._memory.acquire(self._memory.publishing)
        self._voted = True

    def tpc_finish(self, _transaction: object) -> None:
        self._memory.publish(self.rows)
        self._end()

    def abort(self, _transaction: object) -> None:
        self._end()

    tpc_abort = abort

    def _end(self) -> None:
        """Release the locks once: a failed commit calls both `abort` and `tpc_abort`."""
        if self.ended:
            return
        self.ended = True
        if self._voted:
            self._memory.publishing.release()
        self._memory.writing.release()
