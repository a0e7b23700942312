"""How the site formats numbers, percentages and durations."""

import pytest

from intermediate import number_words
from intermediate.number_words import DAY, HOUR
from tests.unit.readers import ENGLISH, GERMAN


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (720, "12 min"),
        (4 * HOUR + 600, "4 h 10 min"),
        (DAY, "1 day"),
        (2 * DAY + 4 * HOUR, "2 days 4 h"),
        (DAY + 60, "1 day"),
    ],
)
def test_a_duration_is_told_by_its_greatest_parts(seconds: float, words: str) -> None:
    assert number_words.duration_words(seconds, ENGLISH) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (40.9, "40 s"),
        (725, "12 min"),
        (4 * HOUR, "4 h"),
        (2 * DAY + 4 * HOUR, "2 d 4 h"),
        (2 * DAY + 600, "2 d"),
        (1234 * DAY, "1,234 d"),
    ],
)
def test_a_figure_says_the_two_greatest_parts_of_a_duration(seconds: float, words: str) -> None:
    assert number_words.short_duration(seconds, ENGLISH) == words


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9428, "9,428"), (12_500, "12.5k"), (999_949, "1M"), (10**6, "1M"), (2_500_000_000, "2.5B")],
)
def test_large_numbers_are_short(number: int, text: str) -> None:
    assert number_words.compact(number, ENGLISH) == text


@pytest.mark.parametrize(
    ("rate", "english", "german"),
    [(0, "0 %", "0 %"), (0.649, "64.9 %", "64,9 %"), (2 / 3, "66.7 %", "66,7 %"), (1, "100 %", "100 %")],
)
def test_a_share_has_one_place_unless_it_is_whole(rate: float, english: str, german: str) -> None:
    assert (number_words.percent(rate, ENGLISH), number_words.percent(rate, GERMAN)) == (english, german)


def test_germans_write_numbers_their_way() -> None:
    assert number_words.number(1_234_567, GERMAN) == "1.234.567"
    assert number_words.duration_words(2 * DAY + 4 * HOUR, GERMAN) == "2 Tage 4 h"
    assert number_words.compact(9428, GERMAN) == "9.428"
    assert number_words.compact(12_500, GERMAN) == "12,5 Tsd."
    assert number_words.short_duration(2 * DAY + 4 * HOUR, GERMAN) == "2 Tg. 4 h"


def test_no_number_is_too_large_to_be_told() -> None:
    assert number_words.number(1e308, ENGLISH).startswith("100,000")
