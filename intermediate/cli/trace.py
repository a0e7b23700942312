"""`intermediate trace`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.table import Table

from intermediate import tracing
from intermediate.cli.failures import INI, Failure
from intermediate.cli.ini import application
from intermediate.cli.plugins import ANY_WIDTH
from intermediate.plugins.base import BackendError
from intermediate.request import Request
from intermediate.scripting import request_for
from intermediate.tracing import Step


@click.command(
    epilog="""\b
Examples:
  intermediate trace production.ini 4f7c0a52b8e94d1c9f3b6a7d8e2f1c05
  intermediate trace production.ini 4f7c0a52b8e94d1c9f3b6a7d8e2f1c05 web.log worker.log
  docker compose logs edge web worker | intermediate trace production.ini 4f7c0a52b8e94d1c9f3b6a7d8e2f1c05 -

\b
Exit codes: 0 something was found, 1 nothing was."""
)
@click.argument("ini", type=INI)
@click.argument("request_id")
@click.argument("logs", type=click.File(errors="replace"), nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def trace(ini: Path, request_id: str, logs: tuple[TextIO, ...], as_json: bool) -> None:
    """Show what became of the request that was answered with this X-Request-ID.

    Its jobs, its report, and the document in the analytics sink; and the lines of LOGS that carry it, of the edge, the
    web and the workers.
    """
    with application(ini, INTERMEDIATE_DATABASE_MIGRATE="false") as app, request_for(app.registry) as request:
        found = [step for log in logs for step in tracing.of_log(log, request_id)]
        found += stored(request, request_id)
    if not found:
        raise Failure(f"{request_id} is nowhere: no job, no report, and no line of {len(logs)} logs carries it.")
    found.sort(key=lambda step: step.at)
    if as_json:
        click.echo(json.dumps([asdict(step) for step in found], indent=2))
        return
    Console(highlight=False, width=None if sys.stdout.isatty() else ANY_WIDTH).print(table(found))


def stored(request: Request, request_id: str) -> list[Step]:
    found = [*tracing.of_ledger(request.db, request_id), *tracing.of_reports(request.db, request_id)]
    owners = {step.more["owner_id"] for step in found}
    try:
        found += tracing.of_analytics(request.analytics, owners, request_id)
    except BackendError as error:
        click.echo(f"The analytics sink was not asked: {error.code}", err=True)
    return found


def table(found: list[Step]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("AT", "WHERE", "WHAT", ""):
        made.add_column(title, overflow="fold")
    for step in found:
        made.add_row(step.at, step.where, step.what, " ".join(f"{name}={value}" for name, value in step.more.items()))
    return made
