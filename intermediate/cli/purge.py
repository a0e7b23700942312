"""`intermediate purge`."""

from pathlib import Path

import click

from intermediate.cli.failures import INI, Failure
from intermediate.cli.ini import application
from intermediate.plugins.base import Capability
from intermediate.sweeping import sweep

NAMES = {
    "tasks": ("task", "tasks"),
    "keys": ("kept answer", "kept answers"),
    "jobs": ("job", "jobs"),
    "sessions": ("login", "logins"),
    "uploads": ("file", "files"),
}


@click.command(
    epilog="""\b
Examples:
  intermediate purge production.ini
  intermediate purge production.ini --trash-days 0"""
)
@click.argument("ini", type=INI)
@click.option(
    "--trash-days", type=click.IntRange(min=0), help="Instead of `tasks.trash_days`; 0 empties the trash of everybody."
)
def purge(ini: Path, trash_days: int | None) -> None:
    """Delete for good what has had its time.

    These are tasks that have lain in the trash (`tasks.trash_days`), jobs that are over (`jobs.keep_days`), files that
    no worker has come to read (`import.keep_days`), answers that are kept for an Idempotency-Key
    (`api.idempotency_seconds`), and logins that are over (`session.lifetime_seconds`, `jwt.refresh_seconds`). Workers
    do so every hour, too.
    """
    with application(ini) as app:
        if Capability.SHARED not in app.registry.tasks.capabilities:
            name = app.registry.app_settings.tasks.backend
            raise Failure(f"tasks.backend = {name!r} keeps tasks in its own process, out of reach from here.")
        swept = sweep(app.registry, trash_days)
    *others, last = (f"{count} {NAMES[what][count != 1]}" for what, count in swept._asdict().items())
    click.echo(f"Purged {', '.join(others)} and {last}.")
