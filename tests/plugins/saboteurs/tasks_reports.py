"""Saboteurs of statistics and summaries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from intermediate.plugins.tasks.interface import Progress, Stats, Status, Summary, TaskQuery
from tests.plugins.saboteurs.base import breaks
from tests.plugins.saboteurs.tasks_base import EVERYTHING, TasksSaboteur


@breaks("stats_count_all")
class CountsCompletedAsLate(TasksSaboteur):
    def stats(self, owner: int, now: datetime) -> Stats:
        stats = self.good.stats(owner, now)
        return replace(stats, overdue=stats.overdue + stats.completed)


@breaks("due_is_counted")
class CountsAMomentBefore(TasksSaboteur):
    def due_counts(self, owner: int, moments: Sequence[datetime]) -> list[dict[Status, int]]:
        return self.good.due_counts(owner, [moment + timedelta(microseconds=1) for moment in moments])


@breaks("due_is_counted__without_trash")
class CountsWhatIsDueInTheTrash(TasksSaboteur):
    def due_counts(self, owner: int, moments: Sequence[datetime]) -> list[dict[Status, int]]:
        counts = self.good.due_counts(owner, moments)
        for one in self.good.trash(owner, limit=EVERYTHING).items:
            if one.task.due_at:
                counts[0]["pending"] = counts[0].get("pending", 0) + 1
        return counts


@breaks("tags_are_counted")
class CountsTagsOfAll(TasksSaboteur):
    def tag_counts(self, owner: int, limit: int) -> list[tuple[str, int]]:
        done = {tag for task in self.good.stream(owner, TaskQuery(status="completed")) for tag in task.tags}
        return [(tag, count + (tag in done)) for tag, count in self.good.tag_counts(owner, limit)]


@breaks("median_is_lower")
class TakesTheUpperMedian(TasksSaboteur):
    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        tasks = self.good.stream(owner, TaskQuery())
        took = sorted((task.completed_at - task.created_at).total_seconds() for task in tasks if task.completed_at)
        median = took[len(took) // 2] if took else None
        return replace(self.good.summary(owner, now, progress), median_completion_seconds=median)


@breaks("weeks_are_iso")
class NamesWeeksByCalendarYear(TasksSaboteur):
    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        summary = self.good.summary(owner, now, progress)
        mondays = [date.fromisocalendar(int(week.week[:4]), int(week.week[-2:]), 1) for week in summary.weeks]
        weeks = zip(summary.weeks, mondays, strict=True)
        return replace(summary, weeks=tuple(replace(week, week=f"{monday:%Y-W%V}") for week, monday in weeks))


@breaks("weeks_are_iso__without_trash")
class CountsTrash(TasksSaboteur):
    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        summary = self.good.summary(owner, now, progress)
        *others, last = summary.weeks
        trashed = len(self.good.page(owner, TaskQuery(trashed=True)).items)
        return replace(summary, weeks=(*others, replace(last, created=last.created + trashed)))


@breaks("progress_rises")
class SaysItIsDoneFirst(TasksSaboteur):
    def summary(self, owner: int, now: datetime, progress: Progress | None = None) -> Summary:
        if progress:
            progress(1.0)
        return self.good.summary(owner, now, progress)
