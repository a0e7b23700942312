"""Long timeouts for a served application, for `pyramid.includes`.

A test that blocks an operation to inspect it must not make that operation time out, however long the test takes.
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
    """For clients that poll the health checks: a machine that stalls is not an outage."""
    health.LONGEST_CHECK = 3.0
