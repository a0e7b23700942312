"""Base classes and types of schemas: validation of text, times and ids, and their JSON Schema."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError


class Schema(BaseModel):
    """Base class of bodies and queries. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# Control characters except newline and tab, and lone surrogates, which are not valid text.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _printable(text: str) -> str:
    """Refuse characters that some backend cannot store or a page cannot show."""
    if found := _UNPRINTABLE.search(text):
        if found[0] >= "\ud800":
            raise PydanticCustomError("surrogate", "Lone surrogates are not allowed")
        raise PydanticCustomError("control_character", "Control characters are not allowed")
    return text


# The same for JSON Schema, whose strings have no lone surrogates.
PRINTABLE = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]"
VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f]"


def shown(**keywords: Any) -> Any:
    """Set the JSON Schema of a type whose constraints are in validators, which pydantic cannot describe."""
    return WithJsonSchema({"type": "string", **keywords})


Printable = AfterValidator(_printable)
Text = Annotated[str, Printable]


def _digits(value: object) -> object:
    """Parse an integer of a query: one to nine ASCII digits. `int()` accepts more forms."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise PydanticCustomError("int_parsing", "Input should be one to nine digits")
        return int(value)
    return value


QueryInt = Annotated[int, BeforeValidator(_digits)]


LAST_ID = 999_999_999  # ids in URLs have at most nine digits
Id = Annotated[int, Field(ge=1, le=LAST_ID)]


class PageQuery(Schema):
    """The paging parameters of a list."""

    limit: QueryInt = Field(20, ge=1, le=100)
    offset: QueryInt = Field(0, ge=0, le=LAST_ID)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: object) -> object:
    """Parse an RFC 3339 time. Pydantic alone would read "2026" as seconds since 1970."""
    if not isinstance(value, str):
        return value
    text = value.upper()
    try:
        return datetime.fromisoformat(text if _MOMENT.fullmatch(text) else "")
    except ValueError:
        hint = "Input should be a time with its zone, such as 2026-11-30T12:00:00Z"
        raise PydanticCustomError("datetime", hint) from None


def _year_fits(value: datetime) -> datetime:
    """Refuse years that overflow in some time zone. Checked in UTC too, as times are stored and shown in UTC."""
    if not (2 <= value.year <= 9998 and 2 <= value.astimezone(UTC).year <= 9998):
        raise PydanticCustomError("date_range", "The year must be between 2 and 9998")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    AfterValidator(_year_fits),
    shown(format="date-time", pattern="^(?!000[01]|9999)", examples=["2026-11-30T12:00:00Z"]),
]
