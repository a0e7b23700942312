"""The contract of an analytics backend, which stores one document per owner: the latest report."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from intermediate.plugins.base import Backend, BackendError

Document = Mapping[str, Any]
"""A report as the API shows it: `owner_id`, `seq`, counts, rates, weeks; times are ISO 8601 text."""


class AnalyticsError(BackendError):
    """The sink does not respond."""

    code = "analytics_unavailable"


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all owners that have a document."""

    owners: int = 0
    total_tasks: int = 0
    pending_tasks: int = 0
    in_progress_tasks: int = 0
    completed_tasks: int = 0
    overdue_tasks: int = 0


COUNTS = tuple(field.name for field in fields(Totals) if field.name != "owners")
"""The fields of a document that `totals` adds up."""


class Analytics(Backend, ABC):
    """A sink for reports. Workers write to it; web processes only read from it.

    Promises:
        put_can_be_read: after `put` returned True, `get` returns that document, equal field by field (if readable).
        older_never_replaces_newer: `put` of a document whose `seq` is not above the stored one changes nothing and
            returns False, even with concurrent calls (if readable).
        one_document_per_owner: however often an owner's document is put, `find` and `totals` count it once.
        owners_are_separate: putting or removing one owner's document does not affect the others.
        absent_is_none: `get` of an owner without a document returns None.
        find_is_ordered: `find` returns at most `limit` documents of owners above `after_owner`, in ascending order of
            `owner_id`.
        totals_are_sums: `totals` returns the sums over all documents that `find` can return.
        remove_is_final: after `remove`, `get` returns None; removing an absent document raises nothing.
        readable_or_empty: with capability `readable`, stored documents can be read; without it, `put` returns True, and
            reads return None, nothing, and zeros.
        unreachable_is_told: while its service cannot be reached, each method except `place` raises AnalyticsError, the
            reading ones and `ping` within a second (if remote). A backend that needs the core database does the same
            while that cannot be reached.
        place_is_short: `place` always returns the same text, of 1 to 100 characters.
    """

    def place(self) -> str:
        """Return the name of this sink, at most 100 characters and without secrets.

        It is recorded with each report that was put here. A report recorded with another name is put again.
        """
        return type(self).__name__

    @abstractmethod
    def put(self, document: Document) -> bool:
        """Store a document under its `owner_id` if its `seq` is above the stored one. Return whether it was stored."""

    @abstractmethod
    def get(self, owner_id: int) -> dict[str, Any] | None:
        """Return the owner's document, or None."""

    @abstractmethod
    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        """Return at most `limit` documents of owners above `after_owner`, in the order of their ids."""

    @abstractmethod
    def totals(self) -> Totals:
        """Return the sums over all documents."""

    @abstractmethod
    def remove(self, owner_id: int) -> None:
        """Delete the owner's document if there is one."""
