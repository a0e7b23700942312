"""The commands of docs/operations.md, and clients that write while these run."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from webtest import TestApp

from tests.functional.conftest import Api, make_api
from tests.functional.packages import steps
from tests.serving import wait_until

BLOCKS = steps("docs/operations.md")
TAGS = ["a", "b"]
PAUSE = 0.05  # seconds between two writes, which leaves processor time for the backup


def block(words: str, language: str = "sh") -> str:
    """Return the first code block that contains these words."""
    return next(text for name, text in BLOCKS if name == language and words in text)


def moved(api: Api, app: Any) -> Api:
    """Return the same client, with the same token, for another application."""
    return Api(TestApp(app), api.email, api.user_id, api.token)


class Writer:
    """Creates tasks in a thread, and records the ids of those that the server has confirmed."""

    def __init__(self, api: Api, stop: Event) -> None:
        self.api, self.ids = api, list[int]()
        self._stop = stop
        self.thread = Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE):
            self.ids.append(self.api.post_json("/api/tasks", {"title": "one", "tags": TAGS}, status=201).json["id"])

    def writes_on(self) -> None:
        count = len(self.ids)
        wait_until(lambda: len(self.ids) >= count + 3)

    def is_restored(self, app: Any, known: int) -> None:
        """Assert that an application has the first `known` tasks, and others up to some id, all with their tags."""
        api = moved(self.api, app)
        found = {task["id"]: task["tags"] for task in api.get("/api/tasks/export?format=json", status=200).json}
        assert len(found) >= known
        assert sorted(found) == self.ids[: len(found)]
        assert all(tags == TAGS for tags in found.values())
        assert api.post_json("/api/tasks", {"title": "after"}, status=201).json["id"] > max(found)
        assert api.get("/api/tasks", status=200).json["total"] == len(found) + 1


@contextmanager
def written_to(app: Any) -> Iterator[list[Writer]]:
    """Run several writers until the block ends."""
    stop = Event()
    writers = [Writer(make_api(app), stop) for _ in range(3)]
    try:
        for writer in writers:
            writer.writes_on()
        yield writers
        for writer in writers:
            writer.writes_on()
    finally:
        stop.set()
        for writer in writers:
            writer.thread.join(20)
