"""Statuses that are documented and that schemathesis cannot bring about, each with the test that does."""

ALL = {
    400: "bytes that are no text in an address or header: tests/functional/test_bad_input.py",
    413: "more than 1 MiB: tests/functional/test_bad_input.py",
    415: "schemathesis sends other types to some operations only: tests/functional/test_bad_input.py",
    429: "limits are off for the fuzzer: tests/functional/test_rate_limits.py",
    503: "a service is away: tests/faults",
}
SOME = {
    "GET /metrics": {404: "who asks is of this machine: tests/functional/test_metrics.py"},
    "GET /api/users": {403: "the fuzzer is an administrator: tests/functional/test_users.py"},
    "GET /api/users/{user_id}": {403: "the fuzzer is an administrator: tests/functional/test_users.py"},
    "PATCH /api/users/{user_id}": {
        403: "the fuzzer is an administrator: tests/functional/test_users.py",
        409: "the last administrator: tests/functional/test_users.py",
    },
    "DELETE /api/users/{user_id}": {
        403: "the fuzzer is an administrator: tests/functional/test_users.py",
        409: "the last administrator: tests/functional/test_users.py",
    },
    "GET /api/jobs/task-report/{owner_id}": {403: "the fuzzer is an administrator: tests/functional/test_reports.py"},
    "POST /api/jobs/task-report": {
        403: "the fuzzer is an administrator: tests/functional/test_reports.py",
        409: "two requests at once: tests/functional/test_idempotency.py",
    },
    "POST /api/tasks": {409: "two requests at once: tests/functional/test_idempotency.py"},
    "DELETE /api/users/me": {409: "the last administrator: tests/functional/test_users.py"},
    "PATCH /api/users/me": {409: "an address that is taken: tests/functional/test_users.py"},
}


def unseen(operation: str) -> set[int]:
    return {*ALL, *SOME.get(operation, {})}
