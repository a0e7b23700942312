"""How to cause each outcome that random requests would cause rarely or never."""

import secrets
from collections.abc import Mapping

from tests.fuzz.caller import CSV, FILE, PASSWORD
from tests.fuzz.changes import (
    LARGE,
    ME,
    NOWHERE,
    WAITING,
    Change,
    as_account,
    body,
    both,
    change_of_address,
    document,
    form,
    header,
    made,
    nowhere,
    path,
    plain,
    query,
    stranger,
    switched_off,
    without,
)

ON_TASK = both(plain, made(lambda: path(task_id=ME.new_task())))
SOMEBODY = made(lambda: path(user_id=ME.api.new_account().id))
MYSELF = made(lambda: as_account(ME.api.new_account()))
REAL: Mapping[str, Change] = {
    "ask_for_report": both(plain, document(owner_id=ME.id)),
    "cancel_job": made(lambda: path(job_id=next(WAITING, ME.report))),
    "change_me": both(MYSELF, made(lambda: change_of_address(PASSWORD))),
    "change_task": ON_TASK,
    "change_user": SOMEBODY,
    "delete_task": ON_TASK,
    "delete_user": SOMEBODY,
    "follow_job": path(job_id=ME.report),
    "get_job": path(job_id=ME.report),
    "get_job_result": path(job_id=ME.imported),
    "get_report": path(owner_id=ME.id),
    "get_task": ON_TASK,
    "get_user": SOMEBODY,
    "import_tasks": both(plain, body(FILE, CSV)),
    "list_tasks": both(plain, query()),
    "log_in": made(lambda: form(username=ME.api.new_account().email, password=PASSWORD)),
    "make_reset_link": SOMEBODY,
    "refresh": made(lambda: form(refresh_token=ME.api.log_in(ME.api.new_account().email)["refresh_token"])),
    "register": made(lambda: document(email=f"{secrets.token_hex(8)}@example.com", password=PASSWORD)),
    "replace_task": ON_TASK,
    "restore_task": made(lambda: path(task_id=ME.trashed_task())),
}
"""Changes with real data, with which the operation succeeds. Other operations only need `plain`."""

ANYWHERE: Mapping[str, Change] = {
    "304": header("If-None-Match", "*"),
    "400 bad_request": query(q=b"\xff"),
    "400 invalid_idempotency_key": header("Idempotency-Key", "k" * 256),
    "400 invalid_request": header("Authorization", f"Bearer {ME.token}, Bearer {ME.token}"),
    "400 malformed_form": body("no parts", "multipart/form-data; boundary="),
    "400 malformed_json": body("{"),
    "401 invalid_token": header("Authorization", "Bearer nobody"),
    "401 missing_token": without("Authorization"),
    "403 forbidden": made(lambda: as_account(stranger())),
    "404 not_found": nowhere,
    "412 precondition_failed": header("If-None-Match", "*"),
    "412 stale_version": header("If-Match", '"0-0"'),
    "413 too_large": body(LARGE),
    "415 unsupported_media_type": body("what I want", "text/plain"),
    "422 idempotency_key_reused": header("Idempotency-Key", ME.used_key),
    "422 invalid_cursor": query(cursor="of nothing"),
    "422 validation_error": query(unknown=1),
    "422 invalid_file": body("no header that is known\n", CSV),
}
OF_ONE: Mapping[str, Mapping[str, Change]] = {
    "ask_for_report": {"404 not_found": document(owner_id=NOWHERE)},
    "cancel_job": {"409 job_over": path(job_id=ME.report)},
    "change_me": {
        "403 wrong_password": change_of_address("not the right one"),
        "409 email_taken": change_of_address(PASSWORD, ME.email),
    },
    "get_job_result": {"404 no_result": path(job_id=ME.report)},
    "get_report": {"404 no_report": made(lambda: both(path(owner_id=stranger().id), as_account(stranger())))},
    "list_tasks": {
        "403 forbidden": made(lambda: both(query(owner_id=ME.id), as_account(stranger()))),
        "404 not_found": query(owner_id=NOWHERE),
    },
    "log_in": {
        "400 invalid_grant": form(username=ME.email, password="not the right one"),
        "400 invalid_request": form(username=ME.email),
        "400 invalid_scope": form(username=ME.email, password=PASSWORD, scope="all"),
        "400 unsupported_grant_type": form(grant_type="client_credentials"),
    },
    "make_reset_link": {"409 account_off": made(lambda: path(user_id=switched_off()))},
    "refresh": {
        "400 invalid_grant": form(refresh_token="of nobody"),
        "400 invalid_request": form(grant_type="refresh_token"),
        "400 unsupported_grant_type": form(grant_type="password"),
    },
    "register": {"409 email_taken": document(email=ME.email, password=PASSWORD)},
}


def situations(operation_id: str, outcomes: set[str]) -> list[Change]:
    """Return a change for each of these outcomes that has one: real data, except for what causes the outcome.

    The other outcomes result from requests that are invalid by the schema.
    """
    known = {**ANYWHERE, **OF_ONE.get(operation_id, {})}
    return [both(real(operation_id), known[one]) for one in sorted(outcomes) if one in known]


def real(operation_id: str) -> Change:
    return REAL.get(operation_id, plain)
