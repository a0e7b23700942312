"""Read the tables of docs/degradation.md, and describe responses in their terms."""

import re
from typing import Any

from tests.serving import ROOT

PAGE = ROOT / "docs" / "degradation.md"
WORKS, UNCACHED, WAITS = "works", "uncached", "waits"
BROKEN_OFF = "502 Broken Off"  # a download whose status was sent before the service failed
# Texts of error pages, which do not show the code. The last one covers every service but the database, so auth here.
ON_PAGES = {
    "The database is not responding.": "database_unavailable",
    "Reports are paused.": "queue_unavailable",
    "A required service is not responding.": "auth_unavailable",
}


TO_DO, WHEN_BACK = "what to do", "when it is back"


def signs(note: str) -> list[str]:
    """Return the log events that a note of the table names."""
    return re.findall(r"\w+_(?:unavailable|available|away|back)\b", note)


def tables() -> list[dict[str, dict[str, str]]]:
    """Return each table as a dictionary by the first cell of a row, and then by the header of the column."""
    found = re.findall(r"(?:^\|.*\n)+", PAGE.read_text(), re.MULTILINE)
    return [_table([_cells(line) for line in lines.splitlines()]) for lines in found]


def _cells(line: str) -> list[str]:
    return [cell.replace("`", "").strip() for cell in line.strip("|").split("|")]


def _table(rows: list[list[str]]) -> dict[str, dict[str, str]]:
    [_, *heads], _, *body = rows
    return {first: dict(zip(heads, cells, strict=True)) for first, *cells in body}


def said(answer: Any) -> str:
    """Describe a response by a term of the table, or by another text if the table has none for it."""
    if answer.status_int != 503:
        return WORKS if answer.status_int < 400 else str(answer.status)
    if "Retry-After" not in answer.headers:
        return "503 without Retry-After"
    if answer.content_type != "text/html":
        return f"503 {answer.json['code']}"
    return f"503 {next((code for words, code in ON_PAGES.items() if words in answer.text), 'and a page')}"


def said_of_lists(answer: Any) -> str:
    return UNCACHED if answer.headers.get("X-Cache") == "bypass" else said(answer)


def said_of_health(answer: Any) -> str:
    word = f"{answer.status_int} {answer.json['status']}"
    return {"200 ok": WORKS, "200 degraded": "degraded"}.get(word, word)
