"""Compare two transcripts, and show the differences in a readable form."""

import re
from collections.abc import Sequence
from difflib import unified_diff
from itertools import zip_longest

from tests.differential.recording import Entry

NOTHING = Entry("", "nothing was asked", 0, (), "")


def differences(reference: Sequence[Entry], other: Sequence[Entry]) -> list[str]:
    """Return a readable diff for each request whose response differs. Entries are compared in order, unchanged."""
    pairs = zip_longest(reference, other, fillvalue=NOTHING)
    return [shown(number, *pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]]


def shown(number: int, reference: Entry, other: Entry) -> str:
    title = f"Request {number}, {reference.part}: {reference.request}"
    lines = unified_diff(laid_out(reference), laid_out(other), "reference", "this combination", n=2, lineterm="")
    return "\n".join([title, *lines])


def laid_out(entry: Entry) -> list[str]:
    """Return an entry as lines. JSON is split at its commas."""
    headers = [f"{name}: {value}" for name, value in entry.headers]
    body = re.sub(r'(?<=[\]}"\d])(?=,["{])', "\n", entry.body) if entry.body.startswith(("{", "[")) else entry.body
    return [f"{entry.request} ({entry.part})", str(entry.status), *headers, "", *body.split("\n")]
