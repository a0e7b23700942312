"""What schemathesis cannot know: who asks, and what is there to be asked for. It loads this file by itself.

The first requests to an operation that are right by the schema are made to bring about all that it documents, one
outcome each. Of the later ones half get something real put in, so that they succeed. What is sent in a sequence
(the stateful phase) stays as it is.
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

# Whoever does this is somebody else afterwards, or nobody.
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
    """The caller's token, or that of an account that may come to its end."""

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
        case._meta = None  # it is no longer right by the schema, nor one of its wrong ones
    elif turns[name] % 2:
        real(name)(case, options)


def spare(case: Case) -> None:
    """Who asks must go on asking, what leads to the reports is no job, and a key that was used hides other errors."""
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
    """Other methods than the operation's are tried at its address, too. They are none of its cases."""
    if case.method == case.operation.method.upper():
        found = outcomes.outcome(response.status_code, response.content)
        phase = case.meta.phase.name.value if case.meta else "changed"
        outcomes.write(Path(os.environ["FUZZ_ANSWERS"]), outcomes.Answer(case.operation.label, found, phase))
