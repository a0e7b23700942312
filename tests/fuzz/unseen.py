"""Documented outcomes that the fuzzer cannot cause, each with the test that does."""

from collections.abc import Mapping

ANYWHERE = {
    "429 too_many_requests": "limits are off for the fuzzer: tests/functional/limits/",
    "429 too_many_attempts": "limits are off for the fuzzer: tests/functional/limits/",
    "503 auth_unavailable": "too many passwords at once: tests/functional/limits/test_requests.py",
    "503 database_unavailable": "the database is away: tests/faults/test_database.py",
    "503 exports_busy": "too many exports at once: tests/unit/test_exporting.py",
    "503 queue_unavailable": "the queue is away: tests/faults/test_rq.py",
    "503 tasks_unavailable": "a store beside the database is away: intermediate/testing/tasks_outages.py",
    "503 too_many_streams": "too many streams at once: tests/unit/test_streams.py",
    "409 idempotency_key_in_use": "two requests at once, on Postgres: tests/unit/test_idempotency.py",
    "409 last_admin": "who asks goes on being one: tests/functional/test_users.py",
}
OF_ONE = {
    "POST /api/users/{user_id}/reset-link": {
        "409 no_passwords": "accounts have some: tests/functional/test_reset_links.py"
    },
    "GET /metrics": {"404 not_found": "who asks is of this machine: tests/functional/test_metrics.py"},
    "GET /healthz": {"503": "the database is away: tests/faults/test_database.py"},
}


def excuses(operation: str, outcomes: set[str]) -> dict[str, str]:
    """Return the excuses of an operation that documents `outcomes`."""
    return {one: ANYWHERE[one] for one in outcomes & ANYWHERE.keys()} | OF_ONE.get(operation, {})


def all_excuses(promised: Mapping[str, set[str]]) -> dict[str, dict[str, str]]:
    return {operation: excuses(operation, outcomes) for operation, outcomes in promised.items()}
