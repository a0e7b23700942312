"""Hooks for schemathesis: the token of requests, and real data in them. SCHEMATHESIS_HOOKS names this module.

The first valid requests to an operation are changed to cause each documented outcome once. Half of the later ones get
real data, so that they succeed. Requests in sequences (the stateful phase) are not changed.
"""

import os
import secrets
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.core.parameters import ParameterLocation

from tests.fuzz import outcomes
from tests.fuzz.changes import ME, NOWHERE, Change, Options
from tests.fuzz.situations import real, situations
from tests.fuzz.unseen import excuses

# Operations that end or change the caller's login.
ENDING = {"log_out", "change_me", "delete_me"}
Case = Any
KEY = "Idempotency-Key"

to_come: dict[str, list[Change]] = {}
turns = Counter[str]()
used_keys: set[str] = set()


def operation_id(case: Case) -> str:
    found: str = case.operation.definition.raw["operationId"]
    return found


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """Adds the caller's token, or that of a new account for operations in ENDING."""

    def get(self, case: Case, _context: Any) -> str:
        return ME.api.new_account().token if operation_id(case) in ENDING else ME.token

    def set(self, case: Case, data: str, _context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook("before_call")
def prepare(_context: Any, case: Case, options: Options) -> None:
    spare(case)
    if case.meta is None or case.method != case.operation.method.upper() or case.meta.phase.name.value == "stateful":
        return
    if case.meta.generation.mode.value != "positive":
        return
    name = operation_id(case)
    if name not in to_come:
        documented = outcomes.documented_by(case.operation.definition.raw["responses"])
        to_come[name] = situations(name, documented - excuses(case.operation.label, documented).keys())
    turns[name] += 1
    if to_come[name]:
        to_come[name].pop()(case, options)
        case._meta = None  # it no longer is a valid or an invalid case by the schema
    elif turns[name] % 2:
        real(name)(case, options)


def spare(case: Case) -> None:
    """Protect the caller's account, keep `task-report` out of job ids, and replace idempotency keys that were used."""
    found = case.path_parameters or {}
    if str(found.get("user_id")) == str(ME.id) and case.method != "GET":
        case.path_parameters = {"user_id": NOWHERE}
    if found.get("job_id") == "task-report":
        case.path_parameters = {"job_id": NOWHERE}
    key = (case.headers or {}).get(KEY)
    if key is None or case.meta is None or case.meta.is_negative_at(ParameterLocation.HEADER):
        return
    if key in used_keys:
        case.headers[KEY] = secrets.token_hex(8)
    used_keys.add(key)


@schemathesis.hook("after_call")
def note(_context: Any, case: Case, response: Any) -> None:
    """Record the outcome. Requests with other methods on the same path are not cases of the operation."""
    if case.method == case.operation.method.upper():
        found = outcomes.outcome(response.status_code, response.content)
        phase = case.meta.phase.name.value if case.meta else "changed"
        outcomes.write(Path(os.environ["FUZZ_ANSWERS"]), outcomes.Answer(case.operation.label, found, phase))
