"""`intermediate after-restore`."""

from pathlib import Path

import click

from intermediate import reports
from intermediate.cli.ini import INI, application
from intermediate.cli.output import counted
from intermediate.plugins.tasks.versioned import renew_versions
from intermediate.scripting import request_for


@click.command(epilog="\b\nExample:\n  intermediate after-restore production.ini")
@click.argument("ini", type=INI)
def after_restore(ini: Path) -> None:
    """Clean up after restoring the database from a backup.

    Caches and clients may have lists from after the backup, so each account's tasks get a version that none of them
    knows. The analytics backend may have reports from after the backup, so it is emptied and refilled. You can run this
    more than once.
    """
    with application(ini) as app:
        with request_for(app.registry) as request:
            renewed = renew_versions(request.db)
        owners = reports.rebuild(app.registry.engine, app.registry.analytics)
    click.echo(f"Renewed {counted(renewed, 'account')}, copied {counted(owners, 'report')} to the analytics backend.")
