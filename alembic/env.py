"""Runs migrations, on the connection that the application hands over or on the configured database."""

import os
from pathlib import Path

from sqlalchemy import Connection

from alembic import context
from intermediate.engines import make_engine, take_turns
from intermediate.models import Base


def run(connection: Connection) -> None:
    take_turns(connection)
    # Batches rebuild a table where SQLite cannot alter it.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, user_module_prefix="")
    with context.begin_transaction():
        context.run_migrations()


def configured_url() -> str:
    """INTERMEDIATE_DATABASE_URL, else what development.ini says."""
    from intermediate.cli.ini import read_settings  # the rest of the application is needed only here

    return read_settings(Path("development.ini"), os.environ).database.url


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with make_engine(configured_url()).begin() as connection:
        run(connection)
