"""Runs migrations, on the connection that the application hands over or on the configured database."""

import logging
import os
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection

from alembic import context
from intermediate.engines import make_engine, take_turns
from intermediate.models import Base

log = logging.getLogger("intermediate.migrations")


def tell(*, step: Any, **_: Any) -> None:
    """Alembic's own words are for people, and are left out of the log."""
    event = "schema_upgraded" if step.is_upgrade else "schema_downgraded"
    log.info(event, extra={"revisions": list(step.destination_revision_ids), "from": list(step.source_revision_ids)})


def number(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Revisions are numbered: 0010 follows 0009. One in which nothing happens is not written."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        raise CommandError("The database is as the models say. Change intermediate/models/ first.")
    head = context.script.get_current_head() or "0"
    directives[0].rev_id = f"{int(head) + 1:04}"


def run(connection: Connection) -> None:
    take_turns(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        user_module_prefix="",
        on_version_apply=tell,
        process_revision_directives=number,
    )
    with context.begin_transaction():
        context.run_migrations()


def configured_url() -> str:
    """INTERMEDIATE_DATABASE_URL, else what development.ini says."""
    from intermediate import logs  # the rest of the application is needed only here
    from intermediate.cli.ini import read_settings

    settings = read_settings(Path("development.ini"), os.environ)
    logs.configure(settings, "cli")
    return settings.database.url


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with make_engine(configured_url()).begin() as connection:
        run(connection)
