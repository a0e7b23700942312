"""Changes to a case before it is sent, for outcomes that a request generated from the schema cannot cause.

`options` are the keyword arguments for `requests`: `data` is the body.
"""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from tests.fuzz.caller import FORM, JSON, Account, Caller

Case = Any
Options = dict[str, Any]
Change = Callable[[Case, Options], None]
ME = Caller.of_environment()
WAITING = iter(ME.waiting)
NOWHERE = 999_999_999
LARGE = " " * (2 * 1024 * 1024)


def both(*changes: Change) -> Change:
    def in_turn(case: Case, options: Options) -> None:
        for change in changes:
            change(case, options)

    return in_turn


def header(name: str, value: str) -> Change:
    return lambda case, _: case.headers.update({name: value})


def without(*names: str) -> Change:
    def strip(case: Case, _: Options) -> None:
        for name in names:
            case.headers.pop(name, None)

    return strip


plain = without("If-Match", "If-None-Match", "Idempotency-Key")


def body(content: str, kind: str = JSON) -> Change:
    def send(case: Case, options: Options) -> None:
        options["data"] = content.encode()
        case.headers["Content-Type"] = kind

    return send


def form(**fields: str) -> Change:
    return body(urlencode(fields), FORM)


def document(**fields: Any) -> Change:
    return body(json.dumps(fields))


def path(**values: int) -> Change:
    return lambda case, _: case.path_parameters.update(values)


def query(**values: Any) -> Change:
    def ask(case: Case, _: Options) -> None:
        case.query = values

    return ask


def made(change: Callable[[], Change]) -> Change:
    """Return a change that is created for each case, for data that can be used only once."""
    return lambda case, options: change()(case, options)


def as_account(account: Account) -> Change:
    return header("Authorization", f"Bearer {account.token}")


@cache
def stranger() -> Account:
    """Return a regular account without data. Cases of an administrator may delete it."""
    return ME.api.new_account()


def switched_off() -> int:
    account = ME.api.new_account()
    with suppress(HTTPError):  # a regular user may not, and does not need it
        ME.api.send("PATCH", f"/api/users/{account.id}", {"is_active": False}, ME.token)
    return account.id


def nowhere(case: Case, _: Options) -> None:
    case.path_parameters.update(dict.fromkeys(case.path_parameters, NOWHERE))


def change_of_address(password: str, email: str | None = None) -> Change:
    return document(email=email or f"{secrets.token_hex(8)}@example.com", current_password=password)
