"""Parsing of requests: JSON bodies, forms and queries into pydantic models, or a Problem with clear errors."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, ValidationError
from webob.request import BaseRequest

from intermediate.i18n import _
from intermediate.problems import Problem
from intermediate.request import Request

M = TypeVar("M", bound=BaseModel)
JSON = ("application/json",)
MERGE_PATCH = (*JSON, "application/merge-patch+json")
MAX_FIELDS = 1000
MAX_ERRORS = 20
REPLACEMENT = "\ufffd".encode()  # WebOb replaces invalid UTF-8 by it


def read_json(request: Request, model: type[M], kinds: tuple[str, ...] = JSON) -> M:
    """Return the JSON body, sent as one of the media types `kinds`, as a model. Raise Problem 415, 400 or 422."""
    if request.content_type not in kinds or request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "unsupported_media_type", f"Send {' or '.join(kinds)}, without Content-Encoding.")
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Problem(415, "unsupported_media_type", "Send JSON as UTF-8.")
    body = request.body
    try:
        strict_json(body)
    except NoJsonError as error:
        detail = (
            "The body is nested too deeply."
            if isinstance(error, TooDeepError)
            else f"The body is not valid JSON: {error}"
        )
        raise Problem(400, "malformed_json", detail[:300]) from None
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise invalid(error, "body") from None


class NoJsonError(ValueError):
    """The content is not valid JSON in UTF-8, or JSON that parsers interpret differently."""


class TooDeepError(NoJsonError):
    """The content is nested more deeply than Python's parser allows."""


def strict_json(content: bytes) -> Any:
    """Parse JSON. Raise NoJsonError, also for NaN, for infinite numbers, and for duplicate names in an object."""
    try:
        text = content.decode("utf-8")
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_unique)
    except RecursionError:
        raise TooDeepError("it is nested too deeply") from None
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
    """Return the query string as a model. Raise Problem 422."""
    try:
        read: M = _of_query(model, request.query_string)
    except ValidationError as error:
        raise invalid(error, "query") from None
    return read


@lru_cache(256)
def _of_query(model: type[M], query_string: str) -> M:
    """Parse a query string. Cached, since most requests use few queries; models are frozen, so they can be shared."""
    return model.model_validate(_single(BaseRequest({"QUERY_STRING": query_string}).GET, "query"))


def read_filled(request: Request, model: type[M]) -> M:
    """Return the query string of a GET form as a model; empty fields count as absent. Raise Problem 422."""
    try:
        given = _single(request.GET, "query")
        return model.model_validate({name: value for name, value in given.items() if value})
    except ValidationError as error:
        raise invalid(error, "query") from None


def form_values(request: Request) -> dict[str, str]:
    """Return the fields of a form without the CSRF token. Raise Problem 400 if it cannot be parsed."""
    values = _single(parse_form(request), "body")
    values.pop("csrf_token", None)
    return values


def parse_form(request: Request) -> Mapping[str, str]:
    """Return `request.POST`, or raise Problem 400. WebOb crashes on some bodies, and guesses at others.

    Multipart forms are refused, since no form here has files.
    """
    if request.content_type.startswith("multipart/"):
        raise Problem(400, "malformed_form", _("Send the form as application/x-www-form-urlencoded."))
    try:
        fields: Mapping[str, str] = request.POST
    except (LookupError, DeprecationWarning):  # caused by its charset
        raise Problem(400, "malformed_form", _("Send the form as UTF-8.")) from None
    if any("\ufffd" in value for value in fields.values()) and REPLACEMENT not in unquote_to_bytes(request.body):
        raise Problem(400, "malformed_form", _("The form is not valid UTF-8."))
    return fields


def _single(fields: Mapping[str, Any], where: str) -> dict[str, Any]:
    names = [name for name, _ in fields.items()]
    twice = [name for name, times in Counter(names).items() if times > 1] if len({*names}) < len(names) else []
    if twice or len(names) > MAX_FIELDS:
        errors = [{"loc": [where, name], "msg": "Send it only once", "type": "repeated"} for name in twice[:MAX_ERRORS]]
        detail = (
            _("A field was sent more than once.")
            if twice
            else _("More than ${most} fields.", mapping={"most": MAX_FIELDS})
        )
        raise Problem(422 if where == "query" else 400, "validation_error", detail, errors=errors)
    return dict(fields.items())


def invalid(error: ValidationError, where: str) -> Problem:
    """Return Problem 422 with all errors of a body, query or form."""
    errors = [
        {"loc": [where, *found["loc"]], "msg": found["msg"], "type": found["type"]}
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Problem(422, "validation_error", _("The request is not valid; see errors."), errors=errors)
