"""Times depend on the time zone of the user, in texts and forms."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intermediate import clock_words, zones
from intermediate.schemas.tasks import LABELS, iso
from intermediate.views.note_form import form_of, new_task, task_changes
from tests.unit.readers import Somebody

BRUSSELS, KIRITIMATI, SAO_PAULO = (
    ZoneInfo(name) for name in ("Europe/Brussels", "Pacific/Kiritimati", "America/Sao_Paulo")
)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_words, "utcnow", lambda: datetime(2026, 11, 25, 23, 30, tzinfo=UTC))


def due_at(local: str, zone: ZoneInfo) -> str | None:
    return iso(new_task({"title": "x", "due_at": local}, zone).to_new().due_at)


def document(due: str) -> dict[str, Any]:
    return dict.fromkeys((*LABELS, "version"), "") | {"due_at": due, "tags": ()}


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "/etc/passwd", "America", "x" * 64, "ä\0"])
def test_a_zone_that_is_not_known_here_is_utc(name: str) -> None:
    assert zones.zone_of(name) is zones.UTC
    assert name not in zones.names()


def test_no_zone_is_utc() -> None:
    assert zones.zone_of(None) is zones.UTC


def test_every_zone_that_may_be_chosen_is_one_and_fits_its_column() -> None:
    assert {"Europe/Brussels", "Asia/Calcutta", "UTC"} <= set(zones.names())
    assert [name for name in zones.names() if zones.zone_of(name).key != name or len(name) > 64] == []


@pytest.mark.parametrize(
    ("zone", "words"), [(zones.UTC, "Tomorrow 10:00"), (BRUSSELS, "Today 11:00"), (SAO_PAULO, "Tomorrow 07:00")]
)
def test_today_and_tomorrow_are_those_of_the_reader(zone: ZoneInfo, words: str) -> None:
    """It is 23:30 in UTC, and past midnight in Brussels."""
    assert clock_words.due_words("2026-11-26T10:00:00Z", Somebody(zone)) == words


def test_a_day_without_a_time_is_one_that_begins_where_the_reader_is() -> None:
    assert clock_words.due_words("2026-11-26T23:00:00Z", Somebody(BRUSSELS)) == "Tomorrow"
    assert clock_words.due_words("2026-11-27T00:00:00Z", Somebody(BRUSSELS)) == "Tomorrow 01:00"


def test_the_year_is_told_if_the_reader_has_another() -> None:
    assert clock_words.day_words("2026-12-31T12:00:00Z", Somebody(BRUSSELS)) == "Thu 31 Dec"
    assert clock_words.day_words("2026-12-31T12:00:00Z", Somebody(KIRITIMATI)) == "Fri 1 Jan 2027"
    assert clock_words.month_words(datetime(2026, 12, 31, 12, tzinfo=UTC), Somebody(KIRITIMATI)) == "January 2027"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (zones.UTC, "Wed 25 Nov 2026, 17:00 UTC"),
        (BRUSSELS, "Wed 25 Nov 2026, 18:00 CET"),
        (SAO_PAULO, "Wed 25 Nov 2026, 14:00 UTC-03"),
    ],
)
def test_a_moment_is_told_with_its_zone(zone: ZoneInfo, words: str) -> None:
    assert clock_words.time_words("2026-11-25T17:00:00Z", Somebody(zone)) == words


def test_a_form_holds_the_readers_time() -> None:
    assert form_of(document("2026-11-25T23:30:00Z"), BRUSSELS)["due_at"] == "2026-11-26T00:30"
    assert due_at("2026-11-26T00:30", BRUSSELS) == "2026-11-25T23:30:00Z"


def test_a_time_that_clocks_skip_is_as_much_later() -> None:
    assert due_at("2027-03-28T02:30", BRUSSELS) == "2027-03-28T01:30:00Z"
    assert form_of(document("2027-03-28T01:30:00Z"), BRUSSELS)["due_at"] == "2027-03-28T03:30"


def test_of_a_time_that_clocks_show_twice_it_is_the_first() -> None:
    assert due_at("2026-10-25T02:30", BRUSSELS) == "2026-10-25T00:30:00Z"


@pytest.mark.parametrize("stored", ["2026-10-25T01:30:00Z", "2026-11-25T17:00:42.5Z"])
def test_a_time_that_nobody_changed_in_a_form_stays_what_it_was(stored: str) -> None:
    """Including the second 02:30 of that night, and seconds, which the form does not show."""
    shown = form_of(document(stored), BRUSSELS)
    assert "due_at" not in task_changes({"title": "x", "due_at": shown["due_at"]}, BRUSSELS, shown).changes()
    assert "due_at" in task_changes({"title": "x", "due_at": ""}, BRUSSELS, shown).changes()


@pytest.mark.parametrize("zone", [BRUSSELS, KIRITIMATI, SAO_PAULO])
@pytest.mark.parametrize("local", ["0002-01-02T00:00", "0500-03-01T00:00", "9998-12-30T23:59"])
def test_the_ends_of_time_are_told_in_every_zone(local: str, zone: ZoneInfo) -> None:
    stored = due_at(local, zone)
    assert form_of(document(stored or ""), zone)["due_at"] == local
