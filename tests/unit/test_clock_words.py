"""How the site formats times."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from intermediate import clock_words
from intermediate.i18n import LANGUAGES
from intermediate.zones import UTC
from tests.unit.readers import ENGLISH, GERMAN, Somebody

NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_words, "utcnow", lambda: NOW)


def test_what_is_late_says_how_late() -> None:
    """In days of the user's time zone, and on the same day in hours."""
    reader = Somebody(ZoneInfo("Europe/Brussels"))
    wanted = {
        "2026-11-25T12:55:00Z": "5 min late",
        "2026-11-25T10:00:00Z": "3 h late",
        "2026-11-24T23:00:00Z": "14 h late",
        "2026-11-24T22:59:00Z": "1 day late",
        "2026-11-20T12:00:00Z": "5 days late",
        "2021-11-25T12:00:00Z": "1,826 days late",
        "2026-11-25T14:00:00Z": "",
    }
    assert {due: clock_words.late_words(due, reader) for due in wanted} == wanted


@pytest.mark.parametrize(
    ("due", "under", "words"),
    [
        ("2026-11-25T17:00:00Z", "", "Today 17:00"),
        ("2026-11-26T00:00:00Z", "", "Tomorrow"),
        ("2026-11-24T23:59:00Z", "", "Yesterday"),
        ("2026-11-25T23:59:00Z", "", "Today"),
        ("2021-03-01T09:30:00Z", "", "Mon 1 Mar 2021 09:30"),
        ("2026-11-25T17:00:00Z", "today", "17:00"),
        ("2026-11-25T23:59:00Z", "today", "Today"),
        ("2026-03-06T14:00:00Z", "week", "Fri 14:00"),
        ("2026-03-06T14:00:00Z", "later", "Fri 6 Mar 14:00"),
    ],
)
def test_a_due_date_is_told_from_today_and_without_what_its_heading_says(due: str, under: str, words: str) -> None:
    assert clock_words.due_words(due, ENGLISH, under) == words


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2026-11-25T08:55:00Z", "today at 08:55"),
        ("2026-11-24T22:10:00Z", "yesterday at 22:10"),
        ("2026-11-20T09:00:00Z", "on Fri 20 Nov at 09:00"),
    ],
)
def test_when_something_happened_is_said_within_a_sentence(time: str, words: str) -> None:
    assert clock_words.when_words(time, ENGLISH) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (240, "4 minutes ago"),
        (7200, "2 hours ago"),
        (86400 * 3, "3 days ago"),
    ],
)
def test_how_long_ago_a_time_was_is_said_in_its_greatest_unit(seconds: int, words: str) -> None:
    assert clock_words.ago_words((NOW - timedelta(seconds=seconds)).isoformat(), ENGLISH) == words


def test_germans_write_dates_their_way() -> None:
    assert clock_words.day_words("2026-11-25T17:00:00Z", GERMAN) == "Mi. 25. Nov."
    assert clock_words.day_words("2027-03-01T17:00:00Z", GERMAN) == "Mo. 1. März 2027"
    assert clock_words.month_words(datetime(2026, 3, 1, tzinfo=UTC), GERMAN) == "März 2026"
    assert clock_words.due_words("2026-12-04T17:00:00Z", GERMAN) == "Fr. 4. Dez. 18:00"
    assert clock_words.weekday(NOW.date(), GERMAN) == "Mi"
    assert clock_words.weekday(NOW.date(), GERMAN, "cccc") == "Mittwoch"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "Mi. 25. Nov. 2026, 18:00 MEZ"),
        ("Europe/London", "Mi. 25. Nov. 2026, 17:00 GMT"),
        ("America/Sao_Paulo", "Mi. 25. Nov. 2026, 14:00 UTC-03"),
        ("UTC", "Mi. 25. Nov. 2026, 17:00 UTC"),
    ],
)
def test_a_zone_has_its_german_name_if_there_is_one(zone: str, words: str) -> None:
    assert clock_words.time_words("2026-11-25T17:00:00Z", Somebody(ZoneInfo(zone), "de")) == words


def test_every_language_says_how_it_writes_a_day() -> None:
    assert clock_words.DAY.keys() == LANGUAGES.keys()


@pytest.mark.parametrize(
    ("words", "time", "said"),
    [
        (clock_words.late_words, "2026-11-25T12:55:00Z", "5 min überfällig"),
        (clock_words.late_words, "2026-11-25T10:00:00Z", "3 h überfällig"),
        (clock_words.late_words, "2026-11-24T12:00:00Z", "1 Tag überfällig"),
        (clock_words.late_words, "2021-11-25T12:00:00Z", "1.826 Tage überfällig"),
        (clock_words.due_words, "2026-11-25T17:00:00Z", "Heute 18:00"),
        (clock_words.due_words, "2026-11-25T23:00:00Z", "Morgen"),
        (clock_words.when_words, "2026-11-25T08:55:00Z", "heute um 09:55"),
        (clock_words.when_words, "2026-11-24T08:55:00Z", "gestern um 09:55"),
        (clock_words.when_words, "2026-11-20T08:55:00Z", "am Fr. 20. Nov. um 09:55"),
        (clock_words.ago_words, "2026-11-25T12:59:30Z", "gerade eben"),
        (clock_words.ago_words, "2026-11-25T12:59:00Z", "vor 1 Minute"),
        (clock_words.ago_words, "2026-11-25T11:00:00Z", "vor 2 Stunden"),
        (clock_words.ago_words, "2026-11-22T13:00:00Z", "vor 3 Tagen"),
    ],
)
def test_germans_read_german(words: Callable[[str, Somebody], str], time: str, said: str) -> None:
    assert words(time, GERMAN) == said
