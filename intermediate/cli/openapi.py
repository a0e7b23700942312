"""`intermediate openapi`: print the API's description without a server."""

import json
from pathlib import Path

import click

from intermediate.cli.ini import INI, application
from intermediate.openapi.document import build


@click.command(
    epilog="""\b
Examples:
  intermediate openapi development.ini > openapi.json""",
)
@click.argument("ini", type=INI)
def openapi(ini: Path) -> None:
    """Print the OpenAPI document of the application."""
    with application(ini) as app:
        click.echo(json.dumps(build(app.registry), ensure_ascii=False, indent=2))
