"""The trash: deleted tasks can be restored by their owner, unchanged."""

from typing import Any

import pytest

from tests.functional.conftest import Api

FULL = {"title": "Kept", "description": "Why", "status": "completed", "priority": "high", "tags": ["a", "b"]}


@pytest.fixture
def deleted(api: Api) -> Any:
    """A task in the trash, as it was before."""
    task = api.post_json("/api/tasks", FULL, status=201)
    api.delete(f"/api/tasks/{task.json['id']}", status=204)
    return task


def url(task: Any) -> str:
    return f"/api/tasks/{task.json['id']}"


def test_a_deleted_task_is_restored_as_it_was(api: Api, deleted: Any) -> None:
    restored = api.post(f"{url(deleted)}/restore", status=200)
    assert restored.json == deleted.json
    assert restored.headers["ETag"] == deleted.headers["ETag"]
    assert api.get(url(deleted), status=200).json == deleted.json
    assert api.get("/api/tasks").json["items"] == [deleted.json]
    assert api.get("/api/tasks/stats").json["total"] == 1


def test_for_all_else_it_is_not_there(api: Api, deleted: Any) -> None:
    for send in (api.get, api.head, api.delete, api.post, api.options):
        send(url(deleted), status=404)
    api.put_json(url(deleted), FULL, status=404)
    api.patch_json(url(deleted), {"title": "x"}, headers={"If-Match": "*"}, status=404)
    api.get(f"{url(deleted)}/nonsense", status=404)
    assert api.get(f"{url(deleted)}/restore", status=405).headers["Allow"] == "OPTIONS, POST"


def test_what_is_not_in_the_trash_cannot_be_restored(api: Api, deleted: Any) -> None:
    api.post(f"{url(deleted)}/restore", status=200)
    api.post(f"{url(deleted)}/restore", status=404)
    api.post("/api/tasks/999999999/restore", status=404)


def test_nobody_else_restores_it(api: Api, other: Api, deleted: Any) -> None:
    theirs = other.post(f"{url(deleted)}/restore", status=404).json
    absent = other.post("/api/tasks/999999999/restore", status=404).json
    assert {name for name in theirs if theirs[name] != absent[name]} == {"instance", "request_id"}
    api.post(f"{url(deleted)}/restore", status=200)
