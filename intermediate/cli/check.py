"""`intermediate check`."""

import logging
import os
from pathlib import Path

import click

from intermediate import EX_CONFIG
from intermediate.checking import SETTINGS
from intermediate.checking import check as find
from intermediate.cli.ini import INI, read_ini
from intermediate.cli.output import AS_JSON, print_json, print_table

STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}


@click.command(
    epilog="""\b
Examples:
  intermediate check production.ini
  intermediate check production.ini --json | jq '.[] | select(.level == "error")'

\b
Exit codes: 0 no problems, 1 problems found, 78 invalid settings."""
)
@click.argument("ini", type=INI)
@AS_JSON
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
def check(ini: Path, as_json: bool, strict: bool) -> None:
    """Check whether the application is ready for production.

    Checks the settings, each service that they choose, the schema, and whether anything is unsafe. Each finding says
    what to do. Nothing is changed.
    """
    logging.disable(logging.CRITICAL)  # the output is only the findings
    try:
        found = list(find(read_ini(ini), read_ini(ini, "server:main"), os.environ, str(ini.resolve().parent)))
    finally:
        logging.disable(logging.NOTSET)
    if as_json:
        print_json(found)
    else:
        rows = [(STYLES[one.level], (one.level, one.about, one.says, one.do)) for one in found]
        print_table(("", "ABOUT", "FOUND", "WHAT TO DO"), rows)
    bad = [one for one in found if one.level == "error" or (strict and one.level == "warning")]
    if bad:
        raise SystemExit(EX_CONFIG if any(one.about == SETTINGS for one in bad) else 1)
