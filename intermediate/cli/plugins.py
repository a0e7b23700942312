"""`intermediate plugins`."""

import json
import os
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from pathlib import Path

import click

from intermediate.cli.ini import INI, read_settings
from intermediate.cli.output import AS_JSON, print_table
from intermediate.plugins import KINDS
from intermediate.settings import Settings


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
@AS_JSON
def plugins(ini: Path, as_json: bool) -> None:
    """List installed backends and show which are chosen."""
    found = list_backends(read_settings(ini, os.environ))
    if as_json:
        documents = [asdict(one) for one in found]
        for document in documents:
            document["class"] = document.pop("cls")
        click.echo(json.dumps(documents, indent=2))
        return
    rows = [
        ("green" if one.chosen else "", (one.kind, one.name, "yes" if one.chosen else "", one.cls, one.distribution))
        for one in found
    ]
    print_table(("KIND", "BACKEND", "CHOSEN", "CLASS", "FROM"), rows)


def list_backends(settings: Settings) -> list[Found]:
    """Return the entry points of each kind, and chosen backends that are dotted paths. Nothing is imported."""
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
