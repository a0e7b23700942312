"""Cursors can be decoded, for their own list only, as long as one of the keys is known."""

from datetime import UTC, datetime

import pytest

from intermediate import cursors
from intermediate.cursors import LONGEST, Cursor, CursorError
from intermediate.plugins.tasks.interface import Position, TaskQuery

OLD, NEW = b"k" * 32, b"n" * 32
MOMENT = datetime(2026, 11, 18, 12, 30, 15, 123456, tzinfo=UTC)
VALUES = {"-created_at": MOMENT, "due_at": None, "title": '🎈"\\' * 66, "-status": "in_progress"}


@pytest.mark.parametrize("sort", VALUES)
def test_what_a_cursor_holds_comes_back(sort: str) -> None:
    cursor, query = Cursor(Position(VALUES[sort], 7), 20, 1_000_000), TaskQuery(sort=sort)
    text = cursors.encode(cursor, 1, query, (OLD,))
    assert len(text) <= LONGEST
    assert cursors.decode(text, 1, query, (OLD,)) == cursor
    assert cursors.decode(text, 1, TaskQuery(sort=sort, limit=7, offset=3), (OLD,)) == cursor


def test_a_cursor_outlives_a_change_of_keys_and_not_their_loss() -> None:
    cursor, query = Cursor(Position("a", 7), 20, 40), TaskQuery(sort="title")
    text = cursors.encode(cursor, 1, query, (OLD,))
    assert cursors.decode(text, 1, query, (NEW, OLD)) == cursor
    with pytest.raises(CursorError):
        cursors.decode(text, 1, query, (NEW,))


@pytest.mark.parametrize("wrong", [TaskQuery(), TaskQuery(sort="-title"), TaskQuery(sort="title", q="x")])
def test_a_cursor_is_for_its_query(wrong: TaskQuery) -> None:
    text = cursors.encode(Cursor(Position("a", 7), 20, 40), 1, TaskQuery(sort="title"), (OLD,))
    with pytest.raises(CursorError):
        cursors.decode(text, 1, wrong, (OLD,))


def test_a_cursor_is_its_owner_s() -> None:
    text = cursors.encode(Cursor(Position("a", 7), 20, 40), 1, TaskQuery(sort="title"), (OLD,))
    with pytest.raises(CursorError):
        cursors.decode(text, 2, TaskQuery(sort="title"), (OLD,))
