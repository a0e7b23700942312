"""An application that waits for as long as the test likes, for `pyramid.includes`.

What a test holds up to see it in its midst must not give up by itself meanwhile, however long the test takes.
"""

from pyramid.config import Configurator

from intermediate.engines import sqlite
from intermediate.plugins.analytics import mongo
from intermediate.views import health

SECONDS = 300


def includeme(_config: Configurator) -> None:
    sqlite.BUSY_TIMEOUT = f"busy_timeout={SECONDS * 1000}"
    mongo.WRITE_SECONDS = mongo.SELECT_SECONDS = SECONDS


def unhurried_checks(_config: Configurator) -> None:
    """For those who ask again and again whether all is well: a stall is no outage."""
    health.LONGEST_CHECK = 3.0
