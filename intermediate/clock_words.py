"""Times in words, in the reader's time zone and language.

Times are given as in the API: ISO 8601 in UTC.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_name

from intermediate.i18n import _, ngettext
from intermediate.models.base import utcnow
from intermediate.number_words import Reader, locale, said

# CLDR patterns. The standard ones have commas, for which a row of a list has no room.
DAY = {"en": "E d MMM", "de": "E d. MMM"}
MONTH = "LLLL y"


def moment(when: str | datetime, zone: ZoneInfo) -> datetime:
    """Return a time in a time zone."""
    return (when if isinstance(when, datetime) else datetime.fromisoformat(when)).astimezone(zone)


def today(reader: Reader) -> date:
    return utcnow().astimezone(reader.time_zone).date()


@lru_cache(maxsize=1000)
def written(day: date, letters: str, language: str) -> str:
    """Format a day by a CLDR pattern. Cached, since a list has few different days, and Babel is slow."""
    return format_date(day, letters, locale=locale(language))


def date_words(day: date, reader: Reader, *, year: bool = False) -> str:
    """Return `Wed 25 Nov`, with the year if it is not the current one."""
    letters = DAY[reader.locale_name] + (" y" if year or day.year != today(reader).year else "")
    return written(day, letters, reader.locale_name)


def weekday(day: date, reader: Reader, letters: str = "ccc") -> str:
    """Return `Wed`, or with `cccc` `Wednesday`."""
    return written(day, letters, reader.locale_name)


def day_words(text: str, reader: Reader) -> str:
    """Return the day of a time, like `date_words`."""
    return date_words(moment(text, reader.time_zone).date(), reader)


def month_words(created: datetime, reader: Reader) -> str:
    """Return `March 2026`."""
    return written(moment(created, reader.time_zone).date(), MONTH, reader.locale_name)


def time_words(text: str, reader: Reader) -> str:
    """Return `Wed 25 Nov 2026, 17:00 CET`."""
    when = moment(text, reader.time_zone)
    return f"{date_words(when.date(), reader, year=True)}, {when:%H:%M} {zone_name(when, reader)}"


def zone_name(when: datetime, reader: Reader) -> str:
    """Return `CET`, or the offset of a zone that has no short name: `UTC-03`."""
    usual = when.tzname() or ""
    if usual[:1] in "+-":
        return f"UTC{usual}"
    named = usual if reader.locale_name == "en" else get_timezone_name(when, "short", locale=locale(reader.locale_name))
    return usual if named[:1] in "+-" else named


def due_words(text: str, reader: Reader, under: str = "") -> str:
    """Return a due time in its shortest form: `Today 17:00`, `Tomorrow`, `Fri 27 Nov`.

    The times 00:00 and 23:59 are left out. Under a heading that names the day, the day is left out: `17:00`.
    """
    when = moment(text, reader.time_zone)
    timed = (when.hour, when.minute) not in ((0, 0), (23, 59))
    if timed and under in ("today", "tomorrow"):
        return f"{when:%H:%M}"
    day = near_day(when.date(), reader) or (
        weekday(when.date(), reader) if under == "week" else day_words(text, reader)
    )
    return f"{day} {when:%H:%M}" if timed else day


def near_day(day: date, reader: Reader) -> str:
    words = {-1: _("Yesterday"), 0: _("Today"), 1: _("Tomorrow")}.get((day - today(reader)).days)
    return said(words, reader) if words else ""


def when_words(text: str, reader: Reader) -> str:
    """Return a past time within a sentence: `today at 08:55`, `yesterday at 22:10`, `on Fri 20 Nov at 09:00`."""
    when = moment(text, reader.time_zone)
    words = {0: _("today at ${time}"), 1: _("yesterday at ${time}")}.get((today(reader) - when.date()).days)
    return said(words or _("on ${day} at ${time}"), reader, time=f"{when:%H:%M}", day=day_words(text, reader))


def late_words(text: str, reader: Reader) -> str:
    """Return `3 days late` or `2 h late`, or an empty text if the time is in the future."""
    when, late = moment(text, reader.time_zone), utcnow() - datetime.fromisoformat(text)
    if late < timedelta(0):
        return ""
    if days := (today(reader) - when.date()).days:
        return said(ngettext("${count} day late", "${count} days late", days), reader)
    if late >= timedelta(hours=1):
        return said(_("${hours} h late"), reader, hours=f"{late.seconds // 3600}")
    return said(_("${minutes} min late"), reader, minutes=f"{late.seconds // 60}")


def ago_words(text: str, reader: Reader) -> str:
    """Return how long ago a time was: `just now`, `4 minutes ago`, `3 days ago`."""
    minutes = int((utcnow() - datetime.fromisoformat(text)).total_seconds()) // 60
    days, hours = minutes // (24 * 60), minutes // 60
    if days > 0:
        return said(ngettext("${count} day ago", "${count} days ago", days), reader)
    if hours > 0:
        return said(ngettext("${count} hour ago", "${count} hours ago", hours), reader)
    if minutes > 0:
        return said(ngettext("${count} minute ago", "${count} minutes ago", minutes), reader)
    return said(_("just now"), reader)
