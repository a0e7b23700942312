"""Compare the documented outcomes of operations with the observed ones.

An outcome is a status, with the error code if there is one: `200`, `412 stale_version`. An operation is named by method
and path, as in the OpenAPI document.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Outcomes = defaultdict[str, Counter[str]]
"""Maps operations to the number of times that each outcome was observed."""


def outcome(status: int, body: bytes) -> str:
    """Return the outcome of a response. Token endpoints use `error` where all others use `code`."""
    try:
        told = json.loads(body) if status >= 400 else None
    except ValueError:
        told = None
    code = (told.get("code") or told.get("error") or "") if isinstance(told, dict) else ""
    return f"{status} {code}".strip()


def documented_by(responses: Mapping[str, Any]) -> set[str]:
    """Return the outcomes that the responses of an operation document."""
    return {found for status, response in responses.items() for found in _outcomes_of(status, response)}


def _outcomes_of(status: str, response: Mapping[str, Any]) -> Iterator[str]:
    contents = response.get("content", {}).values()
    parts = [part for content in contents for part in content["schema"].get("allOf", [])]
    fields = [part.get("properties", {}).get(name, {}) for part in parts for name in ("code", "error")]
    codes = [code for field in fields for code in field.get("enum", [])]
    yield from [f"{status} {code}" for code in codes] or [status]


def documented(document: Mapping[str, Any]) -> dict[str, set[str]]:
    return {
        f"{method.upper()} {path}": documented_by(operation["responses"])
        for path, item in sorted(document["paths"].items())
        for method, operation in sorted(item.items())
        if method != "parameters"
    }


class Answer(NamedTuple):
    operation: str
    outcome: str
    phase: str
    """The phase of schemathesis: `stateful` for a step of a sequence."""


def write(file: Path, answer: Answer) -> None:
    with file.open("a") as out:
        out.write("\t".join(answer) + "\n")


def read(file: Path) -> list[Answer]:
    return [Answer(*line.split("\t")) for line in file.read_text().splitlines()]


def counted(answers: Iterable[Answer]) -> Outcomes:
    seen = Outcomes(Counter)
    for answer in answers:
        seen[answer.operation][answer.outcome] += 1
    return seen


def steps(answers: Iterable[Answer]) -> int:
    return sum(answer.phase == "stateful" for answer in answers)


def total(seen: Outcomes) -> int:
    return sum(counts.total() for counts in seen.values())


def succeeded(counts: Counter[str]) -> int:
    return sum(count for found, count in counts.items() if found.startswith("2"))


def differences(
    promised: Mapping[str, set[str]], seen: Outcomes, excused: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """Yield a message for each undocumented, each missing and each needlessly excused outcome."""
    for name, outcomes in promised.items():
        found, excuses = set(seen[name]), excused.get(name, {}).keys()
        if not succeeded(seen[name]):
            yield f"{name} never succeeded"
        if missing := outcomes - found - excuses:
            yield f"{name} documents what no case got: {', '.join(sorted(missing))}"
        if unknown := found - outcomes:
            yield f"{name} answered what it does not document: {', '.join(sorted(unknown))}"
        if needless := excuses & found | excuses - outcomes:
            yield f"{name} is excused for what was seen or is not documented: {', '.join(sorted(needless))}"
    if strangers := seen.keys() - promised.keys():
        yield f"not documented at all: {', '.join(sorted(strangers))}"


def table(seen: Outcomes) -> Iterator[str]:
    for name, counts in sorted(seen.items()):
        yield f"{name:<40} " + "  ".join(f"{found}: {count}" for found, count in sorted(counts.items()))
    good = sum(map(succeeded, seen.values()))
    yield f"\n{total(seen):,} cases, {good / max(1, total(seen)):.0%} of them answered 2xx"
