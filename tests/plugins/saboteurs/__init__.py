"""Saboteurs: for each test of a contract a wrapper around a good backend that breaks just what the test holds."""

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
