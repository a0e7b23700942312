"""`intermediate plugins`."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from intermediate.cli.failures import INI
from intermediate.cli.ini import read_settings
from intermediate.plugins import KINDS
from intermediate.settings import Settings

ANY_WIDTH = 160


@dataclass(frozen=True)
class Found:
    """A backend that an INI file can name."""

    kind: str
    name: str
    chosen: bool
    cls: str
    distribution: str


@click.command(
    epilog="""\b
Examples:
  intermediate plugins development.ini
  intermediate plugins production.ini --json"""
)
@click.argument("ini", type=INI)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def plugins(ini: Path, as_json: bool) -> None:
    """List the backends that are installed, and those that the INI file and the environment choose."""
    found = list_backends(read_settings(ini, os.environ))
    if as_json:
        documents = [asdict(one) for one in found]
        for document in documents:
            document["class"] = document.pop("cls")
        click.echo(json.dumps(documents, indent=2))
        return
    # A table in a pipe is for grep: it must not be folded to the width of no terminal.
    width = None if sys.stdout.isatty() else ANY_WIDTH
    Console(highlight=False, width=width).print(table(found))


def list_backends(settings: Settings) -> list[Found]:
    """The entry points of each kind; a chosen dotted path has none, and is listed too. Nothing is imported."""
    found = []
    for kind in KINDS:
        chosen = getattr(settings, kind).backend
        points = sorted(entry_points(group=f"intermediate.{kind}"), key=lambda point: point.name)
        for point in points:
            distribution = f"{point.dist.name} {point.dist.version}" if point.dist else ""
            found.append(Found(kind, point.name, point.name == chosen, point.value, distribution))
        if chosen not in {point.name for point in points}:
            found.append(Found(kind, chosen, True, chosen, ""))
    return found


def table(found: list[Found]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("KIND", "BACKEND", "CHOSEN", "CLASS", "FROM"):
        made.add_column(title, overflow="fold")
    for one in found:
        made.add_row(one.kind, one.name, "yes" if one.chosen else "", one.cls, one.distribution, style=style(one))
    return made


def style(one: Found) -> str:
    return "green" if one.chosen else ""
