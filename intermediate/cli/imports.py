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
and optionally priority, due_at, tags (separated by commas), completed_at.
Times look like 2026-11-30T12:00:00Z.

\b
Exit codes: 0 all rows imported, 1 some rows or the whole file refused.""",
)
@click.argument("ini", type=INI)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--owner", required=True, metavar="EMAIL", help="The account that will own the tasks.")
@click.option("--truncate-titles", is_flag=True, help="Shorten long titles and keep the full text in the description.")
def import_file(ini: Path, file: Path, owner: str, truncate_titles: bool) -> None:
    """Import tasks from a CSV file into an account.

    Invalid rows are reported with line and reason; the others are imported. The new tasks become visible
    together, at the end: a run that is stopped or fails imports nothing. A second run imports everything again.
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
    cut = f" ({counts.truncated} with a shortened title)" if counts.truncated else ""
    return f"{counted(counts.rows, 'row')}: {counts.imported} imported{cut}, {counts.refused} rejected."
