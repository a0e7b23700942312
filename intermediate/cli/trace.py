"""`intermediate trace`."""

from pathlib import Path
from typing import TextIO

import click
from sqlalchemy.exc import SQLAlchemyError

from intermediate import tracing
from intermediate.cli.failures import Failure
from intermediate.cli.ini import INI, application
from intermediate.cli.output import AS_JSON, print_json, print_table
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
Exit codes: 0 something found, 1 nothing found."""
)
@click.argument("ini", type=INI)
@click.argument("request_id")
@click.argument("logs", type=click.File(errors="replace"), nargs=-1)
@AS_JSON
def trace(ini: Path, request_id: str, logs: tuple[TextIO, ...], as_json: bool) -> None:
    """Show what happened to the request with this X-Request-ID.

    Shows its jobs, its report and the document in the analytics backend, and its lines in LOGS of the edge, the web
    server and the workers.
    """
    with application(ini, INTERMEDIATE_DATABASE_MIGRATE="false") as app, request_for(app.registry) as request:
        found = [step for log in logs for step in tracing.of_log(log, request_id)]
        found += stored(request, request_id)
    if not found:
        raise Failure(f"Nothing found for {request_id}: not in jobs, reports or the {len(logs)} logs given.")
    found.sort(key=lambda step: step.at)
    if as_json:
        print_json(found)
    else:
        print_table(("AT", "WHERE", "WHAT", ""), [("", (one.at, one.where, one.what, words(one))) for one in found])


def stored(request: Request, request_id: str) -> list[Step]:
    """Return the steps from the database and the sink. If one is unavailable, it is skipped, so that logs are shown."""
    try:
        found = [*tracing.of_ledger(request.db, request_id), *tracing.of_reports(request.db, request_id)]
    except SQLAlchemyError as error:
        click.echo(f"Skipped the database: {' '.join(str(getattr(error, 'orig', error)).split())}", err=True)
        return []
    owners = {step.more["owner_id"] for step in found}
    try:
        found += tracing.of_analytics(request.analytics, owners, request_id)
    except BackendError as error:
        click.echo(f"Skipped the analytics backend: {error.code}", err=True)
    return found


def words(step: Step) -> str:
    return " ".join(f"{name}={value}" for name, value in step.more.items())
