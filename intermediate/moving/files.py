"""The file format of `intermediate dump` and `intermediate load`: one JSON object per line.

    {"header": {"format": "intermediate", "version": 1, "created_at": "...",
                "last_user": 3, "last_task": 9440, "last_job": 57}}
    {"user": {...}}       accounts, with their password hashes
    {"session": {...}}    logins, which are useless without the signing keys; hashes of named tokens
    {"report": {...}}     each owner's latest report, and for the sinks the markers of deleted accounts
    {"task": {...}}       tasks, also those in the trash; grouped by owner
    {"trailer": {"users": 2, "sessions": 3, "reports": 1, "tasks": 9428, "sha256": "..."}}

Each kind comes after those that it refers to, ordered by id; `lines.py` defines the content of each line. The digest
covers all bytes before the trailer. The header has the highest ids that were ever assigned, since none may be reused:
neither that of a deleted account or task, nor that of a job, which orders reports. Jobs are not included.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from intermediate.importing import reason
from intermediate.models.base import utcnow
from intermediate.moving.lines import FORMAT, KINDS, MARKS, MODELS, ORDER, VERSION, Header
from intermediate.schemas.reading import NoJsonError, strict_json

LONGEST_LINE = 4 * 1024 * 1024


class DumpError(Exception):
    """The file cannot be loaded. The message is one line with place and reason."""


class Writer:
    """Writes lines and counts them."""

    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write
        self._digest = hashlib.sha256()
        self.counts = dict.fromkeys(KINDS, 0)

    def header(self, **marks: int) -> None:
        self._line("header", {"format": FORMAT, "version": VERSION, "created_at": utcnow(), **marks})

    def put(self, kind: str, values: dict[str, Any]) -> None:
        self._line(kind, values)
        self.counts[kind] += 1

    def trailer(self) -> None:
        self._line("trailer", plural(self.counts) | {"sha256": self._digest.hexdigest()})

    def _line(self, kind: str, values: dict[str, Any]) -> None:
        text = json.dumps({kind: values}, ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)
        line = text.encode() + b"\n"
        self._digest.update(line)
        self._write(line)


def plural(counts: dict[str, int]) -> dict[str, int]:
    return {f"{kind}s": count for kind, count in counts.items()}


class Found(NamedTuple):
    """A valid line."""

    number: int
    kind: str
    values: dict[str, Any]


class Reader:
    """Reads a dump and checks each line. The data is trustworthy only after it has been read to the end."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self._number = 0
        self._before: dict[str, tuple[Any, ...]] = {}
        self.counts = dict.fromkeys(KINDS, 0)
        kind, found = self._next()
        if kind != "header":
            raise self._wrong("this is not a file written by `intermediate dump`")
        self.header: Header = self._checked(Header, found)

    def lines(self) -> Iterator[Found]:
        """Yield each line between header and trailer. Raise DumpError, at the end also for a wrong count or digest."""
        digest = self._digest.hexdigest()
        kind, found = self._next()
        while kind != "trailer":
            if kind not in MODELS:
                raise self._wrong(f"expected one of {', '.join(KINDS)}")
            values = self._checked(MODELS[kind], found).model_dump()
            self._check_place(kind, values)
            self.counts[kind] += 1
            yield Found(self._number, kind, values)
            digest = self._digest.hexdigest()
            kind, found = self._next()
        if found != plural(self.counts) | {"sha256": digest}:
            raise self._wrong("the file has been changed or damaged: its counts or its digest differ")
        if self._source.readline(1):
            raise self._wrong("there is more after the end")

    def _check_place(self, kind: str, values: dict[str, Any]) -> None:
        """Check that ids do not exceed the header's maxima, and that lines are ordered and unique."""
        for name, mark in MARKS.get(kind, {}).items():
            if values[name] > getattr(self.header, mark):
                raise self._wrong(f"{name}: {values[name]} is above {mark}, which the header gives")
        here = tuple(values[key] for key in ORDER[kind])
        if here <= self._before.get(kind, ()):
            raise self._wrong(f"{kind} {'/'.join(map(str, here))} appears twice or is out of order")
        self._before[kind] = here

    def _wrong(self, why: str) -> DumpError:
        return DumpError(f"line {self._number}: {why}.")

    def _next(self) -> tuple[str, Any]:
        line = self._source.readline(LONGEST_LINE)
        self._number += 1
        if not line.endswith(b"\n"):
            raise self._wrong("the line is too long" if len(line) == LONGEST_LINE else "the file ends too early")
        self._digest.update(line)
        try:
            found = strict_json(line)
        except NoJsonError as error:
            raise self._wrong(f"invalid JSON: {getattr(error.__cause__, 'msg', error)}") from None
        if not isinstance(found, dict) or len(found) != 1:
            raise self._wrong("expected an object with one key")
        [(kind, values)] = found.items()
        return kind, values

    def _checked(self, model: type[Any], found: Any) -> Any:
        try:
            return model.model_validate_json(json.dumps(found))
        except ValidationError as error:
            unknown = any(one["type"] in ("extra_forbidden", "literal_error") for one in error.errors())
            hint = "; if a newer release wrote it, load it with that release" if unknown else ""
            raise self._wrong(reason(error) + hint) from None
