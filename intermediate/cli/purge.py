"""`intermediate purge`."""

from pathlib import Path

import click

from intermediate.cli.failures import INI, Failure
from intermediate.cli.ini import application
from intermediate.plugins.base import Capability
from intermediate.sweeping import sweep


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

    These are tasks that have lain in the trash for `tasks.trash_days`, and the answers kept for requests with an
    Idempotency-Key. Workers do so every hour, too.
    """
    with application(ini) as app:
        if Capability.SHARED not in app.registry.tasks.capabilities:
            name = app.registry.app_settings.tasks.backend
            raise Failure(f"tasks.backend = {name!r} keeps tasks in its own process, out of reach from here.")
        tasks, keys = sweep(app.registry, trash_days)
    click.echo(
        f"Purged {tasks} {'task' if tasks == 1 else 'tasks'} and {keys} kept {'answer' if keys == 1 else 'answers'}."
    )
