"""Saboteurs of the errors for an unavailable service or database."""

from datetime import datetime
from typing import Any, ClassVar

from intermediate.plugins.tasks.interface import Page, Stats, TaskQuery, TasksError
from tests.plugins.saboteurs.base import breaks
from tests.plugins.saboteurs.tasks_base import TasksSaboteur

ELSEWHERE = "tests.plugins.saboteurs.elsewhere:TasksElsewhere"


@breaks("unreachable_is_told")
class TakesAwayForEmpty(TasksSaboteur):
    on: ClassVar = ELSEWHERE

    def page(self, owner: int, query: TaskQuery) -> Page:
        try:
            return self.good.page(owner, query)
        except TasksError as error:
            if isinstance(error.__cause__, ConnectionRefusedError):
                return Page((), 0)
            raise


@breaks("unreachable_is_told__by_silence")
class CountsNothingInSilence(TasksSaboteur):
    on: ClassVar = ELSEWHERE

    def stats(self, owner: int, now: datetime) -> Stats:
        try:
            return self.good.stats(owner, now)
        except TasksError as error:
            if isinstance(error.__cause__, TimeoutError):
                return Stats()
            raise


@breaks("unreachable_is_told__without_database")
class PurgesNothingWithoutDatabase(TasksSaboteur):
    on: ClassVar = "sql"

    def purge(self, **bounds: Any) -> int:
        try:
            return self.good.purge(**bounds)
        except TasksError:
            return 0
