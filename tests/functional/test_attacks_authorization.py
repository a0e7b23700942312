"""Attacks by a logged-in user on another user's data. The id of each test begins with its row of the attack table.

Z7 is in `test_users.py`, and its waiting job in `tests/unit/test_account_removal.py`.
"""

import logging
import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api, new_email
from tests.functional.test_reports import REPORT, finished
from tests.functional.test_tasks import log_in
from tests.rows import row

pytestmark = pytest.mark.slow

NOBODYS = 999_999_999
ME = "/api/users/me"
OWN_OF_AN_ANSWER = ("instance", "request_id")


def said(answer: Any) -> tuple[int, Any]:
    """Return a response without the parts that differ between any two responses."""
    document = {name: value for name, value in answer.json.items() if name not in OWN_OF_AN_ANSWER}
    return answer.status_int, document


def shown(page: Any) -> str:
    """Return a page without the parts that repeat the request: its id, and the return path of the theme form."""
    text: str = page.text
    return text.replace(page.headers["X-Request-ID"], "").replace(f'name="back" value="{page.request.path}"', "")


API_WAYS: dict[str, Callable[[Api, str], Any]] = {
    "GET": lambda api, path: api.get(path, status="*"),
    "PATCH": lambda api, path: api.patch_json(path, {"title": "taken"}, status="*"),
    "PUT": lambda api, path: api.put_json(path, {"title": "taken"}, status="*"),
    "DELETE": lambda api, path: api.delete(path, status="*"),
    "restore": lambda api, path: api.post(f"{path}/restore", status="*"),
}


@pytest.mark.parametrize("trashed", [False, True], ids=["", "in-the-trash"])
@pytest.mark.parametrize("way", API_WAYS.values(), ids=[f"Z1-{name}" for name in API_WAYS])
def test_anothers_task_is_as_absent_as_nobodys(api: Api, other: Api, way: Any, trashed: bool) -> None:
    task = api.post_json("/api/tasks", {"title": "mine"}, status=201).json
    path = f"/api/tasks/{task['id']}"
    if trashed:
        api.delete(path, status=204)
    status, document = said(way(other, path))
    assert status == 404
    assert (status, document) == said(way(other, f"/api/tasks/{NOBODYS}"))
    if trashed:
        api.post(f"{path}/restore", status=200)
    assert api.get(path).json["title"] == "mine"


SITE_WAYS = {"toggle": "toggle", "edit": "edit", "delete": "delete", "restore": "restore"}


@pytest.mark.parametrize("name", SITE_WAYS.values(), ids=[f"Z1-site-{name}" for name in SITE_WAYS])
def test_anothers_note_is_not_there(app: TestApp, api: Api, other: Api, name: str) -> None:
    task = api.post_json("/api/tasks", {"title": "mine"}, status=201).json
    log_in(app, other)
    form = {"title": "taken", "csrf_token": app.get("/notes").forms["add"]["csrf_token"].value}
    pages = []
    for task_id in (task["id"], NOBODYS):
        pages.append(app.post(f"/notes/{task_id}/{name}", form, status=404))
        app.get(f"/notes/{task_id}", status=404)
        app.get(f"/notes/{task_id}/edit", status=404)
    assert shown(pages[0]) == shown(pages[1])
    assert api.get(f"/api/tasks/{task['id']}").json == task


@row("Z2-report")
def test_anothers_report_is_refused_and_no_job_is_made(api: Api, other: Api, admin: Api) -> None:
    for answer in (
        other.post_json(REPORT, {"owner_id": api.user_id}, status=403),
        other.get(f"{REPORT}/{api.user_id}", status=403),
    ):
        assert answer.json["code"] == "forbidden"
    assert api.get("/api/jobs").json["total"] == other.get("/api/jobs").json["total"] == 0
    assert admin.post_json(REPORT, {"owner_id": api.user_id}, status=202).json["owner_id"] == api.user_id


@row("Z2-job")
def test_anothers_job_is_as_absent_as_nobodys(app: TestApp, api: Api, other: Api, admin: Api) -> None:
    job = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json
    path = f"/api/jobs/{job['id']}"
    for method in (other.get, other.delete):
        assert said(method(path, status=404)) == said(method(f"/api/jobs/{NOBODYS}", status=404))
    log_in(app, other)
    assert shown(app.get(f"/jobs/{job['id']}", status=404)) == shown(app.get(f"/jobs/{NOBODYS}", status=404))
    assert finished(api, job["id"])["status"] == "finished"
    admin.get(path, status=200)


FIELDS: dict[str, Any] = {
    "role": "admin",
    "is_admin": True,
    "id": 1,
    "owner_id": 1,
    "created_at": "2020-01-01T00:00:00Z",
    "password_hash": "x",
    "token_version": 0,
    "tasks_version": 0,
}


@pytest.mark.parametrize("field", FIELDS, ids=[f"Z3-{name}" for name in FIELDS])
def test_only_what_is_meant_to_be_set_can_be_set(app: TestApp, api: Api, admin: Api, field: str) -> None:
    extra, email = {field: FIELDS[field]}, new_email()
    task = api.post_json("/api/tasks", {"title": "mine"}, status=201).json
    me = api.get(ME).json
    asked = [
        app.post_json("/api/auth/register", {"email": email, "password": PASSWORD} | extra, status=422),
        api.post_json("/api/tasks", {"title": "x"} | extra, status=422),
        api.patch_json(f"/api/tasks/{task['id']}", {"title": "x"} | extra, status=422),
        api.put_json(f"/api/tasks/{task['id']}", {"title": "x"} | extra, status=422),
        api.patch_json(ME, {"email": email, "current_password": PASSWORD} | extra, status=422),
        api.post_json(REPORT, {"owner_id": api.user_id} | {f"{field}_": 1}, status=422),
    ]
    if field != "role":
        asked.append(admin.patch_json(f"/api/users/{api.user_id}", {"role": "admin"} | extra, status=422))
    for answer in asked:
        assert [error["type"] for error in answer.json["errors"]] == ["extra_forbidden"]
    app.post("/api/auth/login", {"username": email, "password": PASSWORD}, status=400)
    assert api.get("/api/tasks").json["items"] == [task]
    assert api.get(ME).json == me

    token = app.get("/auth/register").forms[0]["csrf_token"].value
    form = {"email": email, "password": PASSWORD, "csrf_token": token, field: "admin"}
    assert "unknown field" in app.post("/auth/register", form, status=422)
    app.post("/api/auth/login", {"username": email, "password": PASSWORD}, status=400)


@row("Z4")
def test_what_is_for_administrators_is_refused_to_others(api: Api, other: Api, admin: Api) -> None:
    path = f"/api/users/{other.user_id}"
    for answer in (
        api.get("/api/users", status=403),
        api.get(path, status=403),
        api.patch_json(path, {"is_active": False}, status=403),
        api.delete(path, status=403),
    ):
        assert answer.json["code"] == "forbidden"
    other.get(ME, status=200)
    listed = admin.get("/api/users?limit=100")
    assert b"argon2" not in listed.body
    assert not {"password_hash", "password", "tasks_version"} & listed.json["items"][0].keys()


@row("Z6")
def test_the_events_of_anothers_job_are_as_absent_as_nobodys(app: TestApp, api: Api, other: Api) -> None:
    job = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json
    finished(api, job["id"])  # so that its stream ends
    path, nobodys = f"/jobs/{job['id']}/events", f"/jobs/{NOBODYS}/events"
    assert "event: end" in api.get(f"/api{path}", status=200)
    assert said(other.get(f"/api{path}", status=404)) == said(other.get(f"/api{nobodys}", status=404))
    app.get(f"/api{path}", status=401)
    log_in(app, other)
    assert shown(app.get(path, status=404)) == shown(app.get(nobodys, status=404))


CALLS = 10_000


@pytest.fixture
def silence() -> Iterator[None]:
    """Turn logging off, because for pytest capturing the log takes as long as the calls."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.usefixtures("silence")
@row("Z5")
def test_a_cache_crosses_no_accounts(api: Api, other: Api) -> None:
    for one in (api, other):
        for number in range(7):
            status = ("pending", "completed")[number % 2]
            one.post_json("/api/tasks", {"title": f"x{number}", "status": status}, status=201)
    paths = [
        f"/api/tasks?limit={limit}&offset={offset}&sort={sort}{more}"
        for limit, offset, sort, more in product((1, 5), (0, 3), ("title", "-due_at"), ("", "&status=pending", "&q=x"))
    ]
    chosen, hits = random.Random(4), 0
    for one in (api, other):
        one.app = TestApp(one.app.app, lint=False)  # twice as fast
    for _ in range(CALLS):
        one = chosen.choice((api, other))
        answer = one.get(chosen.choice([*paths, "/api/tasks/stats"]))
        hits += answer.headers["X-Cache"] == "hit"
        assert {task["owner_id"] for task in answer.json.get("items", ())} <= {one.user_id}
        if chosen.random() < 0.01:  # a new process has no cached entries for this account
            one.post_json("/api/tasks", {"title": f"x{chosen.random()}"}, status=201)
    assert hits > CALLS / 2
