"""Reading what clients send: JSON bodies, forms and queries, each into a pydantic model or a clear error."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote_to_bytes

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from webob.request import BaseRequest as Asked

from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.request import Request

M = TypeVar("M", bound=BaseModel)
MAX_FIELDS = 1000
MAX_ERRORS = 20
REPLACEMENT = "\ufffd".encode()  # what WebOb puts in place of bytes that are no text


class Schema(BaseModel):
    """A body or a query. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# Control characters but newline and tab, and halves of surrogate pairs, which are no text.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _printable(text: str) -> str:
    """Text that every backend stores and every page shows."""
    if found := _UNPRINTABLE.search(text):
        if found[0] >= "\ud800":
            raise PydanticCustomError("surrogate", "Lone surrogates are not text")
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


def _year_fits(value: Any) -> Any:
    if value.year > 9998 or value.year < 2:
        raise PydanticCustomError("date_range", "The year should be between 2 and 9998")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment),
    AfterValidator(_year_fits),
    shown(format="date-time", pattern="^(?!000[01]|9999)", examples=["2026-11-30T12:00:00Z"]),
]


JSON = ("application/json",)
MERGE_PATCH = (*JSON, "application/merge-patch+json")


def read_json(request: Request, model: type[M], kinds: tuple[str, ...] = JSON) -> M:
    """The JSON body, sent as one of `kinds`, as a model. 415, 400 or 422 says what is wrong with it."""
    if request.content_type not in kinds or request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "unsupported_media_type", f"Send {' or '.join(kinds)}, not encoded.")
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Problem(415, "unsupported_media_type", "Send JSON as UTF-8.")
    body = request.body
    try:
        strict_json(body)
    except NoJsonError as error:
        detail = "The body is nested too deeply." if error.too_deep else f"The body is not JSON: {error}"
        raise Problem(400, "malformed_json", detail[:300]) from None
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise invalid(error, "body") from None


class NoJsonError(ValueError):
    """The bytes are no JSON in UTF-8, or no JSON that all readers take alike."""

    too_deep = False


class _TooDeepError(NoJsonError):
    too_deep = True


def strict_json(content: bytes) -> Any:
    """What JSON stands for, or NoJsonError: also for NaN, for numbers that are infinite, and for a name given twice."""
    try:
        text = content.decode("utf-8")
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_unique)
    except RecursionError:
        raise _TooDeepError("it is nested too deeply") from None
    except ValueError as error:
        raise NoJsonError(str(error)) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not allowed")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice in one object")
    return found


def read_query(request: Request, model: type[M]) -> M:
    """The query string as a model, or 422."""
    try:
        read: M = _of_query(model, request.query_string)
    except ValidationError as error:
        raise invalid(error, "query") from None
    return read


@lru_cache(256)
def _of_query(model: type[M], query_string: str) -> M:
    """Most lists are asked for by few queries. Models are frozen, so whoever asks by the same query can share one."""
    return model.model_validate(_single(Asked({"QUERY_STRING": query_string}).GET, "query"))


def read_filled(request: Request, model: type[M]) -> M:
    """The query string of a form that is sent to ask, whose empty fields say nothing, or 422."""
    try:
        given = _single(request.GET, "query")
        return model.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise invalid(error, "query") from None


def form_values(request: Request) -> dict[str, str]:
    """The fields of a form, without the CSRF token; 400 if it cannot be read."""
    values = _single(parse_form(request), "body")
    values.pop("csrf_token", None)
    return values


def parse_form(request: Request) -> Mapping[str, str]:
    """`request.POST`, or 400: WebOb crashes on some bodies, and makes the best of others. No form here has files."""
    if request.content_type.startswith("multipart/"):
        raise Problem(400, "malformed_form", _("Send the form as application/x-www-form-urlencoded."))
    try:
        fields: Mapping[str, str] = request.POST
    except (LookupError, DeprecationWarning):  # its charset
        raise Problem(400, "malformed_form", _("Send the form as UTF-8.")) from None
    if any("\ufffd" in value for value in fields.values()) and REPLACEMENT not in unquote_to_bytes(request.body):
        raise Problem(400, "malformed_form", _("The form is not UTF-8."))
    return fields


def _single(fields: Mapping[str, Any], where: str) -> dict[str, Any]:
    names = [name for name, _ in fields.items()]
    twice = [name for name, times in Counter(names).items() if times > 1] if len({*names}) < len(names) else []
    if twice or len(names) > MAX_FIELDS:
        errors = [{"loc": [where, name], "msg": "Give it once", "type": "repeated"} for name in twice[:MAX_ERRORS]]
        detail = _("A field is repeated.") if twice else _("More than ${most} fields.", mapping={"most": MAX_FIELDS})
        raise Problem(422 if where == "query" else 400, "validation_error", detail, errors=errors)
    return dict(fields.items())


def invalid(error: ValidationError, where: str) -> Problem:
    """422 with every mistake of a body, query or form."""
    errors = [
        {"loc": [where, *found["loc"]], "msg": found["msg"], "type": found["type"]}
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Problem(422, "validation_error", _("The request has mistakes; see errors."), errors=errors)
