"""The base classes of all backends."""

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
    """The differences between backends that the rest of the application may rely on. The list is closed."""

    PASSWORDS = "passwords"
    """The backend checks passwords. Without it there is no login page, and each request to the site carries proof."""
    REGISTRATION = "registration"
    """Users register here, and change or reset their password here. Without it, another service manages accounts, and
    the first login creates the account."""
    SHARED = "shared"
    """Other processes see the same data or queue."""
    REMOTE = "remote"
    """The backend uses a service, which can be unavailable."""
    READABLE = "readable"
    """Stored values can be read back."""


class BackendError(Exception):
    """A backend cannot work at the moment. Each kind has one subclass; clients see a 503 with its `code`."""

    code: ClassVar[str] = "service_unavailable"
    retry_after: ClassVar[int] = 5


@contextmanager
def reaching_database(error: type[BackendError]) -> Iterator[None]:
    """Convert failures of the core database to the error of a kind."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError) as failure:
        raise error(str(getattr(failure, "orig", failure))) from failure


class Section(BaseModel):
    """A group of settings, each with a docstring below it. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


# An upper bound for durations: dates and clocks overflow somewhere beyond a century.
CENTURY_DAYS = 36_525
CENTURY_SECONDS = CENTURY_DAYS * 86_400
Days = Annotated[int, Field(ge=1, le=CENTURY_DAYS)]
Seconds = Annotated[int, Field(ge=1, le=CENTURY_SECONDS)]
Duration = Annotated[float, Field(gt=0, le=CENTURY_SECONDS)]


class Backend:
    """One technology behind one of the five interfaces.

    A backend is created once per process by `build`, while the application starts. It connects on first use, so that it
    survives a fork. All errors of its driver are raised as the BackendError of its kind.
    """

    Settings: ClassVar[type[Section]] = Section
    """The backend's own options: `<kind>.<backend>.<field>` in the INI file."""
    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @classmethod
    def build(cls, config: "Configurator", settings: Any) -> Self:
        """Return the backend for this application. The only place where a backend may use Pyramid."""
        return cls()

    def ping(self) -> None:
        """Return within a second if the backend can work, otherwise raise the error of its kind."""

    def advice(self) -> Iterator[str]:
        """Yield a sentence for each unsafe setting of the service: what is wrong, and what to do about it.

        Queries the service, as `ping` does.
        """
        return iter(())

    def close(self) -> None:
        """Release connections and threads. Called once, when the process ends."""
