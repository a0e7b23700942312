"""`/admin`: backends and their health, the cache, accounts and jobs."""

from datetime import UTC, datetime
from typing import Any

from pyramid.view import view_config

from intermediate.charts.by_status import status_bar
from intermediate.i18n import _
from intermediate.plugins import KINDS
from intermediate.request import Request
from intermediate.resources import Admin
from intermediate.schemas.tasks import iso
from intermediate.security import Permission
from intermediate.views.admin_jobs import job_values
from intermediate.views.admin_users import owner_values
from intermediate.views.health import LONGEST_CHECK
from intermediate.views.metrics import cache_reads

OUTCOMES = {"hit": _("Hits"), "miss": _("Misses"), "bypass": _("Bypassed")}
WITHOUT = {
    "auth": _("Passwords cannot be checked right now. Anyone who is logged in stays logged in."),
    "tasks": _("The task store is not responding. Nothing that was saved is lost."),
    "cache": _("The cache is not responding, so pages skip it. Nothing is lost and nobody sees an error."),
    "jobs": _(
        "The queue is not responding, so reports and imports are paused. What was already requested is not lost."
    ),
    "analytics": _("The analytics sink is not responding. It catches up by itself once it is back."),
}


@view_config(
    context=Admin,
    surface="site",
    request_method="GET",
    permission=Permission.ADMIN,
    renderer="intermediate:templates/admin.jinja2",
)
def page(_context: Admin, request: Request) -> dict[str, Any]:
    parts = backends(request)
    troubles = [WITHOUT[part["kind"]] for part in parts if part["kind"] in WITHOUT and not part["healthy"]]
    return {
        "parts": parts,
        "troubles": troubles,
        "cache": cache(request),
        **owner_values(request),
        **job_values(request),
    }


def backends(request: Request) -> list[dict[str, Any]]:
    """Return the database and each slot with its backend and health. Takes a second at most."""
    settings, checks = request.registry.app_settings, request.registry.checks.measured(LONGEST_CHECK)
    chosen = {"database": request.registry.engine.dialect.name}
    chosen |= {kind: getattr(settings, kind).backend for kind in KINDS}
    return [
        {
            "kind": kind,
            "chosen": name,
            "healthy": checks[kind].result["status"] == "ok",
            "reason": checks[kind].result.get("reason", ""),
            "milliseconds": None if checks[kind].seconds is None else round(checks[kind].seconds * 1000),
        }
        for kind, name in chosen.items()
    ]


def cache(request: Request) -> dict[str, Any]:
    """Return the hit ratio of the cache and its counts by outcome."""
    counted = request.registry.metrics
    reads, since = cache_reads(counted.source().collect())
    counts = {outcome: reads.get(outcome, 0) for outcome in OUTCOMES}
    total = sum(counts.values())
    return {
        "ratio": counts["hit"] / total if total else None,
        "bar": status_bar(counts),
        "words": OUTCOMES,
        "since": None if counted.shared or since is None else iso(datetime.fromtimestamp(since, UTC)),
    }
