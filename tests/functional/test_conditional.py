"""Conditional requests: unchanged data is not sent again, and other clients' changes are not overwritten."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api, Target

NAMES_NONE = ["3", "garbage", "'x'", 'x"y', "W/*", "*,*", '""', '"', '"not it"', 'W/"not it"', ",,", "\xff", "x" * 8000]


@pytest.fixture
def task(api: Api) -> Any:
    """The response to a POST that created a task."""
    return api.post_json("/api/tasks", {"title": "First"}, status=201)


def url(task: Any) -> str:
    return f"/api/tasks/{task.json['id']}"


def if_match(value: str) -> dict[str, str]:
    return {"If-Match": value}


def if_none_match(value: str) -> dict[str, str]:
    return {"If-None-Match": value}


def test_each_answer_with_a_task_has_its_strong_tag(api: Api, task: Any) -> None:
    tags = [task.headers["ETag"]]
    tags.append(api.patch_json(url(task), {"title": "Second"}).headers["ETag"])
    tags.append(api.put_json(url(task), {"title": "Third"}).headers["ETag"])
    assert len(set(tags)) == 3
    for read in (api.get, api.head):
        answer = read(url(task), status=200)
        assert answer.headers["ETag"] == tags[-1]
        assert answer.headers["Cache-Control"] == "private, no-cache"
    assert all(tag[0] == tag[-1] == '"' for tag in tags)
    assert api.patch_json(url(task), {}).headers["ETag"] == tags[-1]


def test_a_client_that_has_the_task_is_told_so(api: Api, task: Any) -> None:
    tag = task.headers["ETag"]
    for value in (tag, f"W/{tag}", f'"a",{tag}', f'"a,b" , W/"c",,\t{tag} ,', "*", " * "):
        for read in (api.get, api.head):
            answer = read(url(task), headers=if_none_match(value), status=304)
            assert answer.body == b""
            assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (tag, "private, no-cache")
            assert "Content-Type" not in answer.headers
    api.patch_json(url(task), {"title": "Second"})
    assert api.get(url(task), headers=if_none_match(tag), status=200).json["title"] == "Second"


@pytest.mark.parametrize("value", NAMES_NONE)
def test_what_names_no_tag_of_the_task_gets_it_again(api: Api, task: Any, value: str) -> None:
    assert api.get(url(task), headers=if_none_match(value), status=200).json == task.json


@pytest.mark.parametrize("value", NAMES_NONE)
def test_a_change_for_another_state_is_refused(api: Api, task: Any, value: str) -> None:
    for refused in (
        api.patch_json(url(task), {"title": "x"}, headers=if_match(value), status=412),
        api.put_json(url(task), {"title": "x"}, headers=if_match(value), status=412),
        api.delete(url(task), headers=if_match(value), status=412),
        api.get(url(task), headers=if_match(value), status=412),
    ):
        assert refused.json["code"] == "stale_version"
        assert refused.headers["Cache-Control"] == "no-store"
    assert api.get(url(task)).json == task.json


def test_a_tag_amid_garbage_is_none(api: Api, task: Any) -> None:
    tag = task.headers["ETag"]
    for value in (f"x{tag}", f"{tag} x", f"*, {tag}", f"{tag}; q=1"):
        api.get(url(task), headers=if_none_match(value), status=200)
        api.patch_json(url(task), {"title": "x"}, headers=if_match(value), status=412)


def test_a_weak_tag_is_not_enough_to_change(api: Api, task: Any) -> None:
    api.patch_json(url(task), {"title": "x"}, headers=if_match(f"W/{task.headers['ETag']}"), status=412)


def test_a_change_for_this_state_or_any_is_made(api: Api, task: Any) -> None:
    tag = task.headers["ETag"]
    for value in ("{}", '"a",{}', '"a", {} , W/"b"', "*"):
        answer = api.patch_json(url(task), {"title": value}, headers=if_match(value.format(tag)), status=200)
        tag = answer.headers["ETag"]
    api.delete(url(task), headers=if_match(task.headers["ETag"]), status=412)
    api.delete(url(task), headers=if_match(tag), status=204)


def test_a_stale_change_is_refused_until_the_task_was_read_again(api: Api, task: Any) -> None:
    stale = if_match(task.headers["ETag"])
    api.patch_json(url(task), {"title": "Theirs"}, status=200)
    api.patch_json(url(task), {"title": "Mine"}, headers=stale, status=412)
    now = api.get(url(task))
    assert now.json["title"] == "Theirs"
    api.patch_json(url(task), {"title": "Mine"}, headers=if_match(now.headers["ETag"]), status=200)


def test_other_errors_come_before_the_condition(api: Api, other: Api, task: Any) -> None:
    never = if_match('"never"')
    api.patch(url(task), "{}", content_type="text/plain", headers=never, status=415)
    api.patch_json(url(task), {"title": 1}, headers=never, status=422)
    other.delete(url(task), headers=never, status=404)
    api.get("/api/tasks/999999999", headers=if_none_match("*"), status=404)


def test_a_change_that_wants_nothing_there_is_refused(api: Api, task: Any) -> None:
    for value in ("*", task.headers["ETag"]):
        refused = api.put_json(url(task), {"title": "x"}, headers=if_none_match(value), status=412)
        assert refused.json["code"] == "precondition_failed"
    api.put_json(url(task), {"title": "x"}, headers=if_none_match('"other"'), status=200)


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since", "Range", "If-Range"])
@pytest.mark.parametrize("value", ["garbage", "Thu, 01 Jan 1970 00:00:00 GMT", "bytes=0-0", "bytes=9-1", "\xff"])
def test_conditions_on_what_a_task_has_not_are_ignored(api: Api, task: Any, name: str, value: str) -> None:
    assert api.get(url(task), headers={name: value}, status=200).json == task.json
    assert api.get("/api/tasks", headers={name: value}, status=200).json["items"] == [task.json]


def test_of_editors_at_once_with_the_same_tag_one_is_heard(target: Target, api: Api, task: Any) -> None:
    def patch(number: int) -> int:
        client = replace(api, app=TestApp(target))
        body = json.dumps({"title": f"Editor {number}"})
        headers = if_match(task.headers["ETag"])
        answer = client.patch(url(task), body, content_type="application/json", headers=headers, expect_errors=True)
        return int(answer.status_int)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(patch, range(4))) == [200, 412, 412, 412]
    assert api.get(url(task)).json["version"] == 2


@pytest.mark.parametrize("path", ["/api/tasks", "/api/tasks?limit=5&sort=title", "/api/tasks?q=%C3%A4"])
def test_a_list_that_a_client_has_is_not_sent_again(api: Api, task: Any, path: str) -> None:
    answer = api.get(path, status=200)
    tag = answer.headers["ETag"]
    assert tag.startswith('W/"')
    assert answer.headers["Cache-Control"] == "private, no-cache"
    same = api.get(path, headers=if_none_match(f'"x",{tag}'), status=304)
    assert same.headers["ETag"] == tag
    assert "X-Cache" not in same.headers  # nothing was queried
    api.patch_json(url(task), {"title": "Changed"})
    assert api.get(path, headers=if_none_match(tag), status=200).headers["ETag"] != tag


def test_each_list_has_a_tag_of_its_own(api: Api, other: Api) -> None:
    paths = ("/api/tasks", "/api/tasks?limit=5", "/api/tasks?offset=1", "/api/tasks?q=x", "/api/tasks/stats")
    tags = [client.get(path).headers["ETag"] for client in (api, other) for path in paths]
    assert len(set(tags)) == len(tags)


def test_statistics_that_a_client_has_are_not_sent_again(api: Api, task: Any) -> None:
    def same() -> int:
        tag = api.get("/api/tasks/stats", status=200).headers["ETag"]
        return int(api.get("/api/tasks/stats", headers=if_none_match(tag)).status_int)

    assert 304 in (same(), same())  # a period may end between the two
    tag = api.get("/api/tasks/stats").headers["ETag"]
    api.delete(url(task), status=204)
    assert api.get("/api/tasks/stats", headers=if_none_match(tag), status=200).json["total"] == 0


def test_a_tag_is_of_no_use_to_who_may_not_read(app: TestApp, api: Api) -> None:
    tag = api.get("/api/tasks").headers["ETag"]
    app.get("/api/tasks", headers=if_none_match(tag), status=401)


def test_a_page_behind_a_cursor_has_a_tag_too(api: Api, task: Any) -> None:
    api.post_json("/api/tasks", {"title": "Second"}, status=201)
    first = api.get("/api/tasks?limit=1")
    path = f"/api/tasks?limit=1&cursor={first.json['next_cursor']}"
    tag = api.get(path, status=200).headers["ETag"]
    assert tag != first.headers["ETag"]
    api.get(path, headers=if_none_match(tag), status=304)
