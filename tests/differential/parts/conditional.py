"""Conditional requests, the trash, idempotency keys, and edit conflicts."""

from tests.differential.recording import Client, Entry

TASKS = "/api/tasks"
NEVER = ('"never"', "garbage", 'W/"1"', '"a","b"', '"', "")


def tag_of(entry: Entry) -> str:
    tag = entry.header("ETag")
    assert tag, entry
    return tag


def conditions(ann: Client, _ben: Client, _nobody: Client) -> None:
    made = ann.api("POST", TASKS, {"title": "Under conditions"})
    path, tag = f"{TASKS}/{made.json()['id']}", tag_of(made)
    for value in (tag, f"W/{tag}", f'"a",{tag}', "*", *NEVER):
        ann.api("GET", path, If_None_Match=value)
        ann.api("HEAD", path, If_None_Match=value)
    for value in NEVER:
        for verb, document in (("PATCH", {"title": "x"}), ("PUT", {"title": "x"}), ("DELETE", None), ("GET", None)):
            ann.api(verb, path, document, If_Match=value)
    changed = ann.api("PATCH", path, {"title": "Changed"}, If_Match=f'"a",{tag}')
    ann.api("PUT", path, {"title": "Too late"}, If_Match=tag)
    ann.api("PUT", path, {"title": "In time"}, If_Match=tag_of(changed))
    ann.api("PUT", path, {"title": "Anyway"}, If_Match="*")
    ann.api("PUT", path, {"title": "Never"}, If_None_Match="*")
    ann.api("GET", path, Range="bytes=0-0", If_Modified_Since="yesterday")
    for query in ("?limit=3", "?limit=3&sort=title"):
        ann.api("GET", TASKS + query, If_None_Match=tag_of(ann.api("GET", TASKS + query)))
    ann.api("DELETE", path, If_Match=tag_of(ann.api("GET", path)))


def trash(ann: Client, ben: Client, _nobody: Client) -> None:
    path = f"{TASKS}/{ann.api('POST', TASKS, {'title': 'Twice alive', 'tags': ['a']}).json()['id']}"
    ann.api("POST", f"{path}/restore")
    ann.api("DELETE", path)
    ben.api("POST", f"{path}/restore")
    for verb in ("GET", "DELETE", "OPTIONS"):
        ann.api(verb, path)
        ann.api(verb, f"{path}/restore")
    ann.api("POST", f"{path}/restore")
    ann.api("POST", f"{path}/restore")
    ann.api("GET", path)
    ann.api("GET", f"{TASKS}?limit=1")


def repeated_requests(ann: Client, ben: Client, _nobody: Client) -> None:
    for key in ("one", "one", '"two"'):
        ann.api("POST", TASKS, {"title": "Once"}, Idempotency_Key=key)
    ann.api("POST", TASKS, {"title": "Another"}, Idempotency_Key="one")
    ben.api("POST", TASKS, {"title": "Once"}, Idempotency_Key="one")
    for title in ("", "Right", "Right"):
        ann.api("POST", TASKS, {"title": title}, Idempotency_Key="wrong at first")
    for key in ("", "x" * 256, "\xff"):
        ann.api("POST", TASKS, {"title": "x"}, Idempotency_Key=key)
    ann.api("GET", f"{TASKS}?limit=4")
    report = {"owner_id": ann.api("GET", f"{TASKS}?limit=1").json()["items"][0]["owner_id"]}
    ann.api("POST", "/api/jobs/task-report", report, Idempotency_Key="one")


def stale_notes(ann: Client, ben: Client, _nobody: Client) -> None:
    note = f"/notes/{ann.api('POST', TASKS, {'title': 'In two windows', 'tags': ['a']}).json()['id']}"
    ann.get(f"{note}/edit")
    ann.post(f"{note}/edit", title="Theirs", version="1")
    for headers in ({}, {"HX-Request": "true"}):
        ann.post(f"{note}/edit", headers=headers, title="Mine", description="b", due_at="2030-01-01T10:00", version="1")
        ann.post(f"{note}/edit", headers=headers, title="Theirs", version="1")
        ann.post(f"{note}/edit", headers=headers, title="Theirs", version="x")
        for status in ("completed", "completed", "pending", "odd"):
            ann.post(f"{note}/toggle", headers=headers, status=status)
        ann.post(f"{note}/delete", headers=headers)
        ann.get("/notes?limit=1")
        ann.get(note)
        ann.get(f"{note}/restore")
        ben.post(f"{note}/restore", headers=headers)
        ann.post(f"{note}/restore", headers=headers)
        ann.post(f"{note}/restore", headers=headers)
        ann.get(note)
