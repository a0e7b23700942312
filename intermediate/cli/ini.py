"""Reading an INI file from the command line, as `pserve` does, and opening the application that it describes."""

import os
from collections.abc import Iterator, Mapping, Sequence
from configparser import Error as ConfigParserError
from configparser import InterpolationError, ParsingError
from contextlib import contextmanager
from pathlib import Path

import click
from plaster import ILoader, PlasterError, PlasterURL, get_loader
from pyramid.router import Router

from intermediate import close, create_app, logs
from intermediate import settings as settings_module
from intermediate.plugins import ConfigurationError

INI = click.Path(path_type=Path)
"""The type of the argument that names one."""


def ini_loader(path: Path, protocols: Sequence[str] = ()) -> ILoader:
    """What reads an INI file, whatever its name: of a bare path plaster would take parts for a scheme or a section."""
    return get_loader(PlasterURL("file+ini", str(path)), protocols=protocols)


def read_ini(path: Path, section: str = "app:main") -> dict[str, str]:
    """A section of an INI file as it is written, or ConfigurationError."""
    if not path.is_file():
        raise ConfigurationError(f"{path} is not a file. Give an INI file, such as development.ini.")
    try:
        loader = ini_loader(path)
        if "app:main" not in loader.get_sections():
            raise ConfigurationError(f"{path} has no [app:main] section.")
        found: dict[str, str] = loader.get_settings(section)
    except (InterpolationError, ParsingError) as error:  # which would show values, and secrets among them
        raise ConfigurationError(f"Cannot read {path}: {_without_values(error)}") from None
    except (OSError, ValueError, LookupError, PlasterError, ConfigParserError) as error:
        raise ConfigurationError(f"Cannot read {path}: {' '.join(str(error).split())}") from None
    return found


def _without_values(error: InterpolationError | ParsingError) -> str:
    if isinstance(error, InterpolationError):
        return f"{error.option}: write a % in a value as %%, except in %(here)s."
    lines = [number for number, _ in getattr(error, "errors", ())] or [getattr(error, "lineno", 1)]
    return f"line {', '.join(map(str, lines))}: expected a [section] or `key = value`."


def read_settings(path: Path, environ: Mapping[str, str]) -> settings_module.Settings:
    """The typed settings of an INI file, or ConfigurationError."""
    return settings_module.load(read_ini(path), environ, str(path.resolve().parent))


@contextmanager
def application(path: Path, service: logs.Service = "cli", **environ: str) -> Iterator[Router]:
    """The application of an INI file and the environment, closed at the end. It runs no jobs by itself.

    `environ` goes before the environment.
    """
    settings = read_settings(path, os.environ | environ)
    logs.configure(settings, service)
    app = create_app(settings, **read_ini(path))
    try:
        yield app
    finally:
        close(app)
