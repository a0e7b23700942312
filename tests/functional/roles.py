"""Read `roles.txt`, and create the users and objects that it refers to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from webtest import TestApp

from tests.functional.conftest import PASSWORD, Target, make_admin, make_api, new_email

ROLES = ("nobody", "owner", "other", "admin")
EMPTY_CSV = b"title,description,status,created_at"
FORMS = ("/api/auth/login", "/api/auth/refresh")


class Line(NamedTuple):
    """A request, and the expected result for each role."""

    surface: str
    resource: str
    view: str
    method: str
    address: str
    expected: Mapping[str, str]
    body: str

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


def read() -> list[Line]:
    lines = []
    for text in Path(__file__).with_name("roles.txt").read_text().splitlines():
        if text and not text.startswith("#"):
            surface, resource, view, method, address, *rest = text.split(maxsplit=5 + len(ROLES))
            expected = dict(zip(ROLES, rest, strict=False))
            view = "" if view == "-" else view
            lines.append(Line(surface, resource, view, method, address, expected, "".join(rest[len(ROLES) :])))
    return lines


@dataclass
class Things:
    """The owner's objects, by their names in `roles.txt`, and clients of every role."""

    clients: dict[str, TestApp]
    tokens: dict[str, str]
    names: dict[str, object]

    @classmethod
    def make(cls, target: Target, database_url: str) -> "Things":
        owner, other, admin = make_api(target), make_api(target), make_admin(target, database_url)
        people = {"owner": owner, "other": other, "admin": admin}
        task, trashed = (owner.post_json("/api/tasks", {"title": "x"}).json["id"] for _ in range(2))
        owner.delete(f"/api/tasks/{trashed}")
        job = owner.post_json("/api/jobs/task-report", {"owner_id": owner.user_id}).json["id"]
        imported = owner.post("/api/tasks/import", EMPTY_CSV, headers={"Content-Type": "text/csv"}).json["id"]
        names = {"owner": owner.user_id, "task": task, "trashed": trashed, "job": job, "import": imported}
        clients = {"nobody": TestApp(target)} | {role: TestApp(target) for role in people}
        for role, api in people.items():
            form = clients[role].get("/auth/login").forms[0]
            form["email"], form["password"] = api.email, PASSWORD
            form.submit(status=303)
        more = {"email": owner.email, "password": PASSWORD}
        return cls(clients, {role: api.token for role, api in people.items()}, names | more)

    def filled(self, text: str) -> str:
        for name, value in {**self.names, "new": new_email()}.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def send(self, line: Line, role: str, method: str = "", **headers: str) -> Any:
        """Send the request of a line, optionally with another method, and return the response."""
        app, address, body = self.clients[role], self.filled(line.address), json.loads(self.filled(line.body or "{}"))
        call: dict[str, Any] = {"method": method or line.method, "headers": headers, "status": "*"}
        if line.surface == "site":
            call["headers"]["X-CSRF-Token"] = csrf_token(app)
        elif role in self.tokens:
            call["headers"]["Authorization"] = f"Bearer {self.tokens[role]}"
        if call["method"] in ("POST", "PUT", "PATCH"):
            form = line.surface == "site" or line.address in FORMS
            call |= (
                as_csv(body)
                if isinstance(body, str)
                else as_form(body)
                if form
                else {"body": json.dumps(body).encode(), "content_type": "application/json"}
            )
        return app.request(address, **call)


def as_csv(body: str) -> dict[str, Any]:
    return {"body": body.encode(), "content_type": "text/csv"}


def as_form(body: dict[str, Any]) -> dict[str, Any]:
    return {"body": urlencode(body).encode(), "content_type": "application/x-www-form-urlencoded"}


def csrf_token(app: TestApp) -> str:
    page = app.get("/auth/login")
    form = page.forms[0] if page.status_int == 200 else app.get("/notes").forms["logout"]
    return str(form["csrf_token"].value)
