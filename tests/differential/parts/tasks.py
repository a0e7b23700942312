"""A task in the API: all methods, all fields, and access by another user."""

from typing import Any

from tests.differential.recording import Client

TASKS = "/api/tasks"
FULL = {
    "title": "Ünïcode 🎈 שלום",
    "description": "Two\nlines, a\ttab and “quotes” \\ \" ' <b>&amp;",
    "status": "completed",
    "priority": "high",
    "due_at": "2020-02-29T23:59:59.123456+05:30",
    "tags": ["b", "ä", "a", "B", "b", "🎈"],
}
PATCHES: tuple[dict[str, Any], ...] = (
    {},
    {"title": "Another title"},
    {"status": "in_progress"},
    {"status": "completed"},
    {"status": "completed", "priority": "low"},
    {"status": "pending", "description": None, "due_at": None},
    {"tags": []},
    {"tags": ["x", "a", "x"]},
    {"due_at": "9998-12-31T23:59:59.999999Z"},
    {"due_at": "0002-01-01T00:00:00Z"},
    {"due_at": "9998-12-31T23:59:59-00:01"},
    {"due_at": "0002-01-01T00:00:00+00:01"},
    {"due_at": "2020-01-01T00:00:00.000001Z"},
    {"title": None},
    {"tags": None},
    {"version": 7},
)


def tasks_api(ann: Client, _ben: Client, _nobody: Client) -> None:
    plain = ann.api("POST", TASKS, {"title": "  Plain  "}, X_Request_ID="given-1.2_3")
    full = ann.api("POST", TASKS, FULL)
    long = ann.api("POST", TASKS, {"title": "x" * 200, "description": "🎈" * 10_000})
    path = f"{TASKS}/{plain.json()['id']}"
    ann.api("GET", path)
    ann.api("HEAD", path)
    ann.api("OPTIONS", path)
    ann.api("POST", path, {"title": "x"})
    for patch in PATCHES:
        ann.api("PATCH", path, patch)
    ann.api("PATCH", path, {"title": "Merged"}, Content_Type="application/merge-patch+json")
    ann.api("PUT", path, FULL)
    ann.api("PUT", path, {"title": "Only a title"})
    ann.api("PUT", path, {"description": "No title"})
    for way in ("", "/", "/zzz", "/edit", "/toggle"):
        ann.api("GET", f"{TASKS}/{full.json()['id']}{way}")
    for verb in ("DELETE", "DELETE", "GET", "HEAD"):
        ann.api(verb, path)
    ann.api("PATCH", path, {"title": "x"})
    ann.api("PUT", path, {"title": "x"})
    ann.api("GET", TASKS)
    ann.api("DELETE", f"{TASKS}/{long.json()['id']}")  # otherwise it adds 40 kB to each later list


def anothers_tasks(ann: Client, ben: Client, _nobody: Client) -> None:
    path = f"{TASKS}/{ann.api('POST', TASKS, {'title': 'Not for Ben'}).json()['id']}"
    for verb, document in (("GET", None), ("PATCH", {"title": "x"}), ("PUT", {"title": "x"}), ("DELETE", None)):
        ben.api(verb, path, document)
    ben.get(path.replace("/api/tasks", "/notes"))
    ben.api("GET", TASKS)
    ben.api("GET", f"{TASKS}/stats")
    ben.api("POST", TASKS, {"title": "Ben's own"})
    ben.api("GET", TASKS)
    ann.api("GET", path)
