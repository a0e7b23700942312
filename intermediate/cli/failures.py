"""Failures of commands: one line on stderr and an exit code, without a traceback."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from intermediate import EX_CONFIG, logs
from intermediate.plugins import ConfigurationError
from intermediate.plugins.base import BackendError, Capability


class Failure(click.ClickException):
    """A command was refused or failed. The message is shown to the user."""


class BadSettings(Failure):
    exit_code = EX_CONFIG


def need_shared_tasks(registry: Any) -> None:
    """Raise Failure if the tasks backend keeps tasks in memory: commands cannot reach the web server's tasks."""
    if Capability.SHARED not in registry.tasks.capabilities:
        name = registry.app_settings.tasks.backend
        raise Failure(
            f"tasks.backend = {name!r} keeps tasks in the memory of the web server, where commands cannot reach them."
        )


class Failures:
    """Mixin for click's commands and groups that turns the application's exceptions into Failure."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Parse the command line, or print the help."""
        open_closed_streams()
        with as_lines():
            return super().make_context(*args, **options)  # type: ignore[misc]  # click's, beside it

    def invoke(self, context: click.Context) -> Any:
        with as_lines():
            return super().invoke(context)  # type: ignore[misc]  # click's, beside it


@contextmanager
def as_lines() -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        raise BadSettings(str(error)) from None
    except BackendError as error:
        raise Failure(f"{error.code}: {_line(error)}") from None
    except SQLAlchemyError as error:
        without_schema = any(words in str(error) for words in ("no such table", "UndefinedTable"))
        hint = " Has `intermediate migrate` been run?" if without_schema else ""
        raise Failure(f"the database: {_line(getattr(error, 'orig', error))}.{hint}") from None
    except UnicodeEncodeError as error:  # of an argument: all other input is decoded strictly
        raise Failure(f"{error.object!r} is not valid UTF-8.") from None
    except BrokenPipeError:
        raise  # click exits without a message
    except OSError as error:  # of a file, or of stdout
        raise Failure(f"{error.filename or 'stdout'}: {error.strerror or error}.") from None


class Command(Failures, click.Command):
    """A command that is a console script."""


class Service(Command):
    """A command that runs until it is stopped, and whose stderr is a log."""

    name_in_logs: logs.Service

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Failure as failure:
            logs.tell(self.name_in_logs, logging.CRITICAL, f"Error: {failure.message}")
            raise SystemExit(failure.exit_code) from None


class Web(Service):
    name_in_logs = "web"


class Worker(Service):
    name_in_logs = "worker"


def open_closed_streams() -> None:
    """Open closed standard streams (`>&-`, `<&-`) on os.devnull: the next opened file would get their descriptor."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  open until the process ends


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300]
