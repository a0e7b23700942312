"""A client that records each response: status, all headers in order, and body."""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
CSRF_FIELD = re.compile(r'name="csrf_token" value="(\w+)"')
NO_CONNECTION = {"connection"}  # only says whether the server closes it, which waitress does after large responses


@dataclass(frozen=True)
class Entry:
    """A request and its response."""

    part: str
    request: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Recorder:
    """A connection to a served application, and the transcript of its requests and responses."""

    def __init__(self, address: str) -> None:
        self._netloc = urlsplit(address).netloc
        self._connection = http.client.HTTPConnection(self._netloc, timeout=30)
        self.transcript: list[Entry] = []
        self.part = ""

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None, *, record: bool = True
    ) -> Entry:
        """Send a request with exactly these bytes. With `record=False`, the response is not part of the transcript."""
        self._connection.request(method, path, body, {"Accept-Encoding": "identity", **headers})
        response = self._connection.getresponse()
        text = response.read().decode("utf-8")
        found = tuple(item for item in response.getheaders() if item[0].lower() not in NO_CONNECTION)
        entry = Entry(self.part, f"{method} {path}", response.status, self._without_port(found), text)
        if record:
            self.transcript.append(entry)
        return entry

    def _without_port(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Remove the port, which differs between servers, from headers such as Location, which is absolute."""
        return tuple((name, value.replace(self._netloc, "localhost")) for name, value in headers)

    def close(self) -> None:
        self._connection.close()


@dataclass
class Client:
    """A browser of the site and a client of the API. The headers that it sends with each request identify it."""

    recorder: Recorder
    site_headers: dict[str, str] = field(default_factory=dict)
    api_headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""
    csrf: str = ""
    record: bool = True

    def api(self, method: str, path: str, document: Any = None, **headers: str) -> Entry:
        """Send a request to the API, with the document, if any, as JSON. Bytes are sent unchanged."""
        raw = isinstance(document, bytes)
        body = document if raw or document is None else json.dumps(document).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"Content-Type": JSON} if body is not None else {}
        return self.recorder.send(method, path, {**self.api_headers, **kind, **given}, body, record=self.record)

    def form(self, path: str, **fields: str) -> Entry:
        """Send a form to the API's token endpoints."""
        return self.api("POST", path, urlencode(fields).encode(), Content_Type=FORM)

    def get(self, path: str, method: str = "GET", **headers: str) -> Entry:
        """Open a page of the site."""
        return self._site(method, path, None, headers)

    def post(
        self, path: str, csrf: str | None = None, headers: Mapping[str, str] | None = None, **fields: str
    ) -> Entry:
        """Send a form of the site, with the CSRF token of the last page unless another is given."""
        token = self.csrf if csrf is None else csrf
        body = urlencode(fields | ({"csrf_token": token} if token else {})).encode()
        return self._site("POST", path, body, {"Content-Type": FORM, **(headers or {})})

    def _site(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Entry:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        entry = self.recorder.send(method, path, {**self.site_headers, **cookie, **given}, body, record=self.record)
        for name, value in entry.headers:
            if name == "Set-Cookie" and value.startswith("session="):
                self.cookie = value.partition(";")[0]
        if found := CSRF_FIELD.search(entry.body):
            self.csrf = found[1]
        return entry
