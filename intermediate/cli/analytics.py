"""`intermediate analytics`: load reports into the chosen sink, from a file or from the database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from intermediate import reports
from intermediate.cli.failures import Failure
from intermediate.cli.files import opened
from intermediate.cli.ini import INI, application
from intermediate.cli.output import counted
from intermediate.importing import reason
from intermediate.schemas.reports import ReportDocument

REBUILD = "  intermediate analytics rebuild production.ini"
LOAD = "  intermediate analytics load development.ini docs/samples/task_reports.sample.json"


@click.group(epilog=f"\b\nExamples:\n{LOAD}\n{REBUILD}")
def analytics() -> None:
    """Load or rebuild the analytics backend."""


@analytics.command(
    epilog=f"""\b
Examples:
{LOAD}
  mongoexport --db analytics --collection task_reports | intermediate analytics load production.ini /dev/stdin

\b
Exit codes: 0 all reports loaded, 1 the file was refused or the analytics backend does not respond."""
)
@click.argument("ini", type=INI)
@click.argument("file", type=click.Path(path_type=Path))
def load(ini: Path, file: Path) -> None:
    """Load reports from a file into the analytics backend.

    The file is a JSON array of reports, or has one report per line. A report is skipped if the backend has one that is
    as new, so a second run changes nothing. The whole file is checked first: if any report is invalid, none is loaded.
    """
    with opened(file) as source:
        documents = [checked(place, found, file) for place, found in read(source.read(), file)]
    stored = 0
    with application(ini) as app:
        for document in documents:
            stored += app.registry.analytics.put(document)
    found = counted(len(documents), "report")
    click.echo(f"{found}: {stored} loaded, {len(documents) - stored} skipped because they are not newer.")


@analytics.command(
    epilog=f"""\b
Example:
{REBUILD}

\b
Exit codes: 0 all reports copied, 1 the backend or the database does not respond: workers continue, or run it again."""
)
@click.argument("ini", type=INI)
def rebuild(ini: Path) -> None:
    """Empty the analytics backend and copy everyone's latest report to it again.

    Use this if the backend has lost reports, or has reports that the database does not. You can run it at any time.
    """
    with application(ini) as app:
        owners = reports.rebuild(app.registry.engine, app.registry.analytics)
    click.echo(f"Copied {counted(owners, 'report')} to the analytics backend.")


def read(content: bytes, file: Path) -> Iterator[tuple[str, Any]]:
    """Yield each document with its position in the file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failure(f"{file} is not valid UTF-8. Nothing was loaded.") from None
    if text.lstrip().startswith("["):
        for number, found in enumerate(parsed(text, f"{file}"), 1):
            yield f"document {number}", found
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield f"line {number}", parsed(line, f"{file}: line {number}")


def parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Failure(f"{where}: invalid JSON ({error}). Nothing was loaded.") from None


def checked(place: str, found: Any, file: Path) -> dict[str, Any]:
    """Validate a document and return it. `_id`, which MongoDB's exports contain, is removed."""
    if isinstance(found, dict):
        found.pop("_id", None)
    try:
        ReportDocument.model_validate(found, strict=True)  # strict, since the document is stored as it is
    except ValidationError as error:
        raise Failure(f"{file}: {place}: {reason(error)}. Nothing was loaded.") from None
    return found
