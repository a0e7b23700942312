"""Lists of tasks in the API: query parameters, links, and statistics."""

import re
from typing import Any

import pytest

from tests.functional.conftest import Api


def links(answer: Any) -> dict[str, str]:
    return {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["Link"])}


def add(api: Api, count: int, **fields: Any) -> None:
    for number in range(count):
        api.post_json("/api/tasks", {"title": f"Task {number}", **fields}, status=201)


def test_a_tag_is_one_however_its_letters_are_composed(api: Api) -> None:
    one, two = "caf\u00e9", "cafe\u0301"
    task = api.post_json("/api/tasks", {"title": "x", "tags": [one, two]}, status=201).json
    assert task["tags"] == [one]
    api.post_json("/api/tasks", {"title": "y", "tags": [two]}, status=201)
    for tag in (one, two):
        assert api.get("/api/tasks", {"tag": tag}).json["total"] == 2
    long = {"title": "z", "tags": ["\u0958" * 40]}  # twice as long in NFC
    assert api.post_json("/api/tasks", long, status=422).json["errors"][0]["loc"] == ["body", "tags", 0]


def test_following_the_links_gives_every_task_once(api: Api) -> None:
    add(api, 7)
    url, seen, pages = "/api/tasks?limit=3&sort=created_at", [], 0
    while url:
        answer = api.get(url)
        seen += [task["title"] for task in answer.json["items"]]
        pages += 1
        url = links(answer).get("next", "")
    assert (pages, seen) == (3, [f"Task {number}" for number in range(7)])


def test_links_lead_to_the_first_previous_next_and_last_page_of_the_same_list(api: Api) -> None:
    add(api, 5, tags=["a&b"], status="pending")
    answer = api.get("/api/tasks", {"tag": "a&b", "limit": "2", "offset": "2"})

    def page(offset: int) -> str:
        return f"/api/tasks?tag=a%26b&limit=2&offset={offset}"

    assert links(answer) == {"first": page(0), "prev": page(0), "next": page(4), "last": page(4)}
    assert set(links(api.get(page(0)))) == {"first", "next", "last"}
    assert set(links(api.get(page(4)))) == {"first", "prev", "last"}
    assert links(api.get(page(100)))["prev"] == page(4)
    assert set(links(api.get("/api/tasks?limit=5"))) == {"first", "last"}


def test_an_empty_list_is_its_own_first_and_last_page(api: Api) -> None:
    answer = api.get("/api/tasks")
    assert answer.json == {"items": [], "total": 0, "limit": 20, "offset": 0, "next_cursor": None}
    only = "/api/tasks?limit=20&offset=0"
    assert links(answer) == {"first": only, "last": only}


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize(
    "value",
    ["-1", str(2**63), "9" * 400, "1e3", "1.0", " 1", "1_0", "٣", "0x1", "+1", "true", "", "1\0"],
)
def test_an_integer_of_a_query_is_one_to_nine_digits(api: Api, name: str, value: str) -> None:
    problem = api.get("/api/tasks", {name: value}, status="4*").json
    assert problem["status"] == 422
    assert problem["errors"][0]["loc"] == ["query", name]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=1&limit=2",
        "sort=id;drop",
        "sort=__class__",
        "sort=--title",
        "status=done",
        "priority=",
        "nothing=1",
        "trashed=true",
        "q=%00",
        "tag=%1b",
        "q=" + "x" * 201,
    ],
)
def test_a_bad_query_is_422(api: Api, query: str) -> None:
    assert api.get(f"/api/tasks?{query}", status=422).json["code"] == "validation_error"


def test_an_offset_beyond_the_end_is_an_empty_page(api: Api) -> None:
    add(api, 1)
    answer = api.get("/api/tasks?limit=100&offset=999999999", status=200)
    assert (answer.json["items"], answer.json["total"]) == ([], 1)


def test_what_is_searched_for_is_text_and_no_pattern(api: Api) -> None:
    add(api, 1, description="100% of a_b")
    for found, q in ((1, "00% OF A_"), (0, "1%f"), (0, "a__"), (0, "' OR 1=1--")):
        assert api.get("/api/tasks", {"q": q}).json["total"] == found, q


def test_the_statistics_count_what_is_there(api: Api) -> None:
    assert api.get("/api/tasks/stats").json["completion_rate"] == 0
    add(api, 1, due_at="2020-01-01T00:00:00Z")
    add(api, 1, status="in_progress")
    add(api, 2, status="completed", due_at="2020-01-01T00:00:00Z")
    answer = api.get("/api/tasks/stats")
    assert answer.json == {
        "total": 4,
        "pending": 1,
        "in_progress": 1,
        "completed": 2,
        "overdue": 1,
        "completion_rate": 0.5,
    }
    assert [answer.headers["X-Cache"], api.get("/api/tasks/stats").headers["X-Cache"]] == ["miss", "hit"]
    api.post("/api/tasks/stats", status=405)
