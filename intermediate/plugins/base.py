"""What every backend of every kind has in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    from pyramid.config import Configurator


class Capability(StrEnum):
    """The differences between backends that the rest of the application may know of. A closed list."""

    PASSWORDS = "passwords"
    """It checks passwords; without it there is no register and no login page."""
    SHARED = "shared"
    """Other processes see the same data or queue."""
    REMOTE = "remote"
    """It talks to a service, which can be away."""
    READABLE = "readable"
    """What was put can be read back."""


class BackendError(Exception):
    """A backend cannot do its work now. Each kind has one subclass; clients see a 503 with its `code`."""

    code: ClassVar[str] = "service_unavailable"
    retry_after: ClassVar[int] = 5


@contextmanager
def reaching_database(error: type[BackendError]) -> Iterator[None]:
    """Let the core database's failures leave as a kind's error."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as failure:
        raise error(str(getattr(failure, "orig", failure))) from failure


class Section(BaseModel):
    """A group of settings, each with a text below it that says what it is. Unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


# Somewhere beyond a century dates and clocks overflow.
CENTURY_DAYS = 36_525
CENTURY_SECONDS = CENTURY_DAYS * 86_400
Days = Annotated[int, Field(ge=1, le=CENTURY_DAYS)]
Seconds = Annotated[int, Field(ge=1, le=CENTURY_SECONDS)]
Duration = Annotated[float, Field(gt=0, le=CENTURY_SECONDS)]


class Backend:
    """One technology behind one of the five interfaces.

    A backend is made once per process by `build`, while the application starts. It connects on first use, so that it
    survives a fork. Everything that its driver raises leaves it as its kind's BackendError.
    """

    Settings: ClassVar[type[Section]] = Section
    """Its own options: `<kind>.<backend>.<field>` in the INI."""
    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @classmethod
    def build(cls, config: "Configurator", settings: Any) -> Self:
        """The backend for this application. The only place where a backend may look at Pyramid."""
        return cls()

    def ping(self) -> None:
        """Return within a second if the backend can work, else raise its kind's error."""

    def advice(self) -> Iterator[str]:
        """What is unsafe in how its service is set up, a sentence each and what to do. Asks the service, as `ping`."""
        return iter(())

    def close(self) -> None:
        """Let go of connections and threads. Called once, when the process ends."""
