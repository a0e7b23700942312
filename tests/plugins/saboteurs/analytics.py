"""Saboteurs of analytics backends."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import Any, ClassVar

from intermediate.plugins.analytics.interface import AnalyticsError, Document, Totals
from intermediate.testing.away import SOON
from tests.plugins.saboteurs.base import Saboteur, breaks

ELSEWHERE = "tests.plugins.saboteurs.elsewhere:AnalyticsElsewhere"


class AnalyticsSaboteur(Saboteur):
    kind: ClassVar = "analytics"
    on: ClassVar = "sql"


@breaks("put_can_be_read")
class RoundsRates(AnalyticsSaboteur):
    def put(self, document: Document) -> bool:
        return self.good.put({**document, "completion_rate": round(document["completion_rate"], 3)})


@breaks("older_never_replaces_newer")
class ReplacesTheSame(AnalyticsSaboteur):
    def put(self, document: Document) -> bool:
        stored = self.good.get(document["owner_id"])
        if stored and stored["seq"] == document["seq"]:
            self.good.remove(document["owner_id"])
        return self.good.put(document)


@breaks("older_never_replaces_newer__at_once")
class LosesWhatComesAtOnce(AnalyticsSaboteur):
    def put(self, document: Document) -> bool:
        lost = threading.current_thread() is not threading.main_thread() and document["seq"] % 2 == 0
        return not lost and self.good.put(document)


@breaks("one_document_per_owner")
class CountsPuts(AnalyticsSaboteur):
    replaced = 0

    def put(self, document: Document) -> bool:
        self.replaced += self.good.get(document["owner_id"]) is not None
        return self.good.put(document)

    def totals(self) -> Totals:
        totals = self.good.totals()
        return replace(totals, owners=totals.owners + self.replaced)


@breaks("owners_are_separate")
class RemovesTheNeighbour(AnalyticsSaboteur):
    def remove(self, owner_id: int) -> None:
        self.good.remove(owner_id)
        self.good.remove(owner_id - 1)


@breaks("absent_is_none")
class InventsDocuments(AnalyticsSaboteur):
    def get(self, owner_id: int) -> dict[str, Any] | None:
        return self.good.get(owner_id) if owner_id else {}


@breaks("find_is_ordered")
class FindsBackwards(AnalyticsSaboteur):
    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        return self.good.find(after_owner=after_owner, limit=limit)[::-1]


@breaks("totals_are_sums")
class LeavesOutTheLate(AnalyticsSaboteur):
    def totals(self) -> Totals:
        return replace(self.good.totals(), overdue_tasks=0)


@breaks("remove_is_final")
class RemembersTheRemoved(AnalyticsSaboteur):
    def remove(self, owner_id: int) -> None:
        self.__dict__.setdefault("removed", {}).setdefault(owner_id, self.good.get(owner_id))
        self.good.remove(owner_id)

    def get(self, owner_id: int) -> dict[str, Any] | None:
        return self.good.get(owner_id) or self.__dict__.get("removed", {}).get(owner_id)


@breaks("readable_or_empty")
class CountsWhatItLetGo(AnalyticsSaboteur):
    on: ClassVar = "null"

    def totals(self) -> Totals:
        return Totals(owners=1)


@breaks("unreachable_is_told")
class TakesAwayForEmpty(AnalyticsSaboteur):
    on: ClassVar = ELSEWHERE

    def totals(self) -> Totals:
        try:
            return self.good.totals()
        except AnalyticsError as error:
            if isinstance(error.__cause__, ConnectionRefusedError):
                return Totals()
            raise


@breaks("unreachable_is_told__by_silence")
class IsSilentToo(AnalyticsSaboteur):
    on: ClassVar = ELSEWHERE

    def ping(self) -> None:
        Event().wait(2 * SOON)
        self.good.ping()


@breaks("unreachable_is_told__without_database")
class FindsNothingWithoutDatabase(AnalyticsSaboteur):
    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        try:
            return self.good.find(after_owner=after_owner, limit=limit)
        except AnalyticsError:
            return ()


@breaks("place_is_short")
class HasALongName(AnalyticsSaboteur):
    def place(self) -> str:
        return self.good.place() * 20
