"""The request that our views see, with the type of everything that the includes put on it."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pyramid.config import Configurator
from pyramid.interfaces import IRequestExtensions
from pyramid.request import Request as PyramidRequest
from pyramid.response import Response

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from intermediate.plugins.analytics.interface import Analytics
    from intermediate.plugins.auth.interface import Auth
    from intermediate.plugins.cache.interface import Cache
    from intermediate.plugins.jobs.interface import Jobs
    from intermediate.plugins.tasks.interface import TaskStore
    from intermediate.security import Identity

Surface = Literal["site", "api"]


class Request(PyramidRequest):
    """A Pyramid request that knows its surface and reaches the chosen backends."""

    surface: Surface | None = None
    """Where traversal went: the site or the API. None until it has begun."""
    keep: bool = False
    """Set by a view whose writes must be committed although it answers with an error."""
    id: str
    """The request id: of the header X-Request-ID, or made here."""

    def make_tempfile(self) -> io.BytesIO:
        """Bodies are bounded (`intermediate.sanity`), so none needs the file that WebOb would leave open."""
        return io.BytesIO()

    if TYPE_CHECKING:
        db: Session
        tm: Any
        identity: Identity | None
        time_zone: ZoneInfo
        theme: str
        here: str
        auth: Auth
        tasks: TaskStore
        cache: Cache
        jobs: Jobs
        analytics: Analytics


Handler = Callable[[Request], Response]
"""What a tween stands before."""


def settle_extensions(config: Configurator) -> None:
    """Make one class of Request and all that was given to `add_request_method`. To be called when nothing may follow.

    Pyramid would make that class anew for every request. Python then forgets what it has learned about the attributes
    of requests, which slows down whatever looks at one.
    """
    config.commit()
    extensions = config.registry.getUtility(IRequestExtensions)
    config.set_request_factory(type("Request", (Request,), dict(extensions.descriptors)))
    extensions.descriptors.clear()
