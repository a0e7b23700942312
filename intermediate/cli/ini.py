"""Read an INI file as `pserve` does, and open its application."""

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
"""The click type of an INI argument."""


def ini_loader(path: Path, protocols: Sequence[str] = ()) -> ILoader:
    """Return plaster's loader of an INI file. In a bare path, plaster would parse a scheme or a section."""
    return get_loader(PlasterURL("file+ini", str(path)), protocols=protocols)


def read_ini(path: Path, section: str = "app:main") -> dict[str, str]:
    """Return a section of an INI file, unparsed. Raise ConfigurationError."""
    if not path.is_file():
        raise ConfigurationError(f"{path} is not a file. Give an INI file, such as development.ini.")
    try:
        loader = ini_loader(path)
        if "app:main" not in loader.get_sections():
            raise ConfigurationError(f"{path} has no [app:main] section.")
        found: dict[str, str] = loader.get_settings(section)
    except (InterpolationError, ParsingError) as error:  # their messages contain values, and so secrets
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
    """Return the typed settings of an INI file. Raise ConfigurationError."""
    return settings_module.load(read_ini(path), environ, str(path.resolve().parent))


@contextmanager
def application(path: Path, service: logs.Service = "cli", **environ: str) -> Iterator[Router]:
    """Open the application of an INI file, and close it at the end. It runs no jobs by itself.

    `environ` overrides the environment variables.
    """
    settings = read_settings(path, os.environ | environ)
    logs.configure(settings, service)
    app = create_app(settings, **read_ini(path))
    try:
        yield app
    finally:
        close(app)
