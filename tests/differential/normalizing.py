"""Replace values that differ between two runs of the same script by names, numbered in order of appearance.

These are ids, times and request ids, and values that contain them: tokens, cookies and lengths. Equal values get equal
names, so the comparison still covers which of them are equal. Everything else is compared byte by byte.
"""

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial

from tests.differential.recording import Entry

# Ids of each kind, in JSON, in paths, and in the ids of HTML elements.
IDS = {
    "user": r'"id":(\d+)(?=,"email")|"owner_id":(\d+)|/task-report/(\d+)|/api/users/(\d+)',
    "task": r'"id":(\d+)(?=,"owner_id")|/(?:api/tasks|notes)/(\d+)'
    r'|(?<=["#])(?:task|toggle|status|title|menu|edit|delete)-(\d+)(?=["-])',
    "job": r'"id":(\d+)(?=,"kind")|"seq":(\d+)|/jobs/(\d+)|"job-(\d+)"|>Report (\d+) ·',
}
SECRETS = {
    "request id": r"(?<![\w.-])([0-9a-f]{32})(?![\w.-])",
    "token": r"(?<![\w.-])(eyJ[\w-]+\.[\w-]+\.[\w-]+|imt_[\w-]{43})",
    # The CSRF token of a form is random.
    "csrf token": r"(?<![\w.-])([0-9a-f]{40})(?![\w.-])",
    "tag": r'^(?:W/)?"([0-9a-f-]+)(?:\.<period>)?"$',
    # A cursor contains a time and an id.
    "cursor": r'"next_cursor":"([\w.-]+)"|(?<=[?&]cursor=)([\w.-]{30,})',
    "port": r"http://localhost:(\d+)",
    "reset token": r'/auth/reset\?token=([\w-]+)|name="token" value="([\w-]{44,})"',
    "session": r'"sid": ?"([\w-]{43})"|name="token" value="([\w-]{43})"',
    "login": r'name="session" value="(\w{16})"',
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
MINUTE = re.compile(r"\w{3} (\d+ \w{3} \d{4}, \d\d:\d\d) UTC")
SECOND = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
SINCE = re.compile(r"just now|\d+ minutes? ago|(?:today|yesterday) at \d\d:\d\d")
COOKIE = re.compile(r"(?<=^session=)[\w-]{90,}")
COOKIE_TIMES = re.compile(r"(?<=^\[)[\d.]+, ?[\d.]+")
PERIOD = re.compile(r'(?<=[0-9a-f])\.[0-9a-f]+"$')
SIGNATURE_BYTES = 64
LATER = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=30), timedelta(days=365))
"""Offsets of times that are computed from the time of the run, such as the expiry of a static file or a token."""


class Normalizer:
    """Normalizes one transcript. Only times of the run are replaced; times that a client sent stay unchanged."""

    def __init__(self, begun: datetime, ended: datetime, ways: Collection[str] = ()) -> None:
        """`ways` are patterns of parts to leave out, because the other transcript differs there by design."""
        self._begun, self._ended = begun, ended
        self._ways = re.compile("|".join(ways), re.DOTALL) if ways else None
        self._names: dict[str, dict[str, str]] = {}

    def entry(self, entry: Entry) -> Entry:
        body = entry.body.encode()
        headers = tuple((name, self._header(name, value, body)) for name, value in entry.headers)
        return replace(entry, request=self._text(entry.request), headers=headers, body=self._text(entry.body))

    def _header(self, name: str, value: str, body: bytes) -> str:
        if name == "Content-Length" and value == str(len(body)):
            return "<of the body>"
        if name == "Set-Cookie":
            value = COOKIE.sub(lambda found: opened(found[0]), value)
        if name.lower() == "etag":  # that of statistics also changes with time
            value = PERIOD.sub('.<period>"', value)
        if self._ways and self._ways.fullmatch(f"{name}: {value}"):
            return "<by design>"
        return self._text(value)

    def _text(self, text: str) -> str:
        if self._ways:
            text = self._ways.sub("", text)
        for kind, pattern in {**SECRETS, **IDS}.items():
            text = re.sub(pattern, partial(self._named, kind), text)
        text = MOMENT.sub(self._moment, text)
        text = MINUTE.sub(self._minute, SINCE.sub("<since>", text))
        return SECOND.sub(self._second, text)

    def _named(self, kind: str, found: re.Match[str]) -> str:
        """Return the match with its one group replaced by a name."""
        start, end = found.span(found.lastindex or 0)
        whole, at = found[0], found.start()
        return whole[: start - at] + self._name(kind, whole[start - at : end - at]) + whole[end - at :]

    def _name(self, kind: str, value: str) -> str:
        names = self._names.setdefault(kind, {})
        return names.setdefault(value, f"<{kind} {len(names) + 1}>")

    def _moment(self, found: re.Match[str]) -> str:
        """Name a time. Times have microseconds, so equal ones are the same moment."""
        return self._name("moment", found[0]) if self._own(datetime.fromisoformat(found[0])) else found[0]

    def _minute(self, found: re.Match[str]) -> str:
        when = datetime.strptime(found[1], "%d %b %Y, %H:%M").replace(tzinfo=UTC)
        return "<minute>" if self._own(when, timedelta(minutes=1)) else found[0]

    def _second(self, found: re.Match[str]) -> str:
        return "<second>" if self._own(parsedate_to_datetime(found[0]), timedelta(seconds=1)) else found[0]

    def _own(self, when: datetime, rounded: timedelta = timedelta(0)) -> bool:
        return any(self._begun - rounded <= when - later <= self._ended for later in LATER)


def opened(cookie: str) -> str:
    """Return the content of a session cookie without its signature: login, CSRF token and messages."""
    try:
        content = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))[SIGNATURE_BYTES:].decode()
    except (binascii.Error, UnicodeDecodeError):
        return cookie
    return COOKIE_TIMES.sub("<times>", content)
