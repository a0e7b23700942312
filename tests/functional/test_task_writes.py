"""Changing, replacing and deleting a task through the API."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api, Target

FULL = {
    "title": "Plan the offsite",
    "description": "Two days, one agenda",
    "status": "in_progress",
    "priority": "high",
    "due_at": "2026-12-01T09:00:00Z",
    "tags": ["team", "travel"],
}


@pytest.fixture
def task(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = api.post_json("/api/tasks", FULL, status=201).json
    return document


def url(task: dict[str, Any]) -> str:
    return f"/api/tasks/{task['id']}"


def test_a_patch_sets_what_it_names_and_leaves_the_rest(api: Api, task: dict[str, Any]) -> None:
    changed = api.patch_json(url(task), {"title": "  Plan it  ", "due_at": None, "tags": []}, status=200).json
    assert changed == task | {
        "title": "Plan it",
        "due_at": None,
        "tags": [],
        "version": 2,
        "updated_at": changed["updated_at"],
    }
    assert changed["updated_at"] > task["updated_at"]
    assert api.get(url(task)).json == changed


def test_a_patch_may_be_a_merge_patch(api: Api, task: dict[str, Any]) -> None:
    body = json.dumps({"status": "completed"})
    done = api.patch(url(task), body, content_type="application/merge-patch+json", status=200).json
    assert (done["status"], done["version"]) == ("completed", 2)
    assert done["completed_at"] == done["updated_at"]
    api.patch(url(task), body, content_type="application/json-patch+json", status=415)
    api.put(url(task), body, content_type="application/merge-patch+json", status=415)


def test_an_empty_patch_changes_nothing(api: Api, task: dict[str, Any]) -> None:
    assert api.patch_json(url(task), {}, status=200).json == task


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"title": None}, "title"),
        ({"status": None}, "status"),
        ({"tags": None}, "tags"),
        ({"title": " \n "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"owner_id": 1}, "owner_id"),
        ({"id": 1}, "id"),
        ({"created_at": "2026-01-01T00:00:00Z"}, "created_at"),
        ({"version": 1}, "version"),
        ({"status": "done"}, "status"),
        ({"title": 1}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "a\x1bb"}, "title"),
        ({"description": "a\x85b"}, "description"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": ["a\nb"]}, "tags"),
        ({"tags": [True]}, "tags"),
    ],
)
def test_a_bad_field_is_422_and_changes_nothing(api: Api, task: dict[str, Any], body: Any, loc: str) -> None:
    for send in (api.patch_json, api.put_json):
        problem = send(url(task), FULL | body, status=422).json
        assert problem["code"] == "validation_error"
        assert [error["loc"][:2] for error in problem["errors"]] == [["body", loc]]
    assert api.get(url(task)).json == task


@pytest.mark.parametrize(
    "moment",
    [
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "2026-02-30T00:00:00Z",
        "2026-06-30T23:59:60Z",
        "2026-01-01T00:00:00+99:99",
        "2026-01-01T00:00:00",
        "2026-01-01",
        "2026",
        "20260101T000000Z",
        "2026-W01-1T00:00:00Z",
        "2026-01-01 00:00:00Z",
        "1767225600",
        1767225600,
        "",
    ],
)
def test_what_is_no_time_with_a_zone_is_422(api: Api, task: dict[str, Any], moment: Any) -> None:
    api.patch_json(url(task), {"due_at": moment}, status=422)
    if isinstance(moment, str):
        api.get("/api/tasks", {"due_before": moment}, status=422)


def test_a_lone_surrogate_is_422(api: Api, task: dict[str, Any]) -> None:
    api.patch(url(task), '{"title": "\\ud800"}', content_type="application/json", status=422)


def test_text_of_any_script_comes_back_as_it_was_sent(api: Api, task: dict[str, Any]) -> None:
    for title in ("👩‍👩‍👧‍👦 𝔘𝔫𝔦", "e" + "\u0301" * 199, "\u202eabc\u202c", "x" * 200, "' OR 1=1--", "{{7*7}} %s"):
        assert api.patch_json(url(task), {"title": title}, status=200).json["title"] == title


def test_a_put_replaces_the_task(api: Api, task: dict[str, Any]) -> None:
    replaced = api.put_json(url(task), {"title": "Only this"}, status=200).json
    assert replaced == task | {
        "title": "Only this",
        "description": None,
        "status": "pending",
        "priority": "normal",
        "due_at": None,
        "tags": [],
        "version": 2,
        "updated_at": replaced["updated_at"],
    }
    assert api.put_json(url(task), {}, status=422).json["errors"][0]["loc"] == ["body", "title"]


def test_a_deleted_task_is_gone_from_everywhere(api: Api, task: dict[str, Any]) -> None:
    assert api.get("/api/tasks").json["total"] == 1
    assert api.delete(url(task), status=204).body == b""
    for send in (api.get, api.delete, api.head):
        send(url(task), status=404)
    api.patch_json(url(task), {"title": "x"}, status=404)
    api.put_json(url(task), FULL, status=404)
    assert api.get("/api/tasks").json["total"] == 0
    assert api.get("/api/tasks/stats").json["total"] == 0


def test_another_owner_can_neither_change_nor_delete_it(api: Api, other: Api, task: dict[str, Any]) -> None:
    other.patch_json(url(task), {"title": "Theirs"}, status=404)
    other.put_json(url(task), FULL, status=404)
    other.delete(url(task), status=404)
    assert api.get(url(task)).json == task


def test_a_task_says_what_can_be_done_with_it(api: Api, task: dict[str, Any]) -> None:
    answer = api.post(url(task), status=405)
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"


def test_of_patches_at_once_none_is_lost(target: Target, api: Api, task: dict[str, Any]) -> None:
    changes: list[dict[str, Any]] = [{"title": "New"}, {"description": "New"}, {"priority": "low"}, {"tags": ["new"]}]

    def patch(change: dict[str, Any]) -> int:
        client = replace(api, app=TestApp(target))
        return int(client.patch_json(url(task), change, status=200).json["version"])

    with ThreadPoolExecutor(len(changes)) as threads:
        assert sorted(threads.map(patch, changes)) == [2, 3, 4, 5]
    now = api.get(url(task)).json
    for change in changes:
        assert now.items() >= change.items()
