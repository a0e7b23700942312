"""`intermediate purge`."""

from pathlib import Path

import click

from intermediate.cli.failures import need_shared_tasks
from intermediate.cli.ini import INI, application
from intermediate.cli.output import counted
from intermediate.sweeping import sweep

NOUNS = {"tasks": "task", "keys": "stored response", "jobs": "job", "sessions": "login", "uploads": "file"}


@click.command(
    epilog="""\b
Examples:
  intermediate purge production.ini
  intermediate purge production.ini --trash-days 0"""
)
@click.argument("ini", type=INI)
@click.option(
    "--trash-days",
    type=click.IntRange(0, 36_525),
    help="Overrides `tasks.trash_days`; 0 empties everyone's trash.",
)
def purge(ini: Path, trash_days: int | None) -> None:
    """Permanently delete expired data.

    Deletes tasks in the trash (`tasks.trash_days`), finished jobs (`jobs.keep_days`), unread uploads
    (`import.keep_days`), responses stored for an Idempotency-Key (`api.idempotency_seconds`), and ended logins
    (`session.lifetime_seconds`, `jwt.refresh_seconds`). Workers do the same every hour.
    """
    with application(ini) as app:
        need_shared_tasks(app.registry)
        swept = sweep(app.registry, trash_days)
    *others, last = (counted(count, NOUNS[what]) for what, count in swept._asdict().items())
    click.echo(f"Purged {', '.join(others)} and {last}.")
