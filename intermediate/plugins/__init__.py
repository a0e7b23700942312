"""Load the backends that the INI file names, and put them on the registry.

Each kind is a subpackage. A backend is found through the entry point group `intermediate.<kind>`, or by a dotted path
such as `my.package:Class`. Its module, and the driver that it imports, are loaded only if the backend is chosen.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from intermediate.plugins.base import Backend

if TYPE_CHECKING:
    from pyramid.config import Configurator

KINDS = ("auth", "tasks", "cache", "jobs", "analytics")


class ConfigurationError(Exception):
    """A setting prevents startup. The message is one line: the key, its value, and what is accepted."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a suggestion to append to an error message, or "" if no known word resembles this one."""
    return "".join(f" Did you mean {match}?" for match in get_close_matches(word, sorted(known), n=1))


def backend_names(kind: str) -> list[str]:
    """Return the names that `<kind>.backend` accepts, including those of installed third-party packages."""
    return sorted({point.name for point in entry_points(group=f"intermediate.{kind}")})


def find_backend(kind: str, name: str) -> type[Backend]:
    """Return the class for `<kind>.backend = name`, or raise ConfigurationError.

    If a driver is missing and the package has an extra with the backend's name, the error says how to install it. Any
    other ImportError is a bug in the backend and is raised unchanged.
    """
    points = entry_points(group=f"intermediate.{kind}", name=name)
    if len({point.value for point in points}) > 1:
        whose = " and ".join(sorted(point.dist.name if point.dist else point.value for point in points))
        raise ConfigurationError(
            f"{kind}.backend = {name!r} is provided by {whose}. Uninstall one, or choose one as package.module:Class."
        )
    if points:
        return _load(next(iter(points)), kind)
    if ":" in name:
        try:
            return EntryPoint(name, name, f"intermediate.{kind}").load()
        except AttributeError as error:
            raise ConfigurationError(f"{kind}.backend = {name!r} cannot be loaded: {error}") from error
    names = backend_names(kind)
    raise ConfigurationError(f"{kind}.backend = {name!r} is not one of {', '.join(names)}.{did_you_mean(name, names)}")


def _load(point: EntryPoint, kind: str) -> type[Backend]:
    try:
        return point.load()
    except ModuleNotFoundError as error:
        if point.dist is None or point.name not in (point.dist.metadata.get_all("Provides-Extra") or ()):
            raise
        raise ConfigurationError(
            f"{kind}.backend = {point.name!r} needs {error.name}, which is not installed: "
            f"pip install '{point.dist.name}[{point.name}]'"
        ) from error


def load(config: "Configurator", kind: str, interface: type[Backend]) -> Any:
    """Build the configured backend of a kind, store it on the registry under the kind's name, and return it."""
    settings = config.registry.app_settings
    name = getattr(settings, kind).backend
    cls = find_backend(kind, name)
    if not issubclass(cls, interface):
        raise ConfigurationError(
            f"{kind}.backend = {name!r} names {cls.__qualname__}, which is not a subclass of {interface.__name__}"
        )
    backend = cls.build(config, settings.options[kind])
    setattr(config.registry, kind, backend)
    return backend
