"""`intermediate report`."""

import uuid
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from sqlalchemy import select

from intermediate import queueing, reports
from intermediate.cli.accounts import find_user
from intermediate.cli.ini import INI, application
from intermediate.cli.output import counted
from intermediate.models import User
from intermediate.request import Request
from intermediate.scripting import request_for


@click.command(
    epilog="""\b
Examples:
  intermediate report production.ini --all
  intermediate report production.ini me@example.com

\b
Exit codes: 0 requested, 1 failed, for example because the queue is unavailable: run it again."""
)
@click.argument("ini", type=INI)
@click.argument("emails", metavar="[EMAIL]...", nargs=-1)
@click.option("--all", "of_all", is_flag=True, help="For every active account.")
def report(ini: Path, emails: tuple[str, ...], of_all: bool) -> None:
    """Request a report for each given account.

    Meant for cron. Workers generate the reports. A report that is already queued is not requested twice.
    """
    if of_all == bool(emails):
        raise click.UsageError("Give the e-mail addresses of accounts, or --all.")
    request_id = uuid.uuid4().hex
    console = Console(stderr=True)
    with application(ini) as app:
        with request_for(app.registry) as request:
            owners = active(request) if of_all else named(request, emails)
        joined = 0
        for owner in track(owners, "Asking", console=console, transient=True, disable=not console.is_terminal):
            with request_for(app.registry, request_id) as request:
                joined += queueing.ask(request, reports.KIND, owner).request_id != request_id
    already = f" {joined} had already been requested." if joined else ""
    click.echo(f"Requested {counted(len(owners) - joined, 'report')}, request id {request_id}.{already}")


def named(request: Request, emails: tuple[str, ...]) -> list[int]:
    """Return the ids of the accounts, without duplicates."""
    return list(dict.fromkeys(find_user(request.db, email).id for email in emails))


def active(request: Request) -> list[int]:
    return list(request.db.scalars(select(User.id).where(User.is_active).order_by(User.id)))
