"""What schemathesis cannot know: who asks, and what is there to be asked for. It loads this file by itself.

Half of the requests that are right by the schema get something real put in, so that each operation succeeds too.
"""

import itertools
import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import schemathesis

ADDRESS, ADMIN, OWNER, WAITING = (os.environ[f"FUZZ_{name}"] for name in ("ADDRESS", "ADMIN", "OWNER", "WAITING"))
PASSWORD = "correct horse battery"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# Whoever does this is somebody else afterwards, or nobody.
ENDING = {"log_out", "change_me", "delete_me"}

waiting_jobs = iter(WAITING.split(","))
turn = itertools.count()
CONDITIONAL = {"list_tasks", "count_tasks", "get_task", "show_openapi"}


def send(method: str, path: str, kind: str, body: str = "", token: str = "") -> Any:
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = Request(ADDRESS + path, body.encode(), headers, method=method)
    with urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def new_account() -> dict[str, str]:
    """The form of a login of an account that nothing else uses."""
    email = f"{secrets.token_hex(8)}@example.com"
    send("POST", "/api/auth/register", JSON, json.dumps({"email": email, "password": PASSWORD}))
    return {"username": email, "password": PASSWORD}


def log_in(form: dict[str, str]) -> Any:
    return send("POST", "/api/auth/login", FORM, urlencode(form))


def operation_id(case: Any) -> str:
    found: str = case.operation.definition.raw["operationId"]
    return found


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """The administrator's token, or that of an account that may come to its end."""

    def get(self, case: Any, _context: Any) -> str:
        return log_in(new_account())["access_token"] if operation_id(case) in ENDING else ADMIN

    def set(self, case: Any, data: str, _context: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


def new_task() -> int:
    task_id: int = send("POST", "/api/tasks", JSON, '{"title": "something real"}', ADMIN)["id"]
    return task_id


def trashed_task() -> int:
    task_id = new_task()
    send("DELETE", f"/api/tasks/{task_id}", JSON, token=ADMIN)
    return task_id


REAL_BODIES = {
    "log_in": lambda: {"grant_type": "password", **new_account()},
    "refresh": lambda: {"grant_type": "refresh_token", "refresh_token": log_in(new_account())["refresh_token"]},
    "ask_for_report": lambda: {"owner_id": int(OWNER)},
}
REAL_PATHS = {
    "get_task": lambda: {"task_id": new_task()},
    "restore_task": lambda: {"task_id": trashed_task()},
    "get_report": lambda: {"owner_id": int(OWNER)},
    "cancel_job": lambda: {"job_id": int(next(waiting_jobs, "1"))},
    "follow_job": lambda: {"job_id": 1},
    "get_job": lambda: {"job_id": 1},
}


@schemathesis.hook("before_call")
def make_real(_context: Any, case: Any, _kwargs: Any) -> None:
    name = operation_id(case)
    if name in ("change_user", "delete_user") and str((case.path_parameters or {}).get("user_id")) == OWNER:
        case.path_parameters = {"user_id": 999_999_999}  # who asks must go on asking
    if (case.path_parameters or {}).get("job_id") == "task-report":  # taken from the index of links
        case.path_parameters = {"job_id": 999_999_999}
    if case.meta is None or case.meta.generation.mode.value != "positive" or next(turn) % 2:
        return
    if name in REAL_BODIES:
        case.body = REAL_BODIES[name]()  # type: ignore[no-untyped-call]
    if name in REAL_PATHS:
        case.path_parameters = REAL_PATHS[name]()
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = secrets.token_hex(8)
    if name in CONDITIONAL:
        case.headers = {**(case.headers or {}), "If-None-Match": "*"}
        case.headers.pop("If-Match", None)


@schemathesis.hook("after_call")
def note(_context: Any, case: Any, response: Any) -> None:
    with Path(os.environ["FUZZ_ANSWERS"]).open("a") as file:
        file.write(f"{case.operation.label} {response.status_code}\n")
