"""The rows I of the attack table that no other file covers: text stays text."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

import intermediate
from tests.functional.conftest import Api
from tests.functional.test_tasks import log_in
from tests.rows import row

pytestmark = pytest.mark.slow

MARKUP = [
    pytest.param("<script>alert(1)</script>", id="I2-script"),
    pytest.param('"><img src=x onerror=alert(1)>', id="I2-attribute"),
    pytest.param("' onmouseover='alert(1)", id="I2-quote"),
    pytest.param("</title></textarea><svg onload=alert(1)>", id="I2-end"),
    pytest.param('<a href="javascript:alert(1)">x</a>', id="I2-address"),
    pytest.param('<div hx-get="/auth/logout" hx-trigger="load" hx-on:click="x" data-hx-post="/">', id="I3"),
    pytest.param("</script><script>alert(1)//'\"", id="I4"),
    pytest.param("{{7*7}} ${7*7} {% raw %} %s {0.__class__}", id="I11"),
]


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_as_it_was_written(app: TestApp, api: Api, text: str) -> None:
    log_in(app, api)
    task = api.post_json("/api/tasks", {"title": text, "description": text, "tags": [text[:30]]}, status=201).json
    for path in ("/notes", f"/notes/{task['id']}", f"/notes/{task['id']}/edit", "/notes?q=alert"):
        for headers in ({}, {"HX-Request": "true"}):
            page = app.get(path, headers=headers, status=200).text
            assert text not in page or not re.search("[<>\"']", text), path
            assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", page)
    assert text in html.unescape(app.get(f"/notes/{task['id']}").text)
    assert api.get(f"/api/tasks/{task['id']}").json["title"] == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("HX-Target", '"><x>', id="I5-target"),
        pytest.param("HX-Trigger", "<x>", id="I5-trigger"),
        pytest.param("HX-Prompt", "<x>", id="I5-prompt"),
        pytest.param("HX-Current-URL", "javascript:alert(1)//<x>", id="I5-url"),
        pytest.param("Referer", "javascript:alert(1)//<x>", id="I5-referer"),
    ],
)
def test_what_a_header_says_comes_back_nowhere(browser: TestApp, name: str, value: str) -> None:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    headers = {"HX-Request": "true", "X-CSRF-Token": token, name: value}
    for answer in (
        browser.get("/notes", headers=headers),
        browser.post("/notes", {"title": "x"}, headers=headers),
        browser.post("/notes", {"title": ""}, headers=headers, status=422),
        browser.get("/nothing", headers=headers, status=404),
    ):
        assert "<x>" not in answer.text + str(answer.headers)
        assert "javascript:" not in answer.text + str(answer.headers)


@row("I6-next")
def test_a_line_break_makes_no_header(app: TestApp, api: Api) -> None:
    form = app.get("/auth/login?next=/notes%0d%0aSet-Cookie:%20a=b").forms[0]
    form["email"], form["password"] = api.email, "correct horse battery"
    answer = form.submit(status=303)
    assert answer.location.endswith("/notes")
    assert "a=b" not in str(answer.headers)


@pytest.mark.parametrize(
    "given", ["a b", "a:b", "x" * 65, "<script>", "a=b; c", "é"], ids=lambda given: f"I6-{given[:9]}"
)
def test_a_request_id_of_other_characters_is_replaced(app: TestApp, given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", app.get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"])


@pytest.mark.parametrize("q", ["a:b", "a\nb", "*", "tasks:1:x", "é" * 200], ids=lambda q: f"I9-{q[:9]!r}")
def test_what_is_searched_for_is_no_part_of_a_key(api: Api, other: Api, q: str) -> None:
    api.post_json("/api/tasks", {"title": "mine"})
    for verdict in ("miss", "hit"):
        answer = api.get("/api/tasks", {"q": q})
        assert (answer.json["total"], answer.headers["X-Cache"]) == (0, verdict)
    assert other.get("/api/tasks", {"q": q}).headers["X-Cache"] == "miss"
    api.get("/api/tasks", {"status": "a:b"}, status=422)


@pytest.mark.parametrize("owner", [{"$gt": ""}, {"$ne": 0}, [1], "1", None], ids=lambda owner: f"I10-{owner}")
def test_an_operator_is_no_number(api: Api, owner: Any) -> None:
    answer = api.post_json("/api/jobs/task-report", {"owner_id": owner}, status=422)
    assert answer.json["errors"][0]["loc"] == ["body", "owner_id"]


@pytest.mark.parametrize(
    "path",
    [
        "../../setup.cfg",
        "..%2f..%2fsetup.cfg",
        "%2e%2e/%2e%2e/setup.cfg",
        "%2e%2e%2f%2e%2e%2fsettings.py",
        "..%5c..%5csettings.py",
        "....//settings.py",
        "/etc/passwd",
    ],
    ids=lambda path: f"I12-{path}",
)
def test_no_other_file_is_to_be_had(app: TestApp, path: str) -> None:
    answer = app.get(f"/static/{path}", status="4*")
    assert answer.status_int in (400, 404)
    assert "import" not in answer.text


@row("I13")
def test_nothing_can_be_unpickled() -> None:
    for path in Path(intermediate.__file__).parent.rglob("*.py"):
        assert not re.search(r"^\s*(import|from) (pickle|marshal|shelve|dill)\b", path.read_text(), re.MULTILINE), path
