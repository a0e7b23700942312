"""`intermediate migrate`."""

import os
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from intermediate import db, logs
from intermediate.cli.failures import Failure
from intermediate.cli.ini import INI, read_settings
from intermediate.engines import make_engine

SAYS = {
    "behind": "The schema is now up to date.",
    "current": "The schema is already up to date.",
    "newer": "The schema is from a newer release and was left unchanged.",
}


@click.command(epilog="\b\nExample:\n  intermediate migrate production.ini")
@click.argument("ini", type=INI)
def migrate(ini: Path) -> None:
    """Update the database schema.

    Does nothing if the schema is up to date or belongs to a newer release. Concurrent migrations take turns.
    """
    settings = read_settings(ini, os.environ)
    logs.configure(settings, "cli")
    engine = make_engine(settings.database.url)
    try:
        state = db.schema_state(engine)
        db.migrate(engine)
    except SQLAlchemyError as error:
        raise Failure(db.unusable(error)) from None
    finally:
        engine.dispose()
    click.echo(SAYS[state])
