"""Messages about a form's errors, one for each field. They are translated where they are shown."""

import calendar
import re
from datetime import date
from functools import partial
from typing import Any

from babel.dates import format_date
from pydantic import ValidationError

from intermediate.i18n import _

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
NOT_STORED = _("This contains a character that cannot be stored.")
NOT_ON_OFFER = _("Choose one of the listed options.")
WHOLE_NUMBER = _("Enter a whole number.")
TYPE_CURRENT = _("Type your current password.")

OF_A_FIELD = {
    ("title", "string_too_short"): _("Give the task a title."),
    ("title", "missing"): _("Give the task a title."),
    ("email", "missing"): _("Enter an e-mail address."),
    ("password", "missing"): _("Choose a password."),
    ("password", "string_too_short"): _("At least 8 characters."),
    ("current_password", "missing"): TYPE_CURRENT,
    ("current_password", "string_too_short"): TYPE_CURRENT,
    ("new_password", "missing"): _("Choose a password."),
    ("new_password", "string_too_short"): _("At least 8 characters."),
    ("name", "missing"): _("Give the token a name."),
    ("name", "string_too_short"): _("Give the token a name."),
    ("name", "string_pattern_mismatch"): _("A name must be a single line."),
    ("tags", "too_long"): _("At most 20 tags."),
    ("tags", "string_pattern_mismatch"): _("A tag cannot contain a comma."),
}
OF_ANY = {
    "literal_error": NOT_ON_OFFER,
    "control_character": NOT_STORED,
    "surrogate": NOT_STORED,
    "string_unicode": NOT_STORED,
    "extra_forbidden": _("This form sent an unknown field. Reload the page."),
    "date_range": _("The year must be between 2 and 9998."),
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "float_parsing": _("Enter a number."),
}
BOUNDS = {  # pydantic's error type to the name of the bound in its context
    "greater_than_equal": ("ge", _("At least ${bound}.")),
    "less_than_equal": ("le", _("At most ${bound}.")),
    "greater_than": ("gt", _("More than ${bound}.")),
    "less_than": ("lt", _("Less than ${bound}.")),
}


def field_errors(error: ValidationError) -> dict[str, str]:
    """Return one sentence for each invalid field. Errors that belong to no field of the form are under `form`."""
    words: dict[str, str] = {}
    for found in error.errors(include_url=False):
        field = "form" if found["type"] == "extra_forbidden" else str(found["loc"][0])
        words.setdefault(field, _sentence(field, found))
    return words


def _sentence(field: str, found: Any) -> str:
    kind, value = found["type"], found["input"]
    known = OF_A_FIELD.get((field, kind)) or OF_ANY.get(kind)
    if known:
        return known
    if kind == "string_too_long":
        counts = {"most": found["ctx"]["max_length"], "length": len(value.strip())}
        if field == "tags":
            return _("A tag can have at most ${most} characters; this has ${length}.", mapping=counts)
        return _("At most ${most} characters; this has ${length}.", mapping=counts)
    if kind in BOUNDS:
        bound, sentence = BOUNDS[kind]
        return sentence % {"bound": found["ctx"][bound]}
    if kind.startswith(("datetime", "timezone")):
        return date_sentence(str(value))
    return marked(found["msg"])


def marked(text: str) -> str:
    """Mark a validator's message for translation again: pydantic keeps only its text."""
    return _(text)


def date_sentence(value: str) -> str:
    """Return why an input is no valid time: `November has 30 days.`"""
    found = _DAY.match(value)
    if found:
        year, month, day = (int(part) for part in found.groups())
        if 1 <= month <= 12 and year > 0 and day > (last := calendar.monthrange(year, month)[1]):
            named = partial(format_date, date(year, month, 1), "LLLL y" if month == 2 else "LLLL")
            return _("${month} has ${days} days.", mapping={"month": lambda locale: named(locale=locale), "days": last})
    return _("Enter the date and time as 2026-11-30 17:00.")
