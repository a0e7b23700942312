"""The base class and the registry of saboteurs."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

Kind = TypeVar("Kind", bound="type[Saboteur]")


class Saboteur:
    """A wrapper around a correct backend, to which it delegates everything that it does not define."""

    kind: ClassVar[str]
    on: ClassVar[str]
    """The name or dotted path of the correct backend."""
    name: ClassVar[str]
    """The test that must fail, without `test_`."""
    also: ClassVar[frozenset[str]]
    """Other promises that are inevitably broken too."""

    def __init__(self, good: Any) -> None:
        self.good = good

    def __getattr__(self, name: str) -> Any:
        return getattr(self.good, name)

    @classmethod
    def wrap(cls, good: Any, _registry: Any) -> Any:
        """Return the backend wrapped in its saboteur."""
        return cls(good)


SABOTEURS: list[type[Saboteur]] = []


def breaks(name: str, *, also: tuple[str, ...] = ()) -> Callable[[Kind], Kind]:
    """Register a saboteur for a test."""

    def register(saboteur: Kind) -> Kind:
        saboteur.name = name
        saboteur.also = frozenset(also)
        SABOTEURS.append(saboteur)
        return saboteur

    return register
