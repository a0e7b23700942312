"""The account that the fuzzer uses, and requests outside of its cases, which create accounts, tasks and jobs."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

PASSWORD = "correct horse battery"
JSON, FORM, CSV = "application/json", "application/x-www-form-urlencoded", "text/csv"
FILE = "title,description,status,created_at\nWater the plants,,pending,\n"
VARIABLE = "FUZZ_CALLER"


@dataclass(frozen=True)
class Account:
    id: int
    email: str
    token: str


@dataclass(frozen=True)
class Api:
    """The served application. Requests sent here do not count as cases."""

    address: str

    def send(self, method: str, path: str, body: Any = None, token: str = "", kind: str = JSON, key: str = "") -> Any:
        headers = {"Content-Type": kind}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        content = body if isinstance(body, str) else json.dumps(body)
        request = Request(self.address + path, content.encode(), headers, method=method)
        with urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def log_in(self, email: str) -> Any:
        return self.send("POST", "/api/auth/login", urlencode({"username": email, "password": PASSWORD}), kind=FORM)

    def new_account(self) -> Account:
        """Create an account that nothing else uses."""
        email = f"{secrets.token_hex(8)}@example.com"
        made = self.send("POST", "/api/auth/register", {"email": email, "password": PASSWORD})
        return Account(made["id"], email, self.log_in(email)["access_token"])


@dataclass(frozen=True)
class Caller:
    """An account with jobs: a finished report, a finished import, and reports that are not due yet."""

    address: str
    id: int
    email: str
    token: str
    report: int
    imported: int
    waiting: list[int]
    used_key: str
    """An Idempotency-Key that was sent with another body."""

    @classmethod
    def of_environment(cls) -> Self:
        return cls(**json.loads(os.environ[VARIABLE]))

    def environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(asdict(self))}

    @property
    def api(self) -> Api:
        return Api(self.address)

    def new_task(self) -> int:
        task_id: int = self.api.send("POST", "/api/tasks", {"title": "something real"}, self.token)["id"]
        return task_id

    def trashed_task(self) -> int:
        task_id = self.new_task()
        self.api.send("DELETE", f"/api/tasks/{task_id}", token=self.token)
        return task_id
