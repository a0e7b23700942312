"""`intermediate import`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import Progress

from intermediate.cli.accounts import find_user
from intermediate.cli.failures import Failure, need_shared_tasks
from intermediate.cli.ini import INI, application
from intermediate.cli.output import counted
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


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    try:
        source = file.open("rb")
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}") from None
    with source:
        yield source


@contextmanager
def progress_bar(
    source: BinaryIO, file: Path, what: str = "Importing"
) -> Iterator[tuple[Callable[[], None], Callable[[int, str], None]]]:
    """What to call after each batch, and for each refused row. The bar is drawn only on a terminal."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        total = file.stat().st_size if source.seekable() else None  # a pipe does not say how much will come
        task = bar.add_task(what, total=total)

        def advance() -> None:
            if total is not None:
                bar.update(task, completed=source.tell())

        def tell(line: int, why: str) -> None:
            bar.console.print(f"line {line}: {why}", markup=False)

        yield advance, tell


def summary(counts: Counts) -> str:
    cut = f" ({counts.truncated} with a cut title)" if counts.truncated else ""
    return f"{counted(counts.rows, 'row')}: {counts.imported} imported{cut}, {counts.refused} refused."
