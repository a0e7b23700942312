"""Saboteurs: for each contract test, a wrapper around a correct backend that breaks exactly what the test checks."""

from tests.plugins.saboteurs import (
    analytics,
    auth,
    cache,
    jobs,
    tasks_moving,
    tasks_outages,
    tasks_positions,
    tasks_reading,
    tasks_reports,
    tasks_trash,
    tasks_writing,
)
from tests.plugins.saboteurs.base import SABOTEURS, Saboteur

__all__ = [
    "SABOTEURS",
    "Saboteur",
    "analytics",
    "auth",
    "cache",
    "jobs",
    "tasks_moving",
    "tasks_outages",
    "tasks_positions",
    "tasks_reading",
    "tasks_reports",
    "tasks_trash",
    "tasks_writing",
]
