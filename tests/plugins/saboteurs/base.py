"""What saboteurs have in common."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

Kind = TypeVar("Kind", bound="type[Saboteur]")


class Saboteur:
    """A good backend behind a wrapper. What the wrapper does not define is the good one's."""

    kind: ClassVar[str]
    on: ClassVar[str]
    """The good backend: its name, or its dotted path."""
    name: ClassVar[str]
    """The test that must fail, without `test_`."""
    also: ClassVar[frozenset[str]]
    """Other promises that cannot be kept once this one is broken so."""

    def __init__(self, good: Any) -> None:
        self.good = good

    def __getattr__(self, name: str) -> Any:
        return getattr(self.good, name)

    @classmethod
    def wrap(cls, good: Any, _registry: Any) -> Any:
        """The backend with its saboteur."""
        return cls(good)


SABOTEURS: list[type[Saboteur]] = []


def breaks(name: str, *, also: tuple[str, ...] = ()) -> Callable[[Kind], Kind]:
    """Says which test a saboteur is for."""

    def register(saboteur: Kind) -> Kind:
        saboteur.name = name
        saboteur.also = frozenset(also)
        SABOTEURS.append(saboteur)
        return saboteur

    return register
