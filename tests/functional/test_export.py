"""Exports of tasks: the same tasks as the list, in three formats. The CSV can be imported again."""

import csv
import io
import json
import re
import secrets
from typing import Any

import pytest

from intermediate.exporting import COLUMNS
from tests.functional.conftest import Api
from tests.functional.test_task_lists import add

EXPORT = "/api/tasks/export"
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1",
    "''=1",
    "'plain",
    "＝1",
    'a "quoted", comma',
    "two\nlines",
    "plain",
    "🎈",
)


def rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


def test_json_and_ndjson_are_the_tasks_of_the_list(api: Api) -> None:
    add(api, 3, tags=["x", "y"], due_at="2030-01-01T00:00:00Z", description="two\nlines \u2028 and more")
    add(api, 1, status="completed")
    tasks = api.get("/api/tasks?limit=100").json["items"]
    answer = api.get(f"{EXPORT}?format=json")
    assert answer.json == tasks
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tasks.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    answer = api.get(f"{EXPORT}?format=ndjson")
    assert answer.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert [json.loads(line) for line in answer.text.split("\n")[:-1]] == tasks
    assert answer.text.endswith("}\n")


def test_csv_is_what_one_gets_if_nothing_is_said(api: Api) -> None:
    add(api, 2, description="a,b", tags=["x", "y"])
    [second, first] = api.get("/api/tasks").json["items"]
    answer = api.get(EXPORT)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines()[0] == ",".join(COLUMNS)
    assert rows(answer) == [
        dict.fromkeys(COLUMNS, "")
        | {
            "title": task["title"],
            "description": "a,b",
            "status": "pending",
            "created_at": task["created_at"],
            "priority": "normal",
            "tags": "x,y",
        }
        for task in (second, first)
    ]
    assert answer.text.endswith("\r\n")


@pytest.mark.parametrize(("form", "text"), [("csv", ",".join(COLUMNS) + "\r\n"), ("json", "[\n]\n"), ("ndjson", "")])
def test_no_tasks_are_a_whole_file_too(api: Api, form: str, text: str) -> None:
    assert api.get(f"{EXPORT}?format={form}").text == text


def test_an_export_has_the_filters_and_orders_of_the_list(api: Api) -> None:
    add(api, 4, priority="high", tags=["x"])
    add(api, 2)
    for query in ("priority=high&sort=title", "q=TASK%201", "tag=x&sort=-title", "status=completed"):
        wanted = api.get(f"/api/tasks?{query}").json["items"]
        assert api.get(f"{EXPORT}?format=json&{query}").json == wanted


@pytest.mark.parametrize("query", ["format=xml", "limit=1", "offset=0", "cursor=x", "sort=owner_id", "status=done"])
def test_a_bad_query_is_422(api: Api, query: str) -> None:
    assert api.get(f"{EXPORT}?{query}", status=422).json["code"] == "validation_error"


def test_others_tasks_are_in_no_export(api: Api, other: Api) -> None:
    add(other, 1)
    assert api.get(f"{EXPORT}?format=json").json == []
    api.app.get(EXPORT, status=401)


def test_no_cell_begins_like_a_formula(api: Api) -> None:
    for text in FORMULAS:
        api.post_json("/api/tasks", {"title": text, "description": f"\t{text}", "tags": [f"={secrets.token_hex(4)}"]})
    found = rows(api.get(EXPORT))
    assert len(found) == len(FORMULAS)
    for row in found:
        for cell in row.values():
            assert not re.match("[=+\\-@\t\r＝]", cell)


def test_a_head_is_without_a_body(api: Api) -> None:
    assert api.head(f"{EXPORT}?format=json").body == b""
