"""`/admin/users`: the accounts, their figures, roles and state."""

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.admin.conftest import HTMX, App, by_form, by_htmx, cells, owners, put_report
from tests.functional.conftest import Api, Browser, make_admin, make_api
from tests.functional.test_tasks import log_in
from tests.rows import row

pytestmark = pytest.mark.slow


def test_owners_are_listed_with_their_figures(browser: Browser, new_app: App, admin_api: Api) -> None:
    target, url = new_app
    ann, ben = make_api(target), make_api(target)
    put_report(url, ann.user_id, total_tasks=40, completed_tasks=30, overdue_tasks=2)
    page = browser.get("/admin")
    assert owners(page) == [ben.email, ann.email, admin_api.email]
    assert "3 people, 40 tasks, 2 overdue" in page
    assert cells(page, f"owner-{ann.user_id}")[:6] == ["User", "Active", "40", "10 open", "2 overdue", "75 %"]
    assert cells(page, f"owner-{ben.user_id}")[2:7] == ["–"] * 4 + ["None yet"]
    assert cells(page, f"owner-{admin_api.user_id}")[0] == "Admin"


@pytest.mark.parametrize(
    "junk",
    [
        {"total_tasks": "many", "completed_tasks": None, "overdue_tasks": -1, "generated_at": "yesterday"},
        {"total_tasks": 1e308, "completed_tasks": [], "generated_at": 5},
        {"total_tasks": 1, "completed_tasks": 9},
    ],
)
def test_a_document_that_somebody_else_wrote_breaks_nothing(browser: Browser, new_app: App, junk: Any) -> None:
    target, url = new_app
    ann = make_api(target)
    put_report(url, ann.user_id, **junk)
    assert ann.email in browser.get("/admin/users", status=200)


def test_owners_are_found_by_a_part_of_their_address(browser: Browser, new_app: App) -> None:
    people = [make_api(new_app[0]) for _ in range(3)]
    put_report(new_app[1], people[0].user_id, total_tasks=7, completed_tasks=7)
    part = people[0].email.partition("@")[0][2:]
    page = browser.get(f"/admin/users?q={part.upper()}")
    assert owners(page) == [people[0].email]
    assert "1 person with" in page
    assert cells(page, f"owner-{people[0].user_id}")[2] == "7"
    for nobody in ("zzz", "%", "_", "\\"):
        assert "No one with that address." in browser.get("/admin/users", {"q": nobody})
    fragment = browser.get("/admin/users?q=zzz", headers=HTMX)
    assert "<html" not in fragment
    assert "No one with that address." in fragment
    browser.get("/admin/users?q=" + "x" * 255, status=422)
    browser.get("/admin/users?offset=-1", status=422)
    browser.get("/admin/users?q=%00", status=422)


def test_owners_are_paged(browser: Browser, new_app: App) -> None:
    people = [make_api(new_app[0]).email for _ in range(4)]
    first = browser.get("/admin/users?limit=2&q=")
    assert (owners(first), "1 to 2 of 5" in first) == ([people[3], people[2]], True)
    second = first.click("Next page")
    assert (owners(second), "3 to 4 of 5" in second) == ([people[1], people[0]], True)
    third = second.click("Next page")
    assert "Next page" not in third
    assert owners(third.click("Previous page")) == owners(second)
    assert "There are no people on this page" in browser.get("/admin/users?offset=100")


def test_a_role_is_given_and_taken(browser: Browser, new_app: App, is_served: bool) -> None:
    ann = make_api(new_app[0])
    path = f"/admin/users/{ann.user_id}/change"
    answer = by_form(browser, f"/admin/users?q={ann.email}", path, role="admin")
    # TestApp omits the port of a server, so its Referer looks like another site.
    assert answer.location.endswith("/admin" if is_served else f"/admin/users?q={ann.email}")
    assert f"{ann.email} is now an administrator." in answer.follow()
    assert ann.get("/api/users", status=200)
    made = by_htmx(browser, path, role="user")
    assert made.text.count("<tr") == 1
    assert f"{ann.email} is no longer an administrator." in made
    ann.get("/api/users", status=403)


def test_an_account_is_switched_off_and_on(browser: Browser, new_app: App) -> None:
    ann = make_api(new_app[0])
    path = f"/admin/users/{ann.user_id}/change"
    assert f"Switched off {ann.email}." in by_form(browser, "/admin", path, is_active="false").follow()
    ann.get("/api/tasks", status=401)
    assert cells(browser.get("/admin"), f"owner-{ann.user_id}")[1] == "Off"
    assert f"Switched on {ann.email}." in by_htmx(browser, path, is_active="true")
    log_in(TestApp(new_app[0]), ann)


def test_the_last_administrator_stays_one(browser: Browser, new_app: App, admin_api: Api) -> None:
    path = f"/admin/users/{admin_api.user_id}/change"
    for fields in ({"role": "user"}, {"is_active": "false"}):
        assert "only administrator" in by_htmx(browser, path, 409, **fields)
        assert "only administrator" in by_form(browser, "/admin", path, 409)
    make_admin(*new_app)
    answer = by_form(browser, "/admin", path, role="user")
    assert answer.location.endswith("/account")
    assert "no longer an administrator" in answer.follow()
    browser.get("/admin", status=403)


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "owner"},
        {"is_active": "perhaps"},
        {"email": "taken@example.org"},
        {"role": "admin", "password_hash": "x"},
        {"role": "admin", "id": "1"},
    ],
)
@row("Z3-admin")
def test_only_role_and_state_can_be_changed(browser: Browser, new_app: App, fields: dict[str, str]) -> None:
    ann = make_api(new_app[0])
    by_htmx(browser, f"/admin/users/{ann.user_id}/change", 422, **fields)
    me = ann.get("/api/users/me").json
    assert (me["email"], me["role"], me["is_active"]) == (ann.email, "user", True)
