"""`intermediate check`."""

import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from intermediate import EX_CONFIG
from intermediate.checking import SETTINGS, Finding
from intermediate.checking import check as find
from intermediate.cli.failures import INI
from intermediate.cli.ini import read_ini
from intermediate.cli.plugins import ANY_WIDTH

STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}


@click.command(
    epilog="""\b
Examples:
  intermediate check production.ini
  intermediate check production.ini --json | jq '.[] | select(.level == "error")'

\b
Exit codes: 0 nothing is wrong, 1 something is, 78 the settings are not right."""
)
@click.argument("ini", type=INI)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--strict", is_flag=True, help="Let warnings count as errors do.")
def check(ini: Path, as_json: bool, strict: bool) -> None:
    """Say whether the application that INI describes is ready to be run for others.

    Its settings, each service that they choose, the schema, and what is unsafe. Each finding says what to do. Nothing
    is changed.
    """
    logging.disable(logging.CRITICAL)  # what it finds is what it says
    try:
        found = list(find(read_ini(ini), read_ini(ini, "server:main"), os.environ, str(ini.resolve().parent)))
    finally:
        logging.disable(logging.NOTSET)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        Console(highlight=False, width=None if sys.stdout.isatty() else ANY_WIDTH).print(table(found))
    bad = [one for one in found if one.level == "error" or (strict and one.level == "warning")]
    if bad:
        raise SystemExit(EX_CONFIG if any(one.about == SETTINGS for one in bad) else 1)


def table(found: list[Finding]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "ABOUT", "FOUND", "WHAT TO DO"):
        made.add_column(title, overflow="fold")
    for one in found:
        made.add_row(one.level, one.about, one.says, one.do, style=STYLES[one.level])
    return made
