"""The tables of `docs/backends.md` are up to date."""

from importlib.metadata import entry_points

import pytest

from intermediate.plugins import KINDS
from tests.differential.backends_page import PAGE, guarantees, made, own_code, suites


def test_the_page_is_as_it_would_be_made() -> None:
    assert PAGE.read_text() == made(PAGE.read_text()), "make docs"


def test_the_page_has_each_table() -> None:
    page = PAGE.read_text()
    wanted = [f"<!-- {name} {kind} -->" for name in ("settings", "guarantees") for kind in KINDS]
    assert [marker for marker in (*wanted, "<!-- combinations -->") if marker not in page] == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_promise_is_held_against_each_backend_that_ships(kind: str) -> None:
    points = entry_points(group=f"intermediate.{kind}")
    shipped = {point.name for point in points if point.dist and point.dist.name == "intermediate"}
    assert {suite.backend for suite in suites(kind).values()} == shipped
    assert {name: own_code(suite) for name, suite in suites(kind).items() if own_code(suite)} == {}


def test_what_a_backend_cannot_do_is_told() -> None:
    [line] = [line for line in guarantees("cache").splitlines() if "`readable_means_hits`" in line]
    assert line.endswith("| kept | kept | without `readable` |")
