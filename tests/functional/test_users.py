"""Accounts in the API: the caller's own, and all accounts for administrators."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import NewDatabase
from tests.functional.conftest import (
    PASSWORD,
    Api,
    Browser,
    Target,
    make_admin,
    make_api,
    new_email,
    register,
    serving,
)
from tests.functional.test_reports import REPORT, finished
from tests.functional.test_tasks import log_in
from tests.functional.test_tokens import client, make, token_of
from tests.rows import row
from tests.serving import Served, wait_until

ME = "/api/users/me"
OTHER_PASSWORD = "staple wrong donkey"
FIELDS = {"id", "email", "role", "is_active", "created_at"}
MakeAdmin = Callable[[], Api]


@pytest.fixture(params=["sql", "memory"])
def house(
    request: pytest.FixtureRequest, new_database: NewDatabase, is_served: bool, tmp_path: Path
) -> Iterator[MakeAdmin]:
    """An application without administrators other than those that it creates."""
    if request.param == "memory" and Served.server == "gunicorn":
        pytest.skip("tasks.backend = memory is of one process, and refused where there are several")
    ini = {"tasks.backend": request.param, "jobs.backend": "local" if request.param == "sql" else "inline"}
    with new_database(tmp_path) as url, serving(is_served, tmp_path, **{"database.url": url, **ini}) as target:
        yield lambda: make_admin(target, url)


def tokens(app: TestApp, email: str, password: str = PASSWORD, status: int = 200) -> Any:
    return app.post("/api/auth/login", {"username": email, "password": password}, status=status).json


def test_an_account_is_shown_without_its_secrets(api: Api, admin: Api) -> None:
    mine = api.get(ME).json
    assert mine.keys() == FIELDS
    assert (mine["id"], mine["email"], mine["role"], mine["is_active"]) == (api.user_id, api.email, "user", True)
    assert admin.get(f"/api/users/{api.user_id}").json == mine
    assert admin.get("/api/users?limit=1").json["items"][0].keys() == FIELDS


def test_accounts_come_in_pages_with_the_newest_first(admin: Api) -> None:
    made = [make_api(admin.app.app).user_id for _ in range(3)]
    page = admin.get("/api/users?limit=2")
    assert [user["id"] for user in page.json["items"]] == made[:0:-1]
    assert (page.json["limit"], page.json["offset"]) == (2, 0)
    assert 'offset=2>; rel="next"' in page.headers["Link"]
    assert admin.get("/api/users?limit=1&offset=2").json["items"][0]["id"] == made[0]
    assert admin.get("/api/users?offset=999999999").json["items"] == []
    admin.get("/api/users?limit=0", status=422)
    admin.get("/api/users?role=admin", status=422)


@pytest.mark.parametrize("name", ["{own}", "{other}", "999999999"])
def test_who_is_no_administrator_learns_of_no_account(api: Api, other: Api, app: TestApp, name: str) -> None:
    path = "/api/users/" + name.format(own=api.user_id, other=other.user_id)
    for ask in (api.get, api.delete):
        assert ask(path, status=403).json["code"] == "forbidden"
    api.patch_json(path, {"role": "admin"}, status=403)
    api.get("/api/users", status=403)
    app.get(path, status=401)
    app.get("/api/users", status=401)
    assert api.get(ME).json["role"] == "user"


def test_an_id_that_nobody_has_is_not_found(admin: Api) -> None:
    for name in ("999999999", "0", "01", "you", "me/x"):
        admin.get(f"/api/users/{name}", status=404)
    admin.patch_json("/api/users/999999999", {"role": "user"}, status=404)
    admin.delete("/api/users/999999999", status=404)


def test_a_role_counts_from_the_next_request_on(api: Api, admin: Api) -> None:
    path = f"/api/users/{api.user_id}"
    assert admin.patch_json(path, {"role": "admin"}).json["role"] == "admin"
    api.get("/api/users", status=200)
    assert admin.patch_json(path, {"role": "user"}).json["role"] == "user"
    api.get("/api/users", status=403)


def test_an_account_that_is_switched_off_is_nobodys_until_it_is_on_again(app: TestApp, api: Api, admin: Api) -> None:
    path, pair = f"/api/users/{api.user_id}", tokens(admin.app, api.email)
    log_in(app, api)
    named = client(app.app, token_of(make(app, "a program")))
    assert admin.patch_json(path, {"is_active": False}).json["is_active"] is False
    api.get(ME, status=401)
    app.get("/notes", status=303)
    named.get(ME, status=401)
    refresh = {"refresh_token": pair["refresh_token"]}
    assert admin.app.post("/api/auth/refresh", refresh, status=400).json["error"] == "invalid_grant"
    assert tokens(admin.app, api.email, status=400)["error"] == "invalid_grant"
    admin.patch_json(path, {"is_active": True})
    api.get(ME, status=401)
    app.get("/notes", status=303)
    named.get(ME, status=200)
    api.token = tokens(admin.app, api.email)["access_token"]
    api.get(ME, status=200)


@pytest.mark.parametrize(
    "body",
    [
        {"role": "root"},
        {"role": None},
        {"is_active": "no"},
        {"is_active": None},
        {"email": "x@example.com"},
        [],
        {"id": 1},
    ],
)
def test_a_change_of_an_account_that_breaks_a_rule_changes_nothing(api: Api, admin: Api, body: Any) -> None:
    path = f"/api/users/{api.user_id}"
    before = admin.get(path).json
    assert admin.patch_json(path, body, status=422).json["code"] == "validation_error"
    assert admin.patch_json(path, {}).json == before


def test_an_address_is_changed_with_the_password_and_logins_go_on(api: Api, other: Api) -> None:
    address = new_email()
    changed = api.patch_json(ME, {"email": f" {address.upper()} ", "current_password": PASSWORD})
    assert changed.json["email"] == address
    assert api.get(ME).json["email"] == address
    tokens(api.app, address)
    tokens(api.app, api.email, status=400)
    taken = api.patch_json(ME, {"email": other.email, "current_password": PASSWORD}, status=409)
    assert taken.json["code"] == "email_taken"
    assert api.get(ME).json["email"] == address


def test_another_password_ends_every_login_at_once(target: Target, email: str) -> None:
    browser, again = register(target, email), TestApp(target)
    named = client(target, token_of(make(browser, "a program")))
    pairs = [tokens(again, email) for _ in range(2)]
    first, second = (client(target, pair["access_token"]) for pair in pairs)
    for one in (named, first, second):
        one.get(ME, status=200)
    change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert first.patch_json(ME, change).json["email"] == email
    for one in (named, first, second):
        assert one.get(ME, status=401).json["code"] == "invalid_token"
    browser.get("/notes", status=303)
    again.post("/api/auth/refresh", {"refresh_token": pairs[1]["refresh_token"]}, status=400)
    tokens(again, email, status=400)
    tokens(again, email, OTHER_PASSWORD)


def test_accounts_behind_a_proxy_have_no_password_to_change(proxied: Target, email: str) -> None:
    program = client(proxied, token_of(make(Browser(proxied, email), "a program")))
    assert program.get(ME).json["email"] == email
    for body in (
        {"current_password": PASSWORD, "new_password": OTHER_PASSWORD},
        {"email": new_email(), "current_password": PASSWORD},
    ):
        answer = program.patch_json(ME, body, status=422)
        assert {error["type"] for error in answer.json["errors"]} == {"no_passwords"}
        assert {error["loc"][1] for error in answer.json["errors"]} == body.keys()
    assert program.patch_json(ME, {}).json["email"] == email
    program.delete(ME, status=204)
    program.get(ME, status=401)


def test_an_account_is_deleted_with_all_that_it_has(house: MakeAdmin) -> None:
    admin = house()
    api = make_api(admin.app.app)
    pair = tokens(admin.app, api.email)
    task = api.post_json("/api/tasks", {"title": "mine"}, status=201).json
    job = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json
    assert finished(api, job["id"])
    api.delete(ME, status=204)
    for path in (ME, "/api/tasks", f"/api/tasks/{task['id']}", f"/api/jobs/{job['id']}"):
        assert api.get(path, status=401).json["code"] == "invalid_token"
    admin.app.post("/api/auth/refresh", {"refresh_token": pair["refresh_token"]}, status=400)
    tokens(admin.app, api.email, status=400)
    admin.get(f"/api/users/{api.user_id}", status=404)
    admin.get(f"{REPORT}/{api.user_id}", status=404)
    admin.post_json(REPORT, {"owner_id": api.user_id}, status=404)
    again = admin.app.post_json("/api/auth/register", {"email": api.email, "password": PASSWORD}, status=201).json
    assert again["id"] > api.user_id
    api.token = tokens(admin.app, api.email)["access_token"]
    assert api.get("/api/tasks").json["total"] == 0


def test_an_administrator_deletes_an_account(house: MakeAdmin) -> None:
    admin = house()
    api = make_api(admin.app.app)
    api.post_json("/api/tasks", {"title": "mine"}, status=201)
    admin.delete(f"/api/users/{api.user_id}", status=204)
    admin.delete(f"/api/users/{api.user_id}", status=404)
    api.get(ME, status=401)


def test_who_writes_while_the_account_is_deleted_is_told_that_it_is_gone(house: MakeAdmin) -> None:
    api = make_api(house().app.app)

    def write(_number: int) -> list[Any]:
        program = client(api.app.app, api.token)
        answers: list[Any] = []
        while not answers or answers[-1].status_int == 201:
            answers.append(program.post_json("/api/tasks", {"title": "x"}, status="*"))
        return answers

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, number) for number in range(4)]
        wait_until(lambda: api.get("/api/tasks").json["total"] > 4)
        api.delete(ME, status=204)
        last = [each.result()[-1] for each in writing]
    assert [(answer.status_int, answer.json["code"]) for answer in last] == [(401, "invalid_token")] * 4


def admins_of(admin: Api) -> list[int]:
    users = admin.get("/api/users", status=200).json["items"]
    return [user["id"] for user in users if user["role"] == "admin" and user["is_active"]]


FALLS: dict[str, Callable[[Api], Any]] = {
    "demoted": lambda admin: admin.patch_json(f"/api/users/{admin.user_id}", {"role": "user"}, status="*"),
    "switched off": lambda admin: admin.patch_json(f"/api/users/{admin.user_id}", {"is_active": False}, status="*"),
    "deletes itself": lambda admin: admin.delete(ME, status="*"),
    "deleted": lambda admin: admin.delete(f"/api/users/{admin.user_id}", status="*"),
}


@row("Z7-last-admin")
def test_the_last_administrator_stays_however_it_would_fall(house: MakeAdmin) -> None:
    admin, second = house(), house()
    admin.patch_json(f"/api/users/{second.user_id}", {"is_active": False})  # a disabled administrator does not count
    for fall in FALLS.values():
        answer = fall(admin)
        assert (answer.status_int, answer.json["code"]) == (409, "last_admin")
    assert admin.patch_json(f"/api/users/{admin.user_id}", {"role": "admin", "is_active": True}).json["role"] == "admin"


@pytest.mark.parametrize("way", FALLS)
def test_of_administrators_who_fall_at_the_same_time_one_stays(house: MakeAdmin, way: str) -> None:
    admins = [house() for _ in range(4)]
    with ThreadPoolExecutor(len(admins)) as pool:
        answers = list(pool.map(FALLS[way], admins))
    codes = sorted(answer.status_int for answer in answers)
    assert codes[-1] == 409
    assert all(code in (200, 204) for code in codes[:-1])
    [stays] = [admin for admin, answer in zip(admins, answers, strict=True) if answer.status_int == 409]
    assert stays.get(ME).json["role"] == "admin"
    assert admins_of(stays) == [stays.user_id]
