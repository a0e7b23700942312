"""Every difference between two transcripts is reported, even a single byte; expected differences are not."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.differential.combinations import REFERENCE
from tests.differential.comparing import differences
from tests.differential.conftest import Played
from tests.differential.recording import Entry
from tests.differential.running import Recording

Plant = Callable[[Entry], Entry]


def in_body(pattern: str, replacement: str) -> Plant:
    """Return an entry with the first match in its body replaced. Asserts that there is one."""

    def plant(entry: Entry) -> Entry:
        body, count = re.subn(pattern, replacement, entry.body, count=1)
        assert count, entry.body
        return replace(entry, body=body)

    return plant


def in_header(name: str, value: str | None) -> Plant:
    """Return an entry with another value of a header, or without the header."""

    def plant(entry: Entry) -> Entry:
        assert entry.header(name)
        headers = [(key, value if key == name else old) for key, old in entry.headers]
        return replace(entry, headers=tuple((key, new) for key, new in headers if new is not None))

    return plant


def headers_reversed(entry: Entry) -> Entry:
    return replace(entry, headers=entry.headers[::-1])


LISTED = "GET /api/tasks?sort=priority&limit=100"
PAGE = "GET /notes?sort=title&limit=5"
ITEM = r'(\{"id":[^{}]+\})'
PLANTED: dict[str, tuple[str, Plant]] = {
    "status": (LISTED, lambda entry: replace(entry, status=201)),
    "value of a header": (LISTED, in_header("Vary", "Cookie")),
    "header that is missing": (LISTED, in_header("Cache-Control", None)),
    "order of headers": (LISTED, headers_reversed),
    "length that is not the body's": (LISTED, in_header("Content-Length", "7")),
    "verdict of the cache": (LISTED, in_header("X-Cache", "hit")),
    "cache that is passed by": (LISTED, in_header("X-Cache", "bypass")),
    "order of a list": (LISTED, in_body(f"{ITEM},{ITEM}", r"\2,\1")),
    "number": (LISTED, in_body(r'"total":\d+', '"total":7')),
    "type": (LISTED, in_body('"version":1', '"version":"1"')),
    "white space": (LISTED, in_body('"items":', '"items": ')),
    "word of a page": (PAGE, in_body("Notes", "notes")),
    "time that a client sent": (LISTED, in_body(r"00:00:00\.000001Z", "00:00:00.000002Z")),
    "precision of a time that a client sent": (LISTED, in_body(r"00:00:00\.000001Z", "00:00:00Z")),
    "equality of times": (LISTED, in_body(r'("updated_at":"[^"]+)\d{3}Z', r"\g<1>000Z")),
    "whose it is": (LISTED, in_body(r'"owner_id":\d+', '"owner_id":99')),
    "which it is": (LISTED, in_body(r'"id":\d+', '"id":9999')),
    "request id of another request": ("GET /api/tasks?limit=0", in_header("X-Request-Id", "0" * 32)),
}


def with_entries(recording: Recording, entries: list[Entry]) -> Recording:
    made = object.__new__(Recording)
    made.__dict__ |= {**recording.__dict__, "entries": entries, "_normal": {}}
    return made


@pytest.fixture(scope="module")
def short(played: Played) -> Recording:
    """The recording, reduced to the requests that the tests change and those that create tasks."""
    wanted = {request for request, _ in PLANTED.values()} | {"POST /api/tasks"}
    return with_entries(played.recording, [entry for entry in played.recording.entries if entry.request in wanted])


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_difference_is_reported(short: Recording, planted: str) -> None:
    request, plant = PLANTED[planted]
    at = next(at for at, entry in enumerate(short.entries) if entry.request == request)
    entries = [*short.entries[:at], plant(short.entries[at]), *short.entries[at + 1 :]]
    found = with_entries(short, entries).compared_with(short)
    assert found
    assert found[0].splitlines()[0].startswith(f"Request {at + 1}, ")


@pytest.mark.parametrize("change", ["swapped", "missing", "more"])
def test_other_requests_are_reported(short: Recording, change: str) -> None:
    entries = list(short.entries)
    changed: dict[str, Any] = {
        "swapped": [entries[1], entries[0], *entries[2:]],
        "missing": entries[:-1],
        "more": [*entries, entries[-1]],
    }
    assert with_entries(short, changed[change]).compared_with(short)


def test_a_transcript_is_like_itself(played: Played) -> None:
    assert played.recording.compared_with(played.recording) == []


def test_only_what_belongs_to_the_run_is_named(played: Played) -> None:
    """The same entries, as if recorded at a time outside of the run: then all times come from the clients and stay."""
    recording = played.recording
    earlier = with_entries(recording, recording.entries)
    earlier.begun, earlier.ended = (when - timedelta(days=3, hours=5) for when in (recording.begun, recording.ended))
    for entry, named, kept in zip(
        recording.entries, recording.normal(REFERENCE), earlier.normal(REFERENCE), strict=True
    ):
        assert entry.status == named.status
        assert dict(entry.headers).keys() == dict(named.headers).keys()
        if named.body != entry.body:
            pieces = re.split(r"<[a-z ]+(?: \d+)?>", named.body)
            assert len(pieces) > 1
            assert all(piece in entry.body for piece in pieces)
        assert re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", entry.body) == re.findall(r"\d{4}-\d\d-\d\dT[\d:.]+Z", kept.body)


def test_a_difference_can_be_read() -> None:
    one = Entry("part", "GET /x", 200, (("A", "b"),), '{"id":1,"title":"a"}')
    [shown] = differences([one], [replace(one, body='{"id":1,"title":"b"}')])
    assert shown.splitlines() == [
        "Request 1, part: GET /x",
        "--- reference",
        "+++ this combination",
        "@@ -4,3 +4,3 @@",
        " ",
        ' {"id":1',
        '-,"title":"a"}',
        '+,"title":"b"}',
    ]
