"""The rows B, N and U of the attack table that test_bad_input.py does not cover: bodies, numbers, Unicode."""

import json
from typing import Any

import pytest
from webtest import TestApp

from intermediate.testing.contract import in_threads
from tests.functional.conftest import PASSWORD, Api, Target, new_email
from tests.functional.test_tasks import log_in
from tests.rows import row

pytestmark = pytest.mark.slow

JSON = "application/json"


@row("B4-file")
def test_a_file_in_place_of_text_is_no_field(browser: TestApp) -> None:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    browser.post("/notes", {"csrf_token": token}, upload_files=[("title", "a.txt", b"text")], status=400)


def multipart(*parts: bytes) -> dict[str, Any]:
    body = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"
    return {"params": body, "content_type": "multipart/form-data; boundary=x"}


@pytest.mark.parametrize(
    ("call", "status"),
    [
        pytest.param(
            multipart(*(b'Content-Disposition: form-data; name="a%d"\r\n\r\n1' % at for at in range(1001))),
            400,
            id="B5-1001-parts",
        ),
        pytest.param(
            multipart(b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\nz\r\n--y--"), 400, id="B5-nested"
        ),
        pytest.param(
            multipart(b'Content-Disposition: form-data; name="a"; filename="' + b"f" * 1_100_000 + b'"\r\n\r\nx'),
            413,
            id="B5-long-name",
        ),
    ],
)
def test_a_form_of_odd_parts_is_refused(browser: TestApp, call: dict[str, Any], status: int) -> None:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    browser.post("/notes", **call, headers={"X-CSRF-Token": token}, status=status)


@pytest.mark.parametrize(
    "accept",
    ["image/png", "text/html", "application/json", "*/*", "", "a/b/c", ";;q=x", "\xff", "application/json;q=9"],
    ids=lambda accept: f"B7-{accept!r}",
)
def test_any_accept_is_json_or_406(api: Api, accept: str) -> None:
    for path, status in (("/api/tasks", "*"), ("/api/nothing", "*")):
        answer = api.get(path, headers={"Accept": accept}, status=status)
        assert answer.status_int in (200, 404, 406)
        assert answer.content_type in (JSON, "application/problem+json")


@row("N2")
def test_behind_the_end_of_a_list_there_is_nothing(api: Api) -> None:
    api.post_json("/api/tasks", {"title": "x"})
    page = api.get("/api/tasks?offset=999999999").json
    assert (page["items"], page["total"]) == ([], 1)
    api.get("/api/tasks?offset=1000000000", status=422)


NUMBERS = ["0", "-1", "2147483648", "9223372036854775808", "9" * 5000, "1_0", "%D9%A3", "1.0", "+1", "1e3", "0x1"]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: f"N3-{number[:20]}")
def test_what_is_no_id_leads_nowhere(app: TestApp, api: Api, number: str) -> None:
    log_in(app, api)
    for path in ("/api/tasks/{}", "/api/jobs/{}", "/api/jobs/task-report/{}", "/api/users/{}"):
        api.get(path.format(number), status=404)
    for path in ("/notes/{}", "/jobs/{}"):
        app.get(path.format(number), status=404)


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "9223372036854775808", "1e400"], ids="N3-body-{}".format)
def test_an_id_of_a_body_is_bounded(api: Api, number: str) -> None:
    answer = api.post("/api/jobs/task-report", f'{{"owner_id": {number}}}'.encode(), content_type=JSON, status="4*")
    assert answer.status_int in (400, 403, 422)


@pytest.mark.parametrize("value", ["1.0", '"1"', "true", "1.5", "[1]"], ids="N4-{}".format)
def test_a_number_of_another_type_is_none(api: Api, value: str) -> None:
    body = f'{{"owner_id": {value}}}'.encode()
    assert api.post("/api/jobs/task-report", body, content_type=JSON, status=422).json["errors"]


@pytest.mark.parametrize(
    "moment",
    [
        "10000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T24:01:00Z",
        "2026-01-01",
        "yesterday",
        "2026-01-01T00:00:00+24:00",
        "9998-12-31T23:59:59-00:01",  # this is in the year 9999 in UTC, which is refused as input
        "0002-01-01T00:00:00+00:01",
    ],
    ids="N5-{}".format,
)
def test_what_is_no_moment_is_refused(api: Api, moment: str) -> None:
    api.post_json("/api/tasks", {"title": "x", "due_at": moment}, status=422)
    api.get("/api/tasks", {"due_before": moment}, status=422)


@row("N5-zone")
def test_a_moment_is_kept_in_utc(api: Api) -> None:
    task = api.post_json("/api/tasks", {"title": "x", "due_at": "2026-01-01T01:30:00+01:30"}).json
    assert task["due_at"].startswith("2026-01-01T00:00:00")


@row("U1-names")
def test_a_nul_in_the_name_of_a_field_is_refused(api: Api) -> None:
    api.post_json("/api/tasks", {"title": "x", "a\0": 1}, status=422)
    api.get("/api/tasks?a%00=1", status=422)


@row("U4-bidi")
def test_text_that_turns_others_around_is_held_in(app: TestApp, api: Api) -> None:
    log_in(app, api)
    title = "\u202eabc\u200b\ufeff"
    task = api.post_json("/api/tasks", {"title": title}).json
    assert f"<bdi>{title}</bdi>" in app.get(f"/notes/{task['id']}")


@row("U5-twins")
def test_addresses_that_differ_in_case_or_spaces_are_one(app: TestApp) -> None:
    name, host = new_email().split("@")
    app.post_json("/api/auth/register", {"email": f" {name.upper()}@{host} ", "password": PASSWORD}, status=201)
    for twin in (f"{name}@{host.upper()}", f"{name}@{host}"):
        app.post_json("/api/auth/register", {"email": twin, "password": PASSWORD}, status=409)
    for other in (f"{name}ß@{host}", f"{name}İ@{host}", f"ｆ{name}@{host}", "x" * 250 + "@a.example"):
        app.post_json("/api/auth/register", {"email": other, "password": PASSWORD}, status=422)


@row("U5-race")
def test_of_many_registrations_at_once_one_makes_the_account(target: Target) -> None:
    body = {"email": new_email(), "password": PASSWORD}
    statuses = in_threads(
        *[lambda: TestApp(target).post_json("/api/auth/register", body, status="*").status_int] * 20, patience=60
    )
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 409, 503}  # 503 after waiting too long for a hash


@row("U6")
def test_much_of_the_same_is_too_much(api: Api, is_served: bool) -> None:
    for size, status in ((10_000_000, 413), (100_000, 422))[is_served:]:  # a server closes the connection: see B1
        api.post("/api/tasks", json.dumps({"title": "a" * size}).encode(), content_type=JSON, status=status)
    api.post_json("/api/tasks", {"title": "x", "description": "\n" * 100_000}, status=422)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Range", "bytes=0-99999999999999999999", id="H9-range"),
        pytest.param("Range", "rabbits=1", id="H9-unit"),
        pytest.param("If-Match", "garbage", id="H9-if-match"),
        pytest.param("If-None-Match", '"', id="H9-if-none-match"),
        pytest.param("If-Modified-Since", "yesterday", id="H9-if-modified-since"),
        pytest.param("If-Unmodified-Since", "\xff", id="H9-if-unmodified-since"),
        pytest.param("If-Range", "x", id="H9-if-range"),
        pytest.param("Last-Event-ID", "-1\xff", id="H9-last-event"),
    ],
)
def test_an_odd_condition_is_ignored_or_refused(app: TestApp, api: Api, name: str, value: str) -> None:
    task = api.post_json("/api/tasks", {"title": "x"}).location
    for path in (task, "/api/tasks", "/api/tasks/stats"):
        assert api.get(path, headers={name: value}, status="*").status_int in (200, 206, 412, 416)
    assert app.get("/static/site.css", headers={name: value}, status="*").status_int in (200, 206, 304, 412, 416)
    assert api.patch_json(task, {"title": "y"}, headers={name: value}, status="*").status_int in (200, 400, 412)
