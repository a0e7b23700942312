"""What is changed in a case before it is sent, so that it brings about what no schema tells.

`options` are what `requests` is given with a case: `data` there is the body as it is sent.
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
    """One that is made anew each time, as what it spends is."""
    return lambda case, options: change()(case, options)


def as_account(account: Account) -> Change:
    return header("Authorization", f"Bearer {account.token}")


@cache
def stranger() -> Account:
    """An ordinary account that has nothing. An administrator's cases may end it; an ordinary user's do not."""
    return ME.api.new_account()


def switched_off() -> int:
    account = ME.api.new_account()
    with suppress(HTTPError):  # an ordinary user may not, nor what is asked for then
        ME.api.send("PATCH", f"/api/users/{account.id}", {"is_active": False}, ME.token)
    return account.id


def nowhere(case: Case, _: Options) -> None:
    case.path_parameters.update(dict.fromkeys(case.path_parameters, NOWHERE))


def change_of_address(password: str, email: str | None = None) -> Change:
    return document(email=email or f"{secrets.token_hex(8)}@example.com", current_password=password)
