"""How a command fails: one line on stderr and an exit code, no traceback."""

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
    """A command could not do what it was asked for."""


class BadSettings(Failure):
    exit_code = EX_CONFIG


def need_shared_tasks(registry: Any) -> None:
    """Tasks in the memory of a process are out of reach for commands, and what they would add to their own is lost."""
    if Capability.SHARED not in registry.tasks.capabilities:
        name = registry.app_settings.tasks.backend
        raise Failure(
            f"tasks.backend = {name!r} keeps tasks in the memory of the web server, where commands cannot reach them."
        )


class Failures:
    """For click's commands and groups: what the application raises becomes a line."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """It reads the command line, and prints the help."""
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
    except UnicodeEncodeError as error:  # of an argument: what else comes in is decoded strictly
        raise Failure(f"{error.object!r} is not valid UTF-8.") from None
    except BrokenPipeError:
        raise  # click ends quietly
    except OSError as error:  # of the disk, or of what the output goes to
        raise Failure(f"{error.filename or 'stdout'}: {error.strerror or error}.") from None


class Command(Failures, click.Command):
    """A command that is a console script of its own."""


class Service(Command):
    """A command that runs until it is told to end, and whose stderr is a log."""

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
    """What was called with `>&-` or `<&-` has no stream there at all, and would give its place to the next file."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  open for as long as the process is


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300]
