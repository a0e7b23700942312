"""`intermediate migrate`."""

import os
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from intermediate import db, logs
from intermediate.cli.failures import INI, Failure
from intermediate.cli.ini import read_settings
from intermediate.engines import make_engine


@click.command(epilog="\b\nExample:\n  intermediate migrate production.ini")
@click.argument("ini", type=INI)
def migrate(ini: Path) -> None:
    """Bring the database's schema up to date.

    Does nothing if it is. Several at once take turns.
    """
    settings = read_settings(ini, os.environ)
    logs.configure(settings, "cli")
    engine = make_engine(settings.database.url)
    try:
        was_current = db.is_current(engine)
        db.migrate(engine)
    except SQLAlchemyError as error:
        raise Failure(f"database.url cannot be used: {getattr(error, 'orig', error)}") from None
    finally:
        engine.dispose()
    click.echo("The schema was up to date." if was_current else "The schema is up to date now.")
