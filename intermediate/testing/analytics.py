"""The contract suite of analytics backends."""

import secrets
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import Any, ClassVar

import pytest

from intermediate.plugins.analytics.interface import Analytics, AnalyticsError, Totals
from intermediate.plugins.base import Capability
from intermediate.testing.away import Away, all_or_none_tell, all_tell, soon
from intermediate.testing.contract import Contract, in_threads

COUNTS = ("total_tasks", "pending_tasks", "in_progress_tasks", "completed_tasks", "overdue_tasks")


class AnalyticsBench:
    """The sink under test, and owner ids that no other test uses, in ascending order."""

    def __init__(self, sink: Analytics, patience: float, away: Away) -> None:
        self.sink = sink
        self.away = away
        self.patience = patience
        self.readable = Capability.READABLE in sink.capabilities
        first = 1 + secrets.randbelow(2**30)
        self.owners = [first + number for number in range(5)]
        self.owner, self.other = self.owners[:2]

    def document(self, owner_id: int, seq: int = 1, **fields: Any) -> dict[str, Any]:
        """Return a report as the application creates it."""
        counts = dict(zip(COUNTS, (10, 4, 3, 3, 1), strict=True))
        weeks = [{"week": "2026-W46", "created": 4, "completed": 1}, {"week": "2026-W47", "created": 6, "completed": 2}]
        times = {"generated_at": "2026-11-18T12:30:15.123456Z", "request_id": "contract"}
        more = {"completion_rate": 0.3, "median_completion_seconds": None, "created_per_week": weeks}
        return {"owner_id": owner_id, "seq": seq, **counts, **more, **times, **fields}

    def put(self, owner_id: int, seq: int = 1, **fields: Any) -> bool:
        return self.sink.put(self.document(owner_id, seq, **fields))

    def reads(self, sink: Analytics) -> dict[str, Callable[[], Any]]:
        return {"ping": sink.ping, "totals": sink.totals, "find": sink.find, "get": lambda: sink.get(self.owner)}

    def writes(self, sink: Analytics) -> dict[str, Callable[[], Any]]:
        return {"put": lambda: sink.put(self.document(self.owner)), "remove": lambda: sink.remove(self.owner)}

    def all_tell(self, sink: Analytics) -> None:
        """Assert that each method raises AnalyticsError, that reads do so in time, and that `place` still works."""
        for name, read in self.reads(sink).items():
            soon(partial(all_tell, AnalyticsError, {name: read}), self.patience)
        all_tell(AnalyticsError, self.writes(sink))
        assert 1 <= len(sink.place()) <= 100

    def found(self) -> list[int]:
        """Return those of this test's owner ids that `find` returns."""
        documents = self.sink.find(after_owner=self.owners[0] - 1, limit=len(self.owners))
        return [document["owner_id"] for document in documents if document["owner_id"] in self.owners]


class AnalyticsContract(Contract):
    """The contract of every analytics backend."""

    kind: ClassVar = "analytics"
    interface: ClassVar = Analytics

    @pytest.fixture
    def analytics(self, registry: Any) -> AnalyticsBench:
        return self.bench(registry)

    @classmethod
    def bench(cls, registry: Any) -> AnalyticsBench:
        """Return the bench for one test."""
        return AnalyticsBench(registry.analytics, cls.patience, cls.away(registry))

    def test_put_can_be_read(self, analytics: AnalyticsBench) -> None:
        odd = {"request_id": 'ünïcode 🎈 " $ . \n', "median_completion_seconds": 0.000001, "created_per_week": []}
        for seq, fields in ((1, {}), (2, odd), (2_000_000_000, {"completion_rate": 1 / 3, "total_tasks": 2**40})):
            assert analytics.put(analytics.owner, seq, **fields) is True
            wanted = analytics.document(analytics.owner, seq, **fields)
            assert analytics.sink.get(analytics.owner) == (wanted if analytics.readable else None)

    def test_older_never_replaces_newer(self, analytics: AnalyticsBench) -> None:
        taken = [analytics.put(analytics.owner, seq, total_tasks=at) for at, seq in enumerate((5, 4, 5, 1, 6))]
        newest = analytics.document(analytics.owner, 6, total_tasks=4)
        assert taken == ([True, False, False, False, True] if analytics.readable else [True] * 5)
        assert analytics.sink.get(analytics.owner) == (newest if analytics.readable else None)
        assert analytics.put(analytics.owner, 6, total_tasks=99) is not analytics.readable
        assert analytics.sink.get(analytics.owner) == (newest if analytics.readable else None)

    def test_older_never_replaces_newer__at_once(self, analytics: AnalyticsBench) -> None:
        def put(seq: int) -> Callable[[], bool]:
            return lambda: analytics.put(analytics.owner, seq)

        taken = in_threads(*[put(seq) for seq in range(1, 7)], patience=analytics.patience)
        assert taken[-1] is True
        newest = analytics.document(analytics.owner, 6)
        assert analytics.sink.get(analytics.owner) == (newest if analytics.readable else None)

    def test_one_document_per_owner(self, analytics: AnalyticsBench) -> None:
        before = analytics.sink.totals()
        for seq in (1, 2, 3):
            analytics.put(analytics.owner, seq)
        assert analytics.found() == ([analytics.owner] if analytics.readable else [])
        assert analytics.sink.totals().owners - before.owners == (1 if analytics.readable else 0)

    def test_owners_are_separate(self, analytics: AnalyticsBench) -> None:
        analytics.put(analytics.owner, 5)
        assert analytics.put(analytics.other, 1) is True
        analytics.put(analytics.other, 9)
        mine = analytics.document(analytics.owner, 5) if analytics.readable else None
        assert analytics.sink.get(analytics.owner) == mine
        analytics.sink.remove(analytics.other)
        assert analytics.sink.get(analytics.owner) == mine

    def test_absent_is_none(self, analytics: AnalyticsBench) -> None:
        analytics.put(analytics.owner)
        assert analytics.sink.get(analytics.other) is None
        assert analytics.sink.get(0) is None

    def test_find_is_ordered(self, analytics: AnalyticsBench) -> None:
        first, second, third, fourth, fifth = analytics.owners
        for owner in (third, first, fifth, second, fourth):
            analytics.put(owner)
        found = [analytics.document(owner) for owner in analytics.owners] if analytics.readable else []
        assert list(analytics.sink.find(after_owner=first - 1, limit=2)) == found[:2]
        assert list(analytics.sink.find(after_owner=second, limit=2)) == found[2:4]
        assert list(analytics.sink.find(after_owner=second, limit=3)) == found[2:]
        assert list(analytics.sink.find(after_owner=first, limit=0)) == []

    def test_totals_are_sums(self, analytics: AnalyticsBench) -> None:
        before = astuple(analytics.sink.totals())
        analytics.put(analytics.owner, **dict(zip(COUNTS, (100, 20, 30, 50, 7), strict=True)))
        analytics.put(analytics.other, **dict(zip(COUNTS, (1, 0, 0, 1, 0), strict=True)))
        added = [now - then for now, then in zip(astuple(analytics.sink.totals()), before, strict=True)]
        assert added == ([2, 101, 20, 30, 51, 7] if analytics.readable else [0] * 6)

    def test_remove_is_final(self, analytics: AnalyticsBench) -> None:
        before = analytics.sink.totals()
        analytics.put(analytics.owner)
        for owner in (analytics.owner, analytics.owner, analytics.other):
            analytics.sink.remove(owner)
        assert analytics.sink.get(analytics.owner) is None
        assert analytics.found() == []
        assert analytics.sink.totals() == before

    def test_readable_or_empty(self, analytics: AnalyticsBench) -> None:
        assert analytics.put(analytics.owner) is True
        if analytics.readable:
            assert analytics.found() == [analytics.owner]
            assert analytics.sink.totals().owners >= 1
            assert analytics.sink.get(analytics.owner) is not None
        else:
            assert analytics.put(analytics.owner) is True
            assert (list(analytics.sink.find()), analytics.sink.totals()) == ([], Totals())
            assert analytics.sink.get(analytics.owner) is None

    def test_unreachable_is_told(self, analytics: AnalyticsBench) -> None:
        assert analytics.sink.ping() is None  # type: ignore[func-returns-value]  # seen here
        if analytics.away.is_possible:
            with analytics.away.refused() as sink:
                analytics.all_tell(sink)

    def test_unreachable_is_told__by_silence(self, analytics: AnalyticsBench) -> None:
        if analytics.away.is_possible:
            with analytics.away.silent() as sink:
                analytics.all_tell(sink)

    def test_unreachable_is_told__without_database(self, analytics: AnalyticsBench) -> None:
        with analytics.away.without_database() as sink:
            all_or_none_tell(AnalyticsError, analytics.reads(sink) | analytics.writes(sink))

    def test_place_is_short(self, analytics: AnalyticsBench) -> None:
        place = analytics.sink.place()
        assert place == place.strip() == analytics.sink.place()
        assert 1 <= len(place) <= 100
