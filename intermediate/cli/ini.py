"""Reading an INI file from the command line, as `pserve` does."""

from collections.abc import Mapping
from pathlib import Path

from plaster import get_settings

from intermediate import settings
from intermediate.plugins import ConfigurationError


def read_settings(path: Path, environ: Mapping[str, str]) -> settings.Settings:
    """The typed settings of an INI file, or ConfigurationError."""
    if not path.is_file():
        raise ConfigurationError(f"{path} is not a file. Name an INI file, such as development.ini.")
    return settings.load(get_settings(str(path), "app:main"), environ, str(path.resolve().parent))
