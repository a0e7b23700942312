"""Time zones: which there are, and in which a request's pages tell the time.

Names are IANA's. The machine's own database of zones comes first, then that of the package `tzdata`.
"""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pyramid.config import Configurator

from intermediate.request import Request

UTC = ZoneInfo("UTC")
NO_PLACES = ("Factory", "localtime", "posixrules")  # files beside the zones, which name none


@cache
def names() -> tuple[str, ...]:
    """All zones that are known here, by their names."""
    return tuple(sorted(available_timezones().difference(NO_PLACES)))


def zone_of(name: str | None) -> ZoneInfo:
    """The zone of that name. UTC if there is no name, or if this machine does not know it (any more)."""
    if name is None:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def at(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment when clocks in a zone show that time.

    One that they skip in spring is as much later as they are put on; of one that they show twice in autumn it is the
    first.
    """
    return local.replace(tzinfo=zone, fold=0)


def time_zone(request: Request) -> ZoneInfo:
    """`request.time_zone`."""
    return zone_of(request.identity.time_zone if request.identity else None)


def includeme(config: Configurator) -> None:
    config.add_request_method(time_zone, reify=True)
