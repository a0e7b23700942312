"""Time zones: which are known, and which one the pages of a request use.

Names are IANA's. The system's database of zones comes first, then that of the package `tzdata`.
"""

from datetime import datetime
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pyramid.config import Configurator

from intermediate.request import Request

UTC = ZoneInfo("UTC")
AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
NO_PLACES = ("Factory", "localtime", "posixrules")  # files in the database that are not zones


@cache
def names() -> tuple[str, ...]:
    """Return the names of all zones that are known on this system."""
    return tuple(sorted(available_timezones().difference(NO_PLACES)))


def by_area(also: str | None = None) -> dict[str, list[tuple[str, str]]]:
    """Return the usual zones by area, each as name and place. UTC is an area. `also` is always included."""
    found = [name for name in names() if name.partition("/")[0] in AREAS or name in ("UTC", also)]
    return {
        area: [(name, name.removeprefix(f"{area}/").replace("_", " ")) for name in some]
        for area, some in groupby(found, lambda name: name.partition("/")[0])
    }


def zone_of(name: str | None) -> ZoneInfo:
    """Return the zone of a name. UTC if there is no name, or if this system does not know it (any more)."""
    if name is None:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def at(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of a local time in a zone.

    A time that is skipped in spring is moved forward by the length of the gap. Of a time that occurs twice in autumn,
    it is the first.
    """
    return local.replace(tzinfo=zone, fold=0)


def time_zone(request: Request) -> ZoneInfo:
    """`request.time_zone`."""
    return zone_of(request.identity.time_zone if request.identity else None)


def includeme(config: Configurator) -> None:
    config.add_request_method(time_zone, reify=True)
