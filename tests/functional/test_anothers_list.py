"""`GET /api/tasks?owner_id=`: an administrator can read any user's list, other users only their own."""

from typing import Any

import pytest

from tests.functional.conftest import Api
from tests.functional.test_task_lists import add, links

NOBODYS = 999_999_999


def of(owner: Api, query: str = "") -> str:
    return f"/api/tasks?owner_id={owner.user_id}{query}"


def test_an_administrator_reads_the_list_that_its_owner_reads(api: Api, admin: Api) -> None:
    add(admin, 1)
    add(api, 2, tags=["x"], status="completed")
    add(api, 3, priority="high", due_at="2030-01-01T00:00:00Z")
    for query in (
        "",
        "&sort=title&limit=2",
        "&sort=-due_at&limit=2&offset=2",
        "&tag=x",
        "&status=completed&q=task%201",
        "&priority=high&due_before=2031-01-01T00:00:00Z&due_after=2029-01-01T00:00:00Z",
    ):
        wanted = api.get(f"/api/tasks?{query[1:]}").json
        assert wanted["items"], query
        assert admin.get(of(api, query), status=200).json == wanted, query
    assert {task["owner_id"] for task in admin.get("/api/tasks").json["items"]} == {admin.user_id}


@pytest.mark.parametrize("more", ["", "&cursor="])
def test_its_links_and_cursors_lead_through_that_list(api: Api, admin: Api, more: str) -> None:
    add(admin, 1)
    add(api, 5)
    first = admin.get(of(api, "&limit=2&sort=title"))
    url = of(api, f"&limit=2&sort=title&cursor={first.json['next_cursor']}") if more else links(first)["next"]
    seen = [task["title"] for task in first.json["items"]]
    while url:
        answer = admin.get(url)
        seen += [task["title"] for task in answer.json["items"]]
        url = links(answer).get("next", "")
    assert seen == [f"Task {number}" for number in range(5)]


def test_a_cursor_is_of_the_list_of_its_owner(api: Api, admin: Api) -> None:
    for one in (api, admin):
        add(one, 2)
    cursor = admin.get(of(api, "&limit=1")).json["next_cursor"]
    assert api.get(f"/api/tasks?limit=1&cursor={cursor}").json["items"][0]["owner_id"] == api.user_id
    assert admin.get(f"/api/tasks?limit=1&cursor={cursor}", status=422).json["code"] == "invalid_cursor"


def test_it_is_kept_until_its_owner_writes(api: Api, admin: Api) -> None:
    def tagged(query: str, **headers: str) -> Any:
        return admin.get(of(api, query), headers=headers)

    add(api, 2)
    answer = tagged("&limit=1")
    tag = answer.headers["ETag"]
    assert [answer.headers["X-Cache"], tagged("&limit=1").headers["X-Cache"]] == ["miss", "hit"]
    assert api.get("/api/tasks?limit=1").headers["ETag"] == tag != admin.get("/api/tasks?limit=1").headers["ETag"]
    assert tagged("&limit=1", **{"If-None-Match": tag}).status_int == 304
    add(admin, 1)
    assert tagged("&limit=1", **{"If-None-Match": tag}).status_int == 304
    add(api, 1)
    assert tagged("&limit=1", **{"If-None-Match": tag}).json["total"] == 3


def test_everybody_else_reads_their_own_only(api: Api, other: Api) -> None:
    add(api, 1)
    assert api.get(of(api)).json == api.get("/api/tasks").json
    for owner in (api.user_id, NOBODYS):
        assert other.get(f"/api/tasks?owner_id={owner}", status=403).json["code"] == "forbidden"
    api.app.get(of(api), status=401)


def test_an_account_that_is_not_there_has_no_list(api: Api, admin: Api) -> None:
    assert admin.get(f"/api/tasks?owner_id={NOBODYS}", status=404).json["code"] == "not_found"
    api.delete("/api/users/me", status=204)
    assert admin.get(of(api), status=404).json["detail"] == "There is no such account."


def test_the_list_of_an_account_that_is_switched_off_can_be_read(api: Api, admin: Api) -> None:
    add(api, 1)
    admin.patch_json(f"/api/users/{api.user_id}", {"is_active": False}, status=200)
    assert admin.get(of(api)).json["total"] == 1


@pytest.mark.parametrize("value", ["", "0", "-1", "x", "1_0", "1.0", "2147483648", "1&owner_id=1"])
def test_an_owner_is_named_by_a_number(admin: Api, value: str) -> None:
    problem = admin.get(f"/api/tasks?owner_id={value}", status=422).json
    assert problem["errors"][0]["loc"] == ["query", "owner_id"]


def test_the_site_and_other_addresses_know_no_owner(admin: Api, api: Api, browser: Any) -> None:
    assert "does not exist" in browser.get(f"/notes?owner_id={api.user_id}", status=422)
    admin.get(f"/api/tasks/export?owner_id={api.user_id}", status=422)
