"""Lists of tasks by cursor: each task once, in every order, despite concurrent writes; and invalid cursors."""

from itertools import product
from typing import Any

import pytest

from intermediate.plugins.tasks.interface import PRIORITIES, SORTS, STATUSES
from tests.functional.conftest import Api
from tests.functional.test_task_lists import add, links

TASKS = "/api/tasks"


def follow(api: Api, query: str, limit: int = 3) -> list[Any]:
    """Return the responses of all pages, following `next_cursor`."""
    answers = [api.get(f"{TASKS}?limit={limit}&{query}")]
    while cursor := answers[-1].json["next_cursor"]:
        answers.append(api.get(f"{TASKS}?limit={limit}&{query}&cursor={cursor}"))
    return answers


def titles(answers: list[Any]) -> list[str]:
    return [task["title"] for answer in answers for task in answer.json["items"]]


def test_cursors_lead_through_every_order(api: Api) -> None:
    for number in range(8):
        fields = {"status": STATUSES[number % 3], "priority": PRIORITIES[number % 2]}
        due = {"due_at": f"2030-01-0{number}T00:00:00Z"} if number % 4 else {}
        api.post_json(TASKS, {"title": f"Task {number}", **fields, **due}, status=201)
    for name, sign in product(SORTS, ("", "-")):
        query = f"sort={sign}{name}"
        assert titles(follow(api, query)) == titles([api.get(f"{TASKS}?limit=100&{query}")])


def test_a_page_by_cursor_says_what_the_first_one_counted(api: Api) -> None:
    add(api, 7)
    answers = follow(api, "q=task")
    assert [(page.json["offset"], page.json["total"], page.json["limit"]) for page in answers] == [
        (0, 7, 3),
        (3, 7, 3),
        (6, 7, 3),
    ]
    assert [answer.headers["X-Cache"] for answer in follow(api, "q=task")] == ["hit"] * 3
    add(api, 1)
    [first, *_, last] = answers
    again = api.get(f"{TASKS}?limit=3&q=task&cursor={first.json['next_cursor']}")
    assert again.headers["X-Cache"] == "miss"
    assert (again.json["items"], again.json["total"]) == (answers[1].json["items"], 7)
    assert last.json["next_cursor"] is None


def test_a_cursor_goes_on_from_a_page_by_offset_with_pages_of_any_size(api: Api) -> None:
    add(api, 6)
    cursor = api.get(f"{TASKS}?limit=2&offset=2&sort=created_at").json["next_cursor"]
    page = api.get(f"{TASKS}?limit=1&sort=created_at&cursor={cursor}").json
    assert ([task["title"] for task in page["items"]], page["offset"]) == (["Task 4"], 4)
    for ends in ("limit=6", "limit=2&offset=4", "offset=6", "offset=60", "q=nowhere"):
        assert api.get(f"{TASKS}?{ends}").json["next_cursor"] is None, ends


def test_links_lead_to_the_next_page_by_cursor(api: Api) -> None:
    add(api, 5, tags=["a&b"])
    cursor = api.get(f"{TASKS}?tag=a%26b&limit=2").json["next_cursor"]
    answer = api.get(f"{TASKS}?tag=a%26b&limit=2&cursor={cursor}")
    following = answer.json["next_cursor"]
    first = f"{TASKS}?tag=a%26b&limit=2"
    assert links(answer) == {"first": first, "next": f"{first}&cursor={following}"}
    assert links(api.get(links(answer)["next"])) == {"first": first}


def test_tasks_that_come_and_go_meanwhile_neither_repeat_nor_hide_others(api: Api) -> None:
    add(api, 6)
    first = api.get(f"{TASKS}?limit=2").json
    add(api, 3)
    api.delete(f"{TASKS}/{first['items'][0]['id']}", status=204)
    api.delete(f"{TASKS}/{first['items'][1]['id']}", status=204)
    rest = api.get(f"{TASKS}?limit=100&cursor={first['next_cursor']}").json
    assert [task["title"] for task in rest["items"]] == ["Task 3", "Task 2", "Task 1", "Task 0"]


@pytest.fixture
def cursor(api: Api) -> str:
    add(api, 3)
    return str(api.get(f"{TASKS}?limit=1&sort=title").json["next_cursor"])


def refused(api: Api, query: str) -> None:
    problem = api.get(f"{TASKS}?{query}", status=422).json
    assert problem["code"] == "invalid_cursor"
    assert problem["errors"][0]["loc"] == ["query", "cursor"]


def test_a_cursor_that_was_changed_is_refused(api: Api, cursor: str) -> None:
    assert api.get(f"{TASKS}?sort=title&cursor={cursor}", status=200)
    for index in {0, 5, cursor.index("."), len(cursor) - 1}:
        changed = cursor[:index] + ("A" if cursor[index] != "A" else "B") + cursor[index + 1 :]
        refused(api, f"sort=title&cursor={changed}")
    for wrong in ("", ".", "x", cursor[:-1], f"{cursor}=", f"{cursor}%0A", f"%20{cursor}", "9" * 4000, "%C3%A9.%C3%A9"):
        refused(api, f"sort=title&cursor={wrong}")


def test_a_cursor_of_another_list_is_refused(api: Api, other: Api, cursor: str) -> None:
    for query in ("", "sort=-title", "sort=title&q=x", "sort=title&status=pending", "sort=created_at"):
        refused(api, f"{query}&cursor={cursor}")
    refused(other, f"sort=title&cursor={cursor}")


def test_a_cursor_and_an_offset_do_not_go_together(api: Api, cursor: str) -> None:
    for offset in (0, 1):
        problem = api.get(f"{TASKS}?sort=title&offset={offset}&cursor={cursor}", status=422).json
        assert (problem["code"], problem["errors"][0]["type"]) == ("validation_error", "cursor_and_offset")


def test_a_list_of_jobs_has_links(api: Api) -> None:
    answer = api.get("/api/jobs?limit=5&status=failed")
    only = "/api/jobs?status=failed&limit=5&offset=0"
    assert links(answer) == {"first": only, "last": only}
