"""The request class of the application, with the types of all attributes that the includes add."""

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
    """A Pyramid request with its surface and the chosen backends."""

    surface: Surface | None = None
    """The part of the tree that was traversed: the site or the API. None before traversal."""
    keep: bool = False
    """Set by a view whose writes must be committed although its response is an error."""
    id: str
    """The request id: from the header X-Request-ID, or generated."""

    def make_tempfile(self) -> io.BytesIO:
        """Return a buffer in memory: bodies are bounded (`intermediate.sanity`), and WebOb leaves its file open."""
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
"""What a tween calls: the next tween, or in the end the router."""


def settle_extensions(config: Configurator) -> None:
    """Build one request class with all that was added by `add_request_method`. Call it after all includes.

    Pyramid would create that class again for every request. This invalidates Python's caches of attribute lookups,
    which slows down every access to a request.
    """
    config.commit()
    extensions = config.registry.getUtility(IRequestExtensions)
    config.set_request_factory(type("Request", (Request,), dict(extensions.descriptors)))
    extensions.descriptors.clear()
