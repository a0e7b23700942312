"""What schemas are made of: text, times and ids as clients write them, and as JSON Schema shows them."""

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
    """A body or a query. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# Control characters but newline and tab, and halves of surrogate pairs, which are no text.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _printable(text: str) -> str:
    """Text that every backend stores and every page shows."""
    if found := _UNPRINTABLE.search(text):
        if found[0] >= "\ud800":
            raise PydanticCustomError("surrogate", "Lone surrogates are not allowed")
        raise PydanticCustomError("control_character", "Control characters are not allowed")
    return text


# The same for JSON Schema, whose texts have no halves of surrogate pairs.
PRINTABLE = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]"
VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f]"


def shown(**keywords: Any) -> Any:
    """What JSON Schema says of a type, where our validators say it."""
    return WithJsonSchema({"type": "string", **keywords})


Printable = AfterValidator(_printable)
Text = Annotated[str, Printable]


def _digits(value: object) -> object:
    """An integer of a query is one to nine ASCII digits; int() would take more."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            raise PydanticCustomError("int_parsing", "Input should be one to nine digits")
        return int(value)
    return value


QueryInt = Annotated[int, BeforeValidator(_digits)]


LAST_ID = 999_999_999  # an address takes nine digits
Id = Annotated[int, Field(ge=1, le=LAST_ID)]


class PageQuery(Schema):
    """The query of a list: how many of it, and how many before them are left out."""

    limit: QueryInt = Field(20, ge=1, le=100)
    offset: QueryInt = Field(0, ge=0, le=LAST_ID)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: object) -> object:
    """A time as RFC 3339 writes it. Pydantic alone would read "2026" as seconds since 1970."""
    if not isinstance(value, str):
        return value
    text = value.upper()
    try:
        return datetime.fromisoformat(text if _MOMENT.fullmatch(text) else "")
    except ValueError:
        hint = "Input should be a time with its zone, such as 2026-11-30T12:00:00Z"
        raise PydanticCustomError("datetime", hint) from None


def _year_fits(value: datetime) -> datetime:
    """Then it is a time in every zone. It is stored and told in UTC, where its year may be another one."""
    if not (2 <= value.year <= 9998 and 2 <= value.astimezone(UTC).year <= 9998):
        raise PydanticCustomError("date_range", "The year must be between 2 and 9998")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    AfterValidator(_year_fits),
    shown(format="date-time", pattern="^(?!000[01]|9999)", examples=["2026-11-30T12:00:00Z"]),
]
