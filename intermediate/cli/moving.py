"""`intermediate dump` and `intermediate load`."""

from pathlib import Path

import click

from intermediate import db, moving
from intermediate.cli.failures import Failure, need_shared_tasks
from intermediate.cli.files import destination, opened
from intermediate.cli.ini import INI, application
from intermediate.cli.output import counted, progress_bar, share_bar
from intermediate.engines import exists
from intermediate.moving.files import DumpError, Reader
from intermediate.request import Request
from intermediate.scripting import request_for


@click.command(
    epilog="""\b
Examples:
  intermediate dump development.ini > data.ndjson
  intermediate dump production.ini --output data.ndjson
  intermediate dump development.ini | intermediate load production.ini -"""
)
@click.argument("ini", type=INI)
@click.option(
    "--output", type=click.Path(path_type=Path), help="The file to write, readable only by you; default stdout."
)
def dump(ini: Path, output: Path | None) -> None:
    """Dump all accounts, logins, tokens, reports and tasks.

    `intermediate load` reads the dump. It is a consistent snapshot, even while the application runs. It contains
    password hashes: keep it secret. Jobs are not included, so let `intermediate-worker INI --burst` finish them first.
    """
    # A dump changes nothing, so it does not migrate: `check` reports an outdated schema.
    with application(ini, INTERMEDIATE_DATABASE_MIGRATE="false") as app, request_for(app.registry) as request:
        check(request)
        with destination(output) as write, share_bar() as advance:
            counts = moving.dump(request, write, advance)
        left = moving.unfinished(request)
    click.echo(f"Dumped {told(counts)}.", err=True)
    if left:
        has, was = ("has", "was") if left == 1 else ("have", "were")
        click.echo(f"{counted(left, 'job')} {has} not ended and {was} not included.", err=True)


@click.command(
    epilog="""\b
Examples:
  intermediate load production.ini data.ndjson
  intermediate load production.ini - < data.ndjson

\b
Exit codes: 0 everything loaded, 1 nothing loaded."""
)
@click.argument("ini", type=INI)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def load(ini: Path, file: Path) -> None:
    """Load a dump into an empty installation.

    The installation must be migrated and have no accounts. Loads everything or nothing: a truncated or modified file is
    refused. With the same `session.secret_key` and `jwt.secret_key`, browsers stay logged in and tokens stay valid.
    """
    if str(file) == "-":
        file = Path("/dev/stdin")
    with (
        opened(file) as source,
        application(ini) as app,
        progress_bar(source, file, "Loading") as (advance, _tell),
        request_for(app.registry) as request,
    ):
        check(request)
        try:
            counts = moving.load(request, Reader(source), advance)
        except DumpError as error:
            raise Failure(f"{file}: {error} Nothing was loaded.") from None
    click.echo(f"Loaded {told(counts)}.")


def check(request: Request) -> None:
    """Raise Failure unless the tasks backend is shared and the schema is current."""
    need_shared_tasks(request.registry)
    engine = request.registry.engine
    # `exists` comes first, since reading the schema would create the database file.
    state = db.schema_state(engine) if exists(engine) else "behind"
    if state == "newer":
        raise Failure("The schema is from a newer release. Use that release for this.")
    if state == "behind":
        raise Failure("The schema is not the one this release needs. Run `intermediate migrate` first.")


def told(counts: dict[str, int]) -> str:
    return ", ".join(counted(count, kind) for kind, count in counts.items())
