"""What commands print: tables, JSON, and how many there are of something."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table

PIPE_WIDTH = 160  # a table in a pipe is for grep: it must not be folded to the width of no terminal
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")


def print_json(found: Iterable[Any]) -> None:
    """Dataclasses, as one array."""
    click.echo(json.dumps([asdict(one) for one in found], indent=2))


def print_table(titles: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Rows of a style, which is "" for none, and of cells."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for style, cells in rows:
        table.add_row(*cells, style=style)
    Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


def counted(number: int, noun: str) -> str:
    """`1 report`, `2 reports`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
