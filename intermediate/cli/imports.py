"""`intermediate import`."""

from pathlib import Path

import click

from intermediate.cli.accounts import find_user
from intermediate.cli.failures import Failure, need_shared_tasks
from intermediate.cli.files import opened
from intermediate.cli.ini import INI, application
from intermediate.cli.output import counted, progress_bar
from intermediate.importing import Counts, Importer, ImportFileError
from intermediate.scripting import request_for


@click.command(
    "import",
    epilog="""\b
Examples:
  intermediate import development.ini tasks.csv --owner me@example.com
  intermediate import development.ini tasks.csv --owner me@example.com --truncate-titles

\b
The file is UTF-8 with a header. Columns: title, description, status, created_at,
and if you like priority, due_at, tags (separated by commas), completed_at.
Times look like 2026-11-30T12:00:00Z.

\b
Exit codes: 0 all rows are imported, 1 some were refused, or the file was.""",
)
@click.argument("ini", type=INI)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--owner", required=True, metavar="EMAIL", help="The account that the tasks will belong to.")
@click.option("--truncate-titles", is_flag=True, help="Cut titles that are too long, and keep them in the description.")
def import_file(ini: Path, file: Path, owner: str, truncate_titles: bool) -> None:
    """Add the tasks of a CSV file to an account.

    A row that is not right is told with its line and reason, and the others are imported. They become visible
    together, at the end: a run that is stopped or fails has imported nothing. A second run adds everything again.
    """
    with (
        opened(file) as source,
        application(ini) as app,
        progress_bar(source, file) as (advance, tell),
        request_for(app.registry) as request,
    ):
        need_shared_tasks(app.registry)
        importer = Importer(request.tasks, find_user(request.db, owner).id, tell, truncate_titles)
        try:
            counts = importer.run(source, advance)
        except ImportFileError as error:
            raise Failure(f"{file}: {error} Nothing was imported.") from None
    click.echo(summary(counts))
    raise SystemExit(1 if counts.refused else 0)


def summary(counts: Counts) -> str:
    cut = f" ({counts.truncated} with a cut title)" if counts.truncated else ""
    return f"{counted(counts.rows, 'row')}: {counts.imported} imported{cut}, {counts.refused} refused."
