"""Notes on the site: pages and forms, the same as HTMX fragments, and forged forms."""

import re
from typing import Any

from tests.differential.recording import Client, Entry

HX = {"HX-Request": "true"}
WRONG: tuple[dict[str, Any], ...] = (
    {"title": " "},
    {"title": "x" * 201, "due_at": "2026-02-30T10:00"},
    {"title": "a\0b"},
    {"title": "x", "nonsense": "1"},
    {},
)
NOTE = re.compile(r'id="task-(\d+)"')


def first_note(page: Entry) -> str:
    """Return the path of the first note on a page."""
    found = NOTE.search(page.body)
    assert found, page.body
    return f"/notes/{found[1]}"


def notes_site(ann: Client, ben: Client, _nobody: Client) -> None:
    ann.get("/notes")
    ann.get("/notes", method="OPTIONS")
    for query in (
        "status=pending",
        "sort=title&limit=5",
        "status=all&sort=-title&limit=5",
        "view=today",
        "view=overdue&status=all",
        "view=trash&limit=3",
        "view=trash&limit=3&offset=3",
        "due_after=2020-01-01T00:00:00Z&due_before=2060-01-01T00:00:00Z&status=all",
        "offset=900&limit=10",
        "cursor=no-cursor",
        "view=odd",
        "q=%C3%84&tag=odd",
        "q=nothing-like-it",
        "priority=high&due_before=2030-01-01T00:00:00Z",
        "status=done",
        "limit=0",
        "unknown=1",
    ):
        ann.get(f"/notes?{query}")
    ann.post(
        "/notes", title="From the site", description="a\r\nb", due_at="2050-01-01T10:30", priority="low", tags="x, y,,x"
    )
    note = first_note(ann.get("/notes"))
    for fields in WRONG:
        ann.post("/notes", **fields)
        ann.post(f"{note}/edit", **fields)
    ann.get(note)
    ann.get(f"{note}/edit")
    ann.post(f"{note}/edit", title="Edited", description="", status="in_progress", due_at="", tags="")
    ann.get(note)
    for _ in range(2):
        ann.post(f"{note}/toggle", headers={"Referer": "http://localhost/notes?status=pending"})
        ann.get("/notes?status=completed")
    for way in ("", "/", "/nothing", "/toggle", "/delete", "/toggle/more"):
        ann.get(f"{note}{way}")
        ben.get(f"{note}{way}")
    ben.get("/notes")
    ben.post(f"{note}/delete")
    ann.post(f"{note}/delete")
    ann.get("/notes")
    ann.get("/notes?view=trash")
    ann.get(note)
    ann.post(f"{note}/delete")
    for action in ("restore", "complete", "reopen", "delete", "explode"):
        ann.post("/notes/bulk", action=action, id=note.rpartition("/")[2])
        ann.get("/notes?status=all")
    ben.post("/notes/bulk", action="restore", id=note.rpartition("/")[2])
    ann.post("/notes/bulk", action="delete", id="no-number")
    ann.post("/notes/samples")
    ann.get("/notes/export")


def notes_fragments(ann: Client, ben: Client, _nobody: Client) -> None:
    ann.get("/notes?status=pending&sort=title", **HX)
    ann.get("/notes?q=zzz", **HX)
    ann.get("/notes", HX_Request="true", HX_Boosted="true")
    added = ann.post("/notes", headers=HX, title="By HTMX <script>", tags="<b>, &")
    note = first_note(added)
    ann.post("/notes", headers=HX, title="")
    ann.get(note, **HX)
    ann.get(f"{note}/edit", **HX)
    ann.post(f"{note}/edit", headers=HX, title="", due_at="2025-11-31T10:00", status="done", priority="urgent")
    ann.post(f"{note}/edit", headers=HX, title="Edited by HTMX", due_at="2020-01-01T00:00")
    ann.post(f"{note}/toggle", headers=HX)
    ann.post(f"{note}/toggle", headers=HX)
    ben.post(f"{note}/toggle", headers=HX)
    ann.post(f"{note}/delete", headers=HX)
    ann.post(f"{note}/delete", headers=HX)
    ann.post(f"{note}/restore", headers={**HX, "HX-Current-URL": "http://localhost/notes?view=trash"})
    for action in ("complete", "reopen", "delete", "restore"):
        ann.post("/notes/bulk", headers=HX, action=action, id=note.rpartition("/")[2])


def forged_forms(ann: Client, _ben: Client, _nobody: Client) -> None:
    """None of these forms may change anything, which the list at the end shows."""
    for path in ("/notes", "/reports"):
        for csrf in ("", "wrong"):
            ann.post(path, csrf=csrf, title="forged")
        ann.post(path, headers={"Origin": "https://evil.example"}, title="forged")
        ann.post(path, headers={"Sec-Fetch-Site": "cross-site"}, title="forged")
    ann.post("/notes", csrf="", headers={**HX, "X-CSRF-Token": "wrong"}, title="forged")
    ann.post(f"/notes?csrf_token={ann.csrf}", csrf="", title="forged")
    ann.api("GET", "/api/tasks?q=forged")
