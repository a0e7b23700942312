"""Numbers, percentages and durations, formatted for the reader's language."""

from decimal import localcontext
from functools import cache, lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal
from babel.units import format_unit
from pyramid.i18n import Localizer

from intermediate.i18n import _, translate

HOUR, DAY = 3600, 86400
DIGITS = 320  # the largest float has 309, and a report of another program may contain any number
LARGE = ((10**9, _("${number}B")), (10**6, _("${number}M")), (10**3, _("${number}k")))

locale = cache(Locale)  # by its name; a lookup takes as long as formatting a number


class Reader(Protocol):
    """The time zone and language to format for. A request is one."""

    time_zone: ZoneInfo
    locale_name: str
    localizer: Localizer


def said(message: str, reader: Reader, **mapping: str) -> str:
    """Return a message of Python code in the reader's language."""
    return str(translate(reader.localizer, message % mapping if mapping else message))


def number(value: float, reader: Reader, pattern: str | None = None) -> str:
    """Return `9,428`, or the number in a CLDR pattern."""
    return _written(value, pattern, reader.locale_name)


@lru_cache(maxsize=1000)
def _written(value: float, pattern: str | None, language: str) -> str:
    with localcontext(prec=DIGITS):
        return format_decimal(value, pattern, locale=locale(language))


def rounded(value: float, reader: Reader) -> str:
    """Return `64.9`, or a whole number without the point."""
    return number(round(value, 1), reader, "#,##0.#")


def percent(rate: float, reader: Reader) -> str:
    """Return a fraction from 0 to 1 as `64.9 %`."""
    return f"{rounded(rate * 100, reader)} %"


def compact(value: int, reader: Reader) -> str:
    """Return `9,428`, `12.5k` or `1M`, where there is little room."""
    for unit, words in LARGE:
        if value >= max(10_000, unit * 0.9995):
            return said(words, reader, number=rounded(value / unit, reader))
    return number(value, reader)


def unit_words(value: int, unit: str, reader: Reader) -> str:
    """Return `2 days`. The unit is one of CLDR's units of time."""
    return format_unit(value, f"duration-{unit}", locale=locale(reader.locale_name))


def duration_words(seconds: float, reader: Reader) -> str:
    """Return the two largest units of a duration: `2 days 4 h`, `4 h 10 min`, `12 min`, `40 s`."""
    return _greatest(seconds, unit_words(int(seconds) // DAY, "day", reader))


def short_duration(seconds: float, reader: Reader) -> str:
    """Return the same for a figure, with `2 d`."""
    return _greatest(seconds, said(_("${days} d"), reader, days=number(int(seconds) // DAY, reader)))


def _greatest(seconds: float, days: str) -> str:
    """Return the two largest units. Hours, minutes and seconds have the same symbols in all languages."""
    whole = int(seconds)
    counts = (whole // DAY, whole // HOUR % 24, whole // 60 % 60)
    words = (days, f"{counts[1]} h", f"{counts[2]} min")
    first = next((index for index, count in enumerate(counts) if count), None)
    if first is None:
        return f"{whole} s"
    return " ".join(words[index] for index in range(first, min(first + 2, 3)) if counts[index])
