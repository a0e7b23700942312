"""Task figures of all users, from the reports in the analytics sink: for administrators, within a second.

Other programs and people may write to the sink too, so an invalid value counts as zero or missing.
"""

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intermediate.i18n import _
from intermediate.plugins.analytics.interface import Analytics, AnalyticsError, Totals
from intermediate.plugins.base import Capability

PATIENCE = 0.5  # seconds, after which no further query is sent; the last one may take as long

KEEPS_NOTHING = _("The analytics backend ${backend} stores nothing, so there are no task figures here.")
IS_AWAY = _(
    "The analytics backend ${backend} is not responding, so task figures are missing. Everything else here is current."
)


@dataclass(frozen=True)
class Figures:
    """The figures of one owner."""

    total: int
    open: int
    overdue: int
    rate: float
    generated_at: str | None


@dataclass(frozen=True)
class Found:
    """The figures in the sink. If there are none, `absent` is the reason."""

    totals: Totals | None = None
    owners: Mapping[int, Figures] = field(default_factory=dict)
    absent: str = ""


def read(analytics: Analytics, name: str, owner_ids: Iterable[int]) -> Found:
    """Return the totals over all owners, and the figures of these. `name` is the name of the backend."""
    if Capability.READABLE not in analytics.capabilities:
        return Found(absent=_(KEEPS_NOTHING, mapping={"backend": name}))
    deadline = time.monotonic() + PATIENCE
    try:
        return Found(analytics.totals(), _of(analytics, owner_ids, deadline))
    except AnalyticsError:
        return Found(absent=_(IS_AWAY, mapping={"backend": name}))


def _of(analytics: Analytics, owner_ids: Iterable[int], deadline: float) -> dict[int, Figures]:
    """Return figures by owner. Owners with adjacent ids are found by one query, since the sink sorts by id."""
    wanted, found = sorted(owner_ids), dict[int, Figures]()
    while wanted:
        documents = analytics.find(after_owner=wanted[0] - 1, limit=len(wanted))
        found |= {document["owner_id"]: figures_of(document) for document in documents}
        seen = documents[-1]["owner_id"] if len(documents) == len(wanted) else math.inf
        wanted = [owner_id for owner_id in wanted if owner_id > seen]
        if wanted and time.monotonic() > deadline:
            raise AnalyticsError("it takes too long")
    return found


def figures_of(document: Mapping[str, Any]) -> Figures:
    total, completed, overdue = (_count(document.get(f"{name}_tasks")) for name in ("total", "completed", "overdue"))
    rate = completed / total if total else 0.0
    return Figures(total, max(0, total - completed), overdue, min(rate, 1.0), _moment(document.get("generated_at")))


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 < value < math.inf else 0


def _moment(value: object) -> str | None:
    try:
        return value if isinstance(value, str) and datetime.fromisoformat(value).tzinfo else None
    except ValueError:
        return None
