"""Clients that repeat their requests and record each response in the terms of docs/degradation.md."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection, IncompleteRead
from itertools import count
from typing import Any

from webtest import TestApp
from wsgiproxy import HostProxy
from wsgiproxy.proxies import HttpClient

from tests.faults.degradation import BROKEN_OFF, said, said_of_health, said_of_lists
from tests.functional.conftest import PASSWORD, Api, make_admin, make_api
from tests.functional.test_reports import REPORT, finished
from tests.functional.test_tasks import log_in

DEADLINE = 30.0  # seconds, for each response; one that hangs never arrives
PAUSE = 0.05  # seconds between two requests of a client
CSV = "title,description,status,created_at\n{},,pending,2026-01-01T00:00:00Z\n"


def hasty(*request: Any) -> Any:
    """Send a request for HostProxy, with a timeout. It returns 504 for it, and 502 if the server cannot be reached.

    If the server breaks a response off, HttpClient leaves its connection open, and HostProxy calls it a 500.
    """
    with ExitStack() as opened:
        client = HttpClient()
        client.HTTPConnection = lambda host: opened.enter_context(closing(HTTPConnection(host, timeout=DEADLINE)))
        try:
            return client(*request)
        except IncompleteRead:
            return BROKEN_OFF, None, [("Content-Type", "text/plain"), ("Content-Length", "0")], [b""]


@dataclass(frozen=True)
class Seen:
    """A response, its term in the table, and the times of the request and the response."""

    word: str
    began: float
    ended: float
    answer: Any


class Client:
    """Repeats requests and records the responses. `ask` yields the responses of one round."""

    def __init__(self, ask: Callable[[], Iterable[Any]], said: Callable[[Any], str]) -> None:
        self._ask, self._said = ask, said
        self.seen: list[Seen] = []

    def insist(self, over: threading.Event) -> None:
        while not over.is_set():
            answers, began = iter(self._ask()), time.monotonic()
            while (answer := next(answers, None)) is not None:
                self.seen.append(Seen(self._said(answer), began, time.monotonic(), answer))
                over.wait(PAUSE)
                began = time.monotonic()

    def since(self, moment: float) -> list[Seen]:
        """Return the responses to requests that were sent after this moment."""
        return [seen for seen in self.seen if seen.began > moment]


class Somebody:
    """An account with a task, and an API client and a browser that are logged in to it."""

    def __init__(self, api: Api, web: Any) -> None:
        self.api, self.browser = api, TestApp(web)
        log_in(self.browser, api)
        form = self.browser.get("/notes").forms["add"]
        self.csrf = form["csrf_token"].value
        self.task = api.post_json("/api/tasks", {"title": "from before"}, status=201).json["id"]

    def get(self, *paths: str) -> Iterator[Any]:
        for path in paths:
            yield (self.api if path.startswith("/api/") else self.browser).get(path, status="*")

    def post(self, path: str, **fields: str) -> Any:
        """Submit a form of the site."""
        return self.browser.post(path, {"csrf_token": self.csrf, **fields}, status="*")


class Clients:
    """The clients for all columns of the table. `written` are the titles of tasks, and `accepted` the ids of jobs, that
    the server has confirmed."""

    def __init__(self, address: str, database_url: str) -> None:
        self._web = web = HostProxy(address, client=hasty)
        self._reader, self._pages = Somebody(make_api(web), web), Somebody(make_api(web), web)
        self.writer, self.asker = Somebody(make_api(web), web), Somebody(make_api(web), web)
        self._admin = Somebody(make_admin(web, database_url), web)
        self.witness = make_api(web)
        self.written, self.accepted = list[str](), list[int]()
        self._numbers = count()
        finished(
            self._reader.api, self._reader.api.post_json(REPORT, {"owner_id": self._reader.api.user_id}).json["id"]
        )

    def of_each_column(self) -> dict[str, Client]:
        reader, pages = self._reader, self._pages
        report = f"{REPORT}/{reader.api.user_id}"
        public = ("/", "/auth/login", "/guide", "/static/site.css", "/api", "/openapi.json")
        own = (
            f"/notes/{pages.task}",
            "/account",
            "/jobs",
            f"/api/tasks/{pages.task}",
            "/api/tasks/export",
            "/api/jobs",
        )
        return {
            "/livez": Client(lambda: self._anybody("/livez"), said),
            "/healthz": Client(lambda: self._anybody("/healthz"), said_of_health),
            "/metrics": Client(lambda: self._anybody("/metrics"), said),
            "public pages": Client(lambda: self._anybody(*public), said),
            "logging in": Client(self._log_in, said),
            "lists": Client(lambda: reader.get("/api/tasks", "/api/tasks/stats", "/notes"), said_of_lists),
            "other pages": Client(lambda: pages.get(*own), said),
            "writing": Client(self._write, said),
            "asking for a report": Client(self._ask_for_jobs, said),
            "latest report": Client(lambda: reader.get(report, "/reports", "/reports/csv"), said),
            "/admin": Client(lambda: self._admin.get("/admin", "/admin/users", "/admin/jobs"), said),
        }

    def _anybody(self, *paths: str) -> Iterator[Any]:
        app = TestApp(self._web)
        return (app.get(path, status="*") for path in paths)

    def _log_in(self) -> Iterator[Any]:
        email, app = self.witness.email, TestApp(self._web)
        yield app.post("/api/auth/login", {"username": email, "password": PASSWORD}, status="*")
        form = app.get("/auth/login").forms[0]
        form["email"], form["password"] = email, PASSWORD
        yield form.submit(status="*")

    def _write(self) -> Iterator[Any]:
        writer, one, other = self.writer, *(f"task {next(self._numbers)}" for _ in range(2))
        made = writer.api.post_json("/api/tasks", {"title": one}, status="*")
        self.written += [one] if made.status_int == 201 else []
        yield made
        yield writer.api.patch_json(f"/api/tasks/{writer.task}", {"description": one}, status="*")
        made = writer.post("/notes", title=other)
        self.written += [other] if made.status_int == 303 else []
        yield made

    def _ask_for_jobs(self) -> Iterator[Any]:
        api, csv = self.asker.api, CSV.format(next(self._numbers)).encode()
        yield self._noted(api.post_json(REPORT, {"owner_id": api.user_id}, status="*"))
        yield self._noted(api.post("/api/tasks/import", csv, headers={"Content-Type": "text/csv"}, status="*"))
        yield self.asker.post("/reports")

    def _noted(self, asked: Any) -> Any:
        if asked.status_int == 202:
            self.accepted.append(asked.json["id"])
        return asked

    def jobs(self, status: str) -> set[int]:
        """Return the ids of the asker's jobs that have this status now."""
        found, address = set[int](), f"/api/jobs?status={status}&limit=100&offset="
        while page := self.asker.api.get(f"{address}{len(found)}").json["items"]:
            found |= {job["id"] for job in page}
        return found
