"""Output of commands: tables, JSON, counts and progress bars."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

PIPE_WIDTH = 160  # without a terminal, so that lines are not folded for `grep`
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")


def print_json(found: Iterable[Any]) -> None:
    """Print dataclasses as one array."""
    click.echo(json.dumps([asdict(one) for one in found], indent=2))


def print_table(titles: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print rows of (style, cells). The style "" means none."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for style, cells in rows:
        table.add_row(*map(visible, cells), style=style)
    # No markup: a cell may contain [server:main].
    Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def visible(text: str) -> str:
    """Escape what a terminal would obey or could not show: a client may have put it into a log line."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def counted(number: int, noun: str) -> str:
    """Return `1 report`, `2 reports`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@contextmanager
def progress_bar(
    source: BinaryIO, file: Path, what: str = "Importing"
) -> Iterator[tuple[Callable[[], None], Callable[[int, str], None]]]:
    """Yield a function to call after each batch, and one for each refused row. Draws the bar only on a terminal."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        total = file.stat().st_size if source.seekable() else None  # the size of a pipe is unknown
        task = bar.add_task(what, total=total)

        def advance() -> None:
            if total is not None:
                bar.update(task, completed=source.tell())

        def tell(line: int, why: str) -> None:
            bar.console.print(f"line {line}: {why}", markup=False)

        yield advance, tell


@contextmanager
def share_bar() -> Iterator[Callable[[float], None]]:
    """Yield a function to call with the fraction that is done. Draws the bar only on a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Dumping", total=1.0)
        yield lambda done: bar.update(task, completed=done)
