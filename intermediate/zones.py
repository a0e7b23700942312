"""Time zones: which there are, and in which a request's pages tell the time.

Names are IANA's. The machine's own database of zones comes first, then that of the package `tzdata`.
"""

from datetime import datetime
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pyramid.config import Configurator

from intermediate.request import Request

UTC = ZoneInfo("UTC")
AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
NO_PLACES = ("Factory", "localtime", "posixrules")  # files beside the zones, which name none


@cache
def names() -> tuple[str, ...]:
    """All zones that are known here, by their names."""
    return tuple(sorted(available_timezones().difference(NO_PLACES)))


def by_area(also: str | None = None) -> dict[str, list[tuple[str, str]]]:
    """The zones that a person would look for, each with its place: by area, UTC alone. `also` is there in any case."""
    found = [name for name in names() if name.partition("/")[0] in AREAS or name in ("UTC", also)]
    return {
        area: [(name, name.removeprefix(f"{area}/").replace("_", " ")) for name in some]
        for area, some in groupby(found, lambda name: name.partition("/")[0])
    }


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
