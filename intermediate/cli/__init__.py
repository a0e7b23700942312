"""The command `intermediate`, for operators.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 78 invalid
settings (EX_CONFIG, as for `pserve`).
"""

from importlib import import_module

import click

from intermediate.cli.failures import Failures

COMMANDS = {
    "migrate": "migrate:migrate",
    "create-user": "accounts:create_user",
    "set-password": "accounts:set_password",
    "seed": "seed:seed",
    "plugins": "plugins:plugins",
    "plugin": "plugin:plugin",
    "check": "check:check",
    "import": "imports:import_file",
    "dump": "moving:dump",
    "load": "moving:load",
    "after-restore": "restore:after_restore",
    "analytics": "analytics:analytics",
    "report": "report:report",
    "purge": "purge:purge",
    "trace": "trace:trace",
    "openapi": "openapi:openapi",
}
EPILOG = """\b
Examples:
  intermediate migrate production.ini
  intermediate create-user development.ini me@example.com --admin
  intermediate import development.ini tasks.csv --owner me@example.com
  intermediate plugins development.ini
  intermediate check production.ini

\b
Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 78 invalid settings."""


class Commands(Failures, click.Group):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        return getattr(import_module(f"intermediate.cli.{module}"), attribute)


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="intermediate")
def main() -> None:
    """Run and maintain the application configured by an INI file."""
