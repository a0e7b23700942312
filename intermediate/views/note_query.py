"""The query of `/notes`. It takes the parameters of the API's lists, and some more.

`status=open`, the default, selects tasks that are pending or in progress, and `status=all` selects all.
`view=today` and `view=overdue` bound the due date relative to the current time, and `view=trash` selects deleted tasks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import ValidationError

from intermediate.i18n import _
from intermediate.models.base import utcnow
from intermediate.overview import Days
from intermediate.plugins.tasks.interface import TaskQuery
from intermediate.request import Request
from intermediate.schemas.task_queries import TasksApiQuery
from intermediate.schemas.tasks import iso

NARROWING = ("q", "priority", "tag", "due_after", "due_before")
NAMES = ("view", "status", *NARROWING, "sort", "limit", "offset", "cursor")
PASSING = ("offset", "cursor")  # they belong to a page, not to its list
VIEWS = ("", "today", "overdue", "trash")
BY_DUE_DATE = "due_at"
LAST_CHANGED = "-updated_at"
SORTS = {
    BY_DUE_DATE: _("Due date"),
    "-created_at": _("Newest first"),
    "created_at": _("Oldest first"),
    LAST_CHANGED: _("Last changed"),
    "-priority": _("Priority"),
    "title": _("Title"),
}
DEFAULTS = {"status": "open", "limit": "20"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A parsed query. `filters` are its parameters, without those that equal the default."""

    days: Days
    query: TaskQuery
    filters: Mapping[str, str] = field(default_factory=dict)
    cursor: str | None = None
    usable: bool = True

    @property
    def view(self) -> str:
        return self.filters.get("view", "")

    @property
    def status(self) -> str:
        return self.filters.get("status", "open")

    @property
    def grouped(self) -> bool:
        return self.query.sort == BY_DUE_DATE

    @property
    def narrowed(self) -> bool:
        return any(name in self.filters for name in NARROWING)

    @property
    def whole(self) -> bool:
        """Whether this is the list without filters, to which the counts of groups belong."""
        return self.grouped and not (self.narrowed or self.view) and self.status == "open"

    def address(self, **changes: str) -> str:
        return notes_address({**self.filters, **changes})

    def rest(self, cursor: str) -> str:
        """Return the address of the next page, with fixed bounds, since those of a view move with the clock."""
        bounds = {"due_after": iso(self.query.due_after) or "", "due_before": iso(self.query.due_before) or ""}
        return self.address(**bounds, cursor=cursor)

    def day(self, day: date) -> str:
        """Return the address of the list of all tasks that are due on a day."""
        bounds = {"due_after": self.days.start(day), "due_before": self.days.last(day)}
        return notes_address({"status": "all"} | {name: iso(moment) for name, moment in bounds.items()})

    @property
    def chosen_day(self) -> date | None:
        """Return the day of this week that the query is limited to, or None."""
        after, before = self.query.due_after, self.query.due_before
        found = [day for day in self.days.week if (self.days.start(day), self.days.last(day)) == (after, before)]
        return found[0] if found else None


def notes_address(filters: Mapping[str, Any]) -> str:
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"/notes?{query}" if query else "/notes"


def asked_of(request: Request) -> Asked:
    """Parse the query string of a request."""
    return _asked(dict(request.GET.items()), Days.around(utcnow(), request.time_zone))


def asked_around(request: Request) -> Asked:
    """Parse the query of the list that HTMX sent a form from."""
    try:
        url = urlsplit(request.headers.get("HX-Current-URL", ""))
        given = dict(parse_qsl(url.query, errors="strict")) if url.path == "/notes" else {}
    except ValueError:
        given = {}
    return _asked(given, Days.around(utcnow(), request.time_zone))


def _asked(given: Mapping[str, str], days: Days) -> Asked:
    """Parse parameters. An empty one is no filter. If one is invalid, none is used."""
    given = {name: value for name, value in given.items() if value and DEFAULTS.get(name) != value}
    query = _query(given, days)
    if query is None:
        return Asked(days, TaskQuery(open=True, sort=BY_DUE_DATE), usable=False)
    filters = {name: given[name] for name in NAMES if name in given and name not in PASSING}
    if query.sort == _default_sort(given):
        filters.pop("sort", None)
    return Asked(days, query, filters, given.get("cursor"))


def _default_sort(given: Mapping[str, str]) -> str:
    return LAST_CHANGED if given.get("status") == "completed" else BY_DUE_DATE


def _query(given: Mapping[str, str], days: Days) -> TaskQuery | None:
    """Return the query for these parameters, or None if one is unknown or invalid."""
    rest = {"sort": _default_sort(given), **given}
    view, status = rest.pop("view", ""), rest.pop("status", "open")
    if view not in VIEWS or not rest.keys() <= set(NAMES):
        return None
    if status not in ("open", "all"):
        rest["status"] = status
    try:
        query = TasksApiQuery.model_validate(rest).tasks
    except ValidationError:
        return None
    return _within(replace(query, open=status == "open", trashed=view == "trash"), view, days)


def _within(query: TaskQuery, view: str, days: Days) -> TaskQuery:
    """Add the bounds of a view to a query, where it has none of its own."""
    if view == "today":
        first, last = days.start(days.today), days.last(days.today)
        return replace(query, due_after=query.due_after or first, due_before=query.due_before or last)
    if view == "overdue":  # rounded to the minute, so that the list can come from the cache
        minute = days.now.replace(second=0, microsecond=0)
        last_late = minute if days.now > minute else minute - timedelta(microseconds=1)
        return replace(query, due_before=query.due_before or last_late)
    return query
