"""The figures of all users: few queries, with a time limit."""

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from intermediate import figures
from intermediate.i18n import english
from intermediate.plugins.analytics.interface import Analytics, Document, Totals
from intermediate.plugins.base import Capability


class Sink(Analytics):
    """A sink with the owners 1 to 100, each with as many tasks as its id."""

    capabilities: ClassVar = frozenset({Capability.READABLE})

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def put(self, document: Document) -> bool:
        raise NotImplementedError

    def get(self, owner_id: int) -> None:
        raise NotImplementedError

    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        self.asked.append((after_owner, limit))
        return [{"owner_id": one, "total_tasks": one} for one in range(after_owner + 1, 101)][:limit]

    def totals(self) -> Totals:
        return Totals(100, 5050)

    def remove(self, owner_id: int) -> None:
        raise NotImplementedError


def test_neighbours_cost_one_question() -> None:
    sink = Sink()
    found = figures.read(sink, "x", [14, 12, 13, 11])
    assert {owner: one.total for owner, one in found.owners.items()} == {11: 11, 12: 12, 13: 13, 14: 14}
    assert sink.asked == [(10, 4)]
    assert (found.totals, found.absent) == (Totals(100, 5050), "")


def test_those_far_apart_and_those_without_figures_are_found_too() -> None:
    sink = Sink()
    found = figures.read(sink, "x", [3, 50, 99, 100, 101, 999])
    assert {3, 50, 99, 100} <= found.owners.keys()
    assert not {101, 999} & found.owners.keys()
    assert sink.asked == [(2, 6), (49, 5), (98, 4)]


def test_a_sink_that_is_slow_is_not_asked_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Sink()
    monkeypatch.setattr(figures, "PATIENCE", -1.0)
    found = figures.read(sink, "slowly", [3, 50])
    assert sink.asked == [(2, 2)]
    assert (found.totals, found.owners) == (None, {})
    assert "slowly is not responding" in english(found.absent)
