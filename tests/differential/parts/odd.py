"""Invalid requests, which every combination must refuse with the same response."""

from typing import Any

from tests.differential.recording import FORM, Client

TASKS = "/api/tasks"
BODIES = (
    b"",
    b"{",
    b'\xef\xbb\xbf{"title":"x"}',
    '{"title":"x"}'.encode("utf-16"),
    b'{"title":"\xff"}',
    b'{"title":NaN}',
    b'{"title":1e999}',
    b'{"title":"a","title":"b"}',
    b'{"title":' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"title":"\\ud800"}',
    b'{"title":"x","description":"' + b"y" * 1024 * 1024 + b'"}',
)
FIELDS = (
    {"title": 1},
    {"title": "  "},
    {"title": "x" * 201},
    {"title": "a\0b"},
    {"title": "a\x1bb"},
    {"title": "x", "description": "y" * 10_001},
    {"title": "x", "description": "\0"},
    {"title": "x", "status": "done"},
    {"title": "x", "priority": 1},
    {"title": "x", "owner_id": 1},
    {"title": "x", "id": 1},
    {"title": "x", "due_at": "2026-02-30T00:00:00Z"},
    {"title": "x", "due_at": "2026-02-03T00:00:00"},
    {"title": "x", "due_at": "2026-02-03T00:00:00+99:99"},
    {"title": "x", "due_at": "0001-01-01T00:00:00Z"},
    {"title": "x", "due_at": "9999-01-01T00:00:00Z"},
    {"title": "x", "due_at": 5},
    {"title": "x", "tags": "a"},
    {"title": "x", "tags": ["a\0"]},
    {"title": "x", "tags": ["a,b"]},
    {"title": "x", "tags": ["x" * 41]},
    {"title": "x", "tags": [str(number) for number in range(21)]},
)
LIMITS = ("0", "-1", "101", "2147483648", "1e3", "1.0", "%201", "1_0", "%D9%A3", "0x1", "%2B1", "", "9" * 400)
QUERIES = (
    *(f"limit={limit}" for limit in LIMITS),
    "limit=1&limit=2",
    "offset=-1",
    "offset=9999999999",
    "status=done",
    "sort=__class__",
    "sort=id;drop",
    "sort=--title",
    "due_before=yesterday",
    "due_before=2020-01-01T00:00:00",
    "unknown=1",
    "q=%01",
    "q=%00",
    "q=%ff",
    "tag=%00",
    "q=" + "x" * 201,
)
TEXTS = (
    "👩‍👩‍👧‍👦 family",
    "e" + "\u0301" * 150,
    "עברית \u202e abc",
    "' OR 1=1--",
    "{{7*7}}",
    "%s {0.__class__}",
    "\u2028",
    "\ufeff",
)


def odd_bodies(ann: Client, _ben: Client, _nobody: Client) -> None:
    for body in BODIES:
        ann.api("POST", TASKS, body)
    for kind in ("text/plain", "application/xml", "application/json; charset=latin-1", FORM):
        ann.api("POST", TASKS, b'{"title":"x"}', Content_Type=kind)
    ann.api("POST", TASKS, b"\x1f\x8b", Content_Encoding="gzip")
    documents: tuple[Any, ...] = (b"null", [], "x", 7, {})
    for document in documents:
        ann.api("POST", TASKS, document)


def odd_fields(ann: Client, _ben: Client, _nobody: Client) -> None:
    task = f"{TASKS}/{ann.api('POST', TASKS, {'title': 'stays'}).json()['id']}"
    for fields in FIELDS:
        ann.api("POST", TASKS, fields)
        ann.api("PATCH", task, {name: value for name, value in fields.items() if value != "x"})
    ann.api("GET", task)
    for text in TEXTS:
        ann.api("POST", TASKS, {"title": text, "description": text, "tags": [text[:40]]})
    ann.api("GET", f"{TASKS}?limit={len(TEXTS)}")
    ann.get(f"/notes?limit={len(TEXTS)}")
    ann.api("GET", f"{TASKS}/stats")


def odd_queries(ann: Client, _ben: Client, _nobody: Client) -> None:
    for query in QUERIES:
        ann.api("GET", f"{TASKS}?{query}")
    for query in QUERIES[-7:]:
        ann.get(f"/notes?{query}")


def odd_addresses(ann: Client, _ben: Client, _nobody: Client) -> None:
    for name in (
        "0",
        "01",
        "-1",
        "%2B1",
        "1_0",
        "%D9%A3",
        "999999999",
        "9999999999",
        "x",
        "%ff",
        "%00",
        "@@stats",
        "..",
        ".",
        "",
    ):
        ann.api("GET", f"{TASKS}/{name}")
        ann.get(f"/notes/{name}")
        ann.api("GET", f"/api/jobs/{name}")
    for path in ("/%ff", "/api//tasks", "//api/tasks", "/api/./tasks", "/api/tasks;x", "/API/tasks", "/notes.html"):
        ann.get(path)
        ann.get(path, Accept="text/html")


def odd_headers(ann: Client, _ben: Client, nobody: Client) -> None:
    for header in ("Basic YTpi", "Bearer", "Bearer  two-spaces", "Bearer " + "x" * 9000, "Bearer a.b", "Bearer \xff"):
        nobody.api("GET", TASKS, Authorization=header)
    token = ann.api_headers["Authorization"].partition(" ")[2]
    nobody.api("GET", f"{TASKS}?limit=1", Authorization=f"bEARER {token}")
    nobody.api("GET", TASKS, Cookie=ann.cookie)
    for request_id in ("fine-1", "not fine", "x" * 65, ""):
        nobody.get("/livez", X_Request_ID=request_id)
