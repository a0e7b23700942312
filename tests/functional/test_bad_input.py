"""Invalid requests: each gets a clear error, never a 500."""

import json
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api
from tests.functional.test_tasks import log_in
from tests.rows import row

JSON = "application/json"


def row_of(body: Any) -> str | None:
    """Return the row of the attack table for an invalid body."""
    if not isinstance(body, dict):
        return "B3" if (isinstance(body, list) and not body) or body is None else None
    signs = {"\\u0000": "U1", "\\ud800": "U2", "\\u001b": "U4", "due_at": "N5", "_id": "Z3", '"id"': "Z3"}
    return next(
        (f"{found}-{body}" for sign, found in signs.items() if sign in json.dumps(body)), f"B3-{str(body)[:40]}"
    )


def post_raw(api: Api, body: bytes, content_type: str = JSON, **headers: str) -> Any:
    return api.post("/api/tasks", body, content_type=content_type, headers=headers, status="4*")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b'\xef\xbb\xbf{"title":"x"}', id="byte order mark"),
        pytest.param('{"title":"x"}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"title":"\xff"}', id="bad UTF-8"),
        pytest.param(b'{"title":NaN}', id="NaN"),
        pytest.param(b'{"title":1e999}', id="infinite"),
        pytest.param(b'{"title":"a","title":"b"}', id="a name twice"),
        pytest.param(b'{"title":' + b"9" * 5000 + b"}", id="an integer of 5000 digits"),
        pytest.param(b"[" * 100_000, id="100,000 deep"),
    ],
)
@row("B3")
def test_what_is_no_json_is_malformed(api: Api, body: bytes) -> None:
    answer = post_raw(api, body)
    assert (answer.status_int, answer.json["code"]) == (400, "malformed_json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/json; charset=latin-1", ""])
@row("B2")
def test_another_type_of_body_is_refused(api: Api, content_type: str) -> None:
    answer = post_raw(api, b'{"title":"x"}', content_type)
    assert (answer.status_int, answer.json["code"]) == (415, "unsupported_media_type")


@row("B6")
def test_an_encoded_body_is_refused(api: Api) -> None:
    assert post_raw(api, b"\x1f\x8b", **{"Content-Encoding": "gzip"}).status_int == 415


@row("B1-over")
def test_a_body_of_more_than_a_mebibyte_is_too_large(api: Api) -> None:
    body = json.dumps({"title": "x", "description": "y" * 1024 * 1024}).encode()
    answer = post_raw(api, body)
    assert (answer.status_int, answer.json["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([], []),
        (None, []),
        ({}, ["title"]),
        ({"title": 1}, ["title"]),
        ({"title": "  "}, ["title"]),
        ({"title": "x" * 201}, ["title"]),
        ({"title": "a\0b"}, ["title"]),
        ({"title": "a\x1bb"}, ["title"]),
        ({"title": "\ud800"}, []),
        ({"title": "x", "description": "y" * 10_001}, ["description"]),
        ({"title": "x", "status": "done"}, ["status"]),
        ({"title": "x", "owner_id": 1}, ["owner_id"]),
        ({"title": "x", "id": 1}, ["id"]),
        ({"title": "x", "due_at": "2026-02-30T00:00:00Z"}, ["due_at"]),
        ({"title": "x", "due_at": "2026-02-03T00:00:00"}, ["due_at"]),
        ({"title": "x", "due_at": "2026-02-03T00:00:00+99:99"}, ["due_at"]),
        ({"title": "x", "due_at": "0000-01-01T00:00:00Z"}, ["due_at"]),
        ({"title": "x", "due_at": 5}, ["due_at"]),
        ({"title": "x", "tags": "a"}, ["tags"]),
        ({"title": "x", "tags": ["a\0"]}, ["tags", 0]),
    ],
    ids=row_of,
)
def test_a_body_that_breaks_a_rule_says_which(api: Api, body: Any, where: list[Any]) -> None:
    answer = post_raw(api, json.dumps(body).encode())
    assert answer.status_int == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "validation_error"
    [error] = answer.json["errors"]
    assert error["loc"] == ["body", *where]
    assert error["msg"]


@pytest.mark.parametrize(
    "query",
    [
        *(f"limit={value}" for value in ("0", "-1", "101", "2147483648", "1e3", "1.0", "%201", "1_0", "%D9%A3", "0x1")),
        *(f"limit={value}" for value in ("%2B1", "true", "", "9" * 400)),
        "limit=1&limit=2",
        "offset=-1",
        "status=done",
        "sort=__class__",
        "sort=id;drop",
        "due_before=yesterday",
        "unknown=1",
        "q=%01",
    ],
    ids=lambda query: f"{'I1' if query.startswith('sort') else 'U1' if '%0' in query else 'N1'}-{query[:30]}",
)
def test_a_query_that_breaks_a_rule_is_refused(api: Api, query: str) -> None:
    answer = api.get(f"/api/tasks?{query}", status=422)
    assert answer.json["errors"][0]["loc"][0] == "query"


def test_a_query_where_none_is_taken_is_refused(api: Api) -> None:
    task = api.post_json("/api/tasks", {"title": "x"}, status=201).json
    for path in ("/api", "/api/tasks/stats", f"/api/tasks/{task['id']}", "/api/users/me"):
        answer = api.get(f"{path}?status=pending", status=422)
        assert answer.json["errors"][0]["loc"] == ["query", "status"], path
    api.delete(f"/api/tasks/{task['id']}?dry_run=1", status=422)
    api.get(f"/api/tasks/{task['id']}", status=200)


def test_whoever_asks_whether_a_server_is_well_may_add_a_query(api: Api) -> None:
    for path in ("/livez", "/healthz", "/openapi.json"):
        api.get(f"{path}?from=probe", status=200)


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "x"])
def test_an_origin_that_is_no_site_is_not_this_one(app: TestApp, origin: str) -> None:
    for path in ("/auth/login", "/theme"):
        answer = app.post(path, {"email": "x"}, headers={"Origin": origin}, status=400)
        assert answer.headers["Content-Type"].startswith("text/html"), path


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Range"])
@pytest.mark.parametrize("date", ["Thu, 01 Jan 99999 00:00:00 GMT", "Thu, 01 Jan 0000 00:00:00 GMT", "soon"])
def test_a_date_that_is_none_counts_for_nothing(app: TestApp, name: str, date: str) -> None:
    headers = {name: date, "Range": "bytes=0-9"} if name == "If-Range" else {name: date}
    assert app.get("/static/site.css", headers=headers, status=200).body


@row("U3-I11")
def test_text_of_any_script_comes_back_as_it_was(api: Api) -> None:
    for title in (
        "👩‍👩‍👧‍👦 family",
        "e" + "\u0301" * 150,
        "עברית \u202e abc",
        "' OR 1=1--",
        "{{7*7}}",
        "%s {0.__class__}",
    ):
        task = api.post_json("/api/tasks", {"title": title}, status=201).json
        assert task["title"] == title
        assert title in [one["title"] for one in api.get("/api/tasks").json["items"]]


@row("I1-search")
def test_search_takes_wildcards_and_quotes_as_text(api: Api) -> None:
    for title in ("100% sure", "100 percent", "a_b", "aXb", "it's"):
        api.post_json("/api/tasks", {"title": title})
    found = {q: [one["title"] for one in api.get("/api/tasks", {"q": q}).json["items"]] for q in ("0%", "a_b", "'")}
    assert found == {"0%": ["100% sure"], "a_b": ["a_b"], "'": ["it's"]}


@pytest.mark.parametrize("path", ["/%ff", "/api/tasks?q=%ff", "/notes/%ff"])
@row("U7")
def test_an_address_that_is_no_text_is_a_bad_request(api: Api, path: str) -> None:
    answer = api.get(path, status=400)
    assert answer.json["code"] == "bad_request"
    assert "<html" in api.get(path, headers={"Accept": "text/html"}, status=400)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nobody", "long enough"),
        ("a@b", "long enough"),
        ("ß@example.com", "long enough"),
        ("a" * 250 + "@example.com", "long enough"),
        ("a\0@example.com", "long enough"),
    ],
)
@row("U5-refused")
def test_an_account_that_breaks_a_rule_is_refused(app: TestApp, email: str, password: str) -> None:
    body = json.dumps({"email": email, "password": password}).encode()
    answer = app.post("/api/auth/register", body, content_type=JSON, status=422)
    assert len(answer.json["errors"]) == 1
    app.post("/api/auth/login", {"username": email.encode("utf-8", "replace"), "password": "x"}, status=400)


def form_post(app: TestApp, body: bytes, content_type: str = "application/x-www-form-urlencoded") -> Any:
    token = app.get("/auth/login").forms[0]["csrf_token"].value
    return app.post("/auth/login", body, content_type=content_type, headers={"X-CSRF-Token": token}, status="4*")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"email=%ff", "application/x-www-form-urlencoded"),
        (b"email=\xff", "application/x-www-form-urlencoded"),
        (b"email=a&email=b", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % number for number in range(10_001)), "application/x-www-form-urlencoded"),
        (b"email=a", "application/x-www-form-urlencoded; charset=bogus"),
        (b"--x\r\n", "multipart/form-data"),
        (b"garbage", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\nfile\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
@row("B4-B5")
def test_a_form_that_is_none_is_a_bad_request_on_both_surfaces(app: TestApp, body: bytes, content_type: str) -> None:
    assert form_post(app, body, content_type).status_int == 400
    body = body.replace(b"email=", b"password=x&username=")
    answer = app.post("/api/auth/login", body, content_type=content_type, status=400)
    assert answer.json["error"] == "invalid_request"


@row("U1-form")
def test_a_note_with_a_nul_is_refused_beside_its_field(app: TestApp, api: Api) -> None:
    log_in(app, api)
    token = app.get("/notes").forms["add"]["csrf_token"].value
    assert "<html" in app.post("/notes", {"title": "a\0b", "csrf_token": token}, status=422)
    assert api.get("/api/tasks").json["total"] == 0
    assert "<html" in app.get("/notes?status=done", status=422)


@pytest.mark.parametrize("cookie", ["session=", "session=abc", "session=" + "A" * 8000, 'session="\\377"', "session=é"])
@row("S3-U7")
def test_a_cookie_that_is_not_ours_is_nobodys(app: TestApp, cookie: str) -> None:
    answer = app.get("/notes", headers={"Cookie": cookie}, status=303)
    assert "/auth/login" in answer.location


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil",
        "/\\evil",
        "\\\\evil",
        "http:///evil",
        "https:evil",
        "/\t/evil",
        "javascript:x",
        "/%2f/evil",
        "https://a@b",
    ],
)
@row("S10-I6")
def test_a_login_leads_to_no_other_site(app: TestApp, api: Api, elsewhere: str) -> None:
    form = app.get("/auth/login", {"next": elsewhere}).forms[0]
    form["email"], form["password"] = api.email, "correct horse battery"
    assert form.submit(status=303).location.endswith(("/notes", "/%2f/evil"))
