"""Requests that are repeated with the same Idempotency-Key have one effect and the same response."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api, Target

REPORT = "/api/jobs/task-report"
COMPARED = ("Content-Type", "Location", "ETag", "Cache-Control")
AT_ONCE = 6


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(8)}


def told(answer: Any) -> Any:
    return answer.status_int, answer.body, [answer.headers.get(name) for name in COMPARED]


def test_a_repeated_request_gets_the_first_answer_and_makes_nothing(api: Api, key: dict[str, str]) -> None:
    first = api.post_json("/api/tasks", {"title": "Once"}, headers=key, status=201)
    api.patch_json(first.json and f"/api/tasks/{first.json['id']}", {"title": "Changed since"}, status=200)
    again = api.post_json("/api/tasks", {"title": "Once"}, headers=key, status=201)
    assert told(again) == told(first)
    assert again.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert api.get("/api/tasks").json["total"] == 1


def test_a_repeated_job_is_the_first_job_even_when_that_has_ended(api: Api, key: dict[str, str]) -> None:
    first = api.post_json(REPORT, {"owner_id": api.user_id}, headers=key, status=202)
    api.delete(f"/api/jobs/{first.json['id']}", expect_errors=True)  # it may already have ended
    assert told(api.post_json(REPORT, {"owner_id": api.user_id}, headers=key, status=202)) == told(first)
    assert api.get("/api/jobs").json["total"] == 1


def test_another_request_under_the_same_key_is_refused(api: Api, key: dict[str, str]) -> None:
    api.post_json("/api/tasks", {"title": "Once"}, headers=key, status=201)
    others: list[tuple[str, Any]] = [
        ("/api/tasks", {"title": "Another"}),
        ("/api/tasks?x=1", {"title": "Once"}),
        (REPORT, {"owner_id": api.user_id}),
    ]
    for path, body in others:
        problem = api.post_json(path, body, headers=key, status=422).json
        assert problem["code"] == "idempotency_key_reused"
    assert api.get("/api/tasks").json["total"] == 1
    assert api.get("/api/jobs").json["total"] == 0


def test_what_failed_can_be_tried_again_under_the_same_key(api: Api, key: dict[str, str]) -> None:
    api.post_json("/api/tasks", {"title": ""}, headers=key, status=422)
    api.post("/api/tasks", "{", content_type="application/json", headers=key, status=400)
    api.post_json(REPORT, {"owner_id": 999999999}, headers=key, status=403)
    api.post_json("/api/tasks", {"title": "Right"}, headers=key, status=201)


def test_keys_of_two_people_have_nothing_in_common(api: Api, other: Api, key: dict[str, str]) -> None:
    mine = api.post_json("/api/tasks", {"title": "Mine"}, headers=key, status=201)
    theirs = other.post_json("/api/tasks", {"title": "Mine"}, headers=key, status=201)
    assert mine.json["id"] != theirs.json["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "umläut"])
def test_what_is_no_key_is_refused(api: Api, key: str) -> None:
    problem = api.post_json("/api/tasks", {"title": "x"}, headers={"Idempotency-Key": key}, status=400).json
    assert problem["code"] == "invalid_idempotency_key"
    assert api.get("/api/tasks").json["total"] == 0


@pytest.mark.parametrize("key", ["a", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b~!;=,"])
def test_keys_are_any_printable_text(api: Api, key: str) -> None:
    for _ in range(2):
        api.post_json("/api/tasks", {"title": "x"}, headers={"Idempotency-Key": key}, status=201)
    assert api.get("/api/tasks").json["total"] == 1


def test_a_key_is_of_no_use_to_who_is_not_signed_in(app: TestApp, api: Api, key: dict[str, str]) -> None:
    api.post_json("/api/tasks", {"title": "x"}, headers=key, status=201)
    app.post_json("/api/tasks", {"title": "x"}, headers=key, status=401)


@pytest.mark.parametrize("path", ["/api/tasks", REPORT])
def test_of_requests_at_once_one_is_carried_out_and_all_get_its_answer(
    target: Target, api: Api, key: dict[str, str], path: str
) -> None:
    body = json.dumps({"title": "Once"} if path != REPORT else {"owner_id": api.user_id})
    barrier = Barrier(AT_ONCE)

    def post(_number: int) -> Any:
        client = replace(api, app=TestApp(target))
        barrier.wait(30)
        return told(client.post(path, body, content_type="application/json", headers=key, expect_errors=True))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(post, range(AT_ONCE)))
    assert answers == [answers[0]] * AT_ONCE
    assert answers[0][0] in (201, 202)
    assert api.get(path if path != REPORT else "/api/jobs").json["total"] == 1
