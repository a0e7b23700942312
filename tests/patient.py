"""Applications that are more patient than others, for `pyramid.includes`: a machine that stalls is no outage."""

from pyramid.config import Configurator

from intermediate import figures
from intermediate.engines import sqlite
from intermediate.plugins.analytics import mongo
from intermediate.views import health

SECONDS = 300


def includeme(_config: Configurator) -> None:
    """What a test holds up, to see it in its midst, does not give up by itself, however long the test takes."""
    sqlite.BUSY_TIMEOUT = f"busy_timeout={SECONDS * 1000}"
    mongo.WRITE_SECONDS = mongo.SELECT_SECONDS = SECONDS


def checks(_config: Configurator) -> None:
    """For those who ask again and again whether all is well while something is away."""
    health.LONGEST_CHECK = 3.0


def all_is_well(_config: Configurator) -> None:
    """Where nothing is ever away, what answers late is waited for."""
    health.LONGEST_CHECK = health.GLANCE = mongo.READ_SECONDS = figures.PATIENCE = SECONDS
