"""The contract suite of tasks backends: statistics and summaries."""

from datetime import UTC, datetime, timedelta, timezone

from intermediate.plugins.tasks.interface import NewTask, Stats, Status
from intermediate.testing.tasks_bench import DAY, MOMENT, SECOND, TasksBench, TasksSuite

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)  # the first day of 2026-W47
TICK = timedelta(microseconds=1)


class ReportingTasks(TasksSuite):
    def test_stats_count_all(self, tasks: TasksBench) -> None:
        late, soon = MOMENT - TICK, MOMENT
        tasks.add(NewTask("a", due_at=late), NewTask("b", due_at=soon), NewTask("c"))
        tasks.add(NewTask("d", status="in_progress", due_at=late), NewTask("e", status="completed", due_at=late))
        [trashed] = tasks.add(NewTask("f", due_at=late))
        tasks.store.remove(tasks.owner, trashed.id)
        stats = tasks.store.stats(tasks.owner, MOMENT)
        assert stats == Stats(total=5, pending=3, in_progress=1, completed=1, overdue=2)
        assert stats.completion_rate == 0.2
        assert tasks.store.summary(tasks.owner, MOMENT).stats == stats
        assert tasks.store.stats(tasks.owner, MOMENT + TICK).overdue == 3
        assert tasks.store.stats(tasks.other, MOMENT) == Stats()

    def test_due_is_counted(self, tasks: TasksBench) -> None:
        bounds = [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]

        def counts() -> list[dict[Status, int]]:
            return [{key: n for key, n in one.items() if n} for one in tasks.store.due_counts(tasks.owner, bounds)]

        assert counts() == [{}] * 4
        tasks.add(NewTask("no date"), NewTask("long ago", due_at=MONDAY - 900 * DAY, status="completed"))
        tasks.add(NewTask("right before", due_at=MONDAY - TICK), NewTask("at the first moment", due_at=MONDAY))
        tasks.add(*[NewTask("half", status="in_progress", due_at=MONDAY + DAY - TICK) for _ in range(2)])
        tasks.add(
            NewTask("at the last moment", due_at=MONDAY + 2 * DAY), NewTask("in years", due_at=MONDAY + 900 * DAY)
        )
        assert counts() == [{"pending": 1, "completed": 1}, {"pending": 1, "in_progress": 2}, {}, {"pending": 2}]
        assert tasks.store.due_counts(tasks.owner, [MONDAY])[1]["pending"] == 3
        assert not any(tasks.store.due_counts(tasks.other, bounds))

    def test_due_is_counted__without_trash(self, tasks: TasksBench) -> None:
        [trashed] = tasks.add(NewTask("a", due_at=MONDAY))
        tasks.store.remove(tasks.owner, trashed.id)
        assert not any(tasks.store.due_counts(tasks.owner, [MONDAY]))

    def test_tags_are_counted(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("a", tags=("b", "é", "B")), NewTask("b", status="in_progress", tags=("z", "b")))
        tasks.add(NewTask("done", status="completed", tags=("b", "done")), NewTask("c", tags=("z",)))
        [trashed] = tasks.add(NewTask("trashed", tags=("b", "z", "gone")))
        tasks.store.remove(tasks.owner, trashed.id)
        assert tasks.store.tag_counts(tasks.owner, 10) == [("b", 2), ("z", 2), ("B", 1), ("é", 1)]
        assert tasks.store.tag_counts(tasks.owner, 3) == [("b", 2), ("z", 2), ("B", 1)]
        assert tasks.store.tag_counts(tasks.other, 10) == []

    def test_median_is_lower(self, tasks: TasksBench) -> None:
        def median() -> float | None:
            return tasks.store.summary(tasks.owner, MOMENT + DAY).median_completion_seconds

        def add(took: timedelta, **more: str) -> int:
            new = NewTask("a", created_at=MOMENT, completed_at=MOMENT + took, **more)  # type: ignore[arg-type]  # words
            return tasks.add(new)[0].id

        tasks.add(NewTask("open"), NewTask("at an unknown time", status="completed", created_at=MOMENT))
        assert median() is None
        add(30 * SECOND, status="completed")
        assert median() == 30
        trashed = add(10 * SECOND + TICK, status="completed")
        assert median() == 10.000001
        add(1000 * SECOND)
        assert median() == 30
        add(40 * SECOND)
        assert median() == 30
        tasks.store.remove(tasks.owner, trashed)
        assert median() == 40

    def test_weeks_are_iso(self, tasks: TasksBench) -> None:
        east = timezone(timedelta(hours=14))
        created = [
            MONDAY,
            MONDAY - TICK,
            (MONDAY - TICK).astimezone(east),  # Monday afternoon there
            datetime(2025, 12, 29, tzinfo=UTC),  # the first day of 2026-W01
            datetime(2025, 12, 28, 23, 59, tzinfo=UTC),
            MONDAY - timedelta(weeks=103),
            MONDAY - timedelta(weeks=103) - TICK,  # too long ago
        ]
        tasks.add(*[NewTask("a", created_at=moment) for moment in created])
        tasks.add(NewTask("b", created_at=MONDAY - 30 * DAY, completed_at=MONDAY + DAY))
        weeks = tasks.store.summary(tasks.owner, MOMENT).weeks
        assert (len(weeks), weeks[0].week, weeks[-1].week) == (104, "2024-W48", "2026-W47")
        assert {week.week: week.created for week in weeks if week.created} == {
            "2024-W48": 1,
            "2025-W52": 1,
            "2026-W01": 1,
            "2026-W42": 1,
            "2026-W46": 2,
            "2026-W47": 1,
        }
        assert {week.week: week.completed for week in weeks if week.completed} == {"2026-W47": 1}

    def test_weeks_are_iso__without_trash(self, tasks: TasksBench) -> None:
        [trashed] = tasks.add(NewTask("a", created_at=MONDAY, completed_at=MONDAY))
        tasks.store.remove(tasks.owner, trashed.id)
        weeks = tasks.store.summary(tasks.owner, MOMENT).weeks
        assert sum(week.created + week.completed for week in weeks) == 0

    def test_progress_rises(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("a", status="completed"))
        heard: list[float] = []
        tasks.store.summary(tasks.owner, MOMENT, heard.append)
        assert heard == sorted(heard)
        assert heard[0] >= 0
        assert heard[-1] == 1
