"""The contract suite of tasks backends: paging by position."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

from intermediate.plugins.tasks.interface import PRIORITIES, SORTS, STATUSES, NewTask, Position, Task, TaskQuery
from intermediate.testing.tasks_bench import DAY, MOMENT, TasksBench, TasksSuite

PAGES = 50


def follow(tasks: TasksBench, query: TaskQuery, between: Callable[[], object] = lambda: None) -> Iterator[Task]:
    """Yield the tasks of all pages, page by page. Calls `between` after each page is read."""
    for _ in range(PAGES):
        page = tasks.store.page(tasks.owner, query)
        assert (page.total is None) == (query.after is not None)
        between()
        yield from page.items
        if len(page.items) < query.limit:
            return
        query = replace(query, after=Position.behind(page.items[-1], query.sort))
    raise AssertionError("following the positions comes to no end")


def titles(found: Iterator[Task]) -> list[str]:
    return [task.title for task in found]


class FollowingTasks(TasksSuite):
    def test_positions_lead_on(self, tasks: TasksBench) -> None:
        """Tests every sort order, each with ties."""
        for number in range(18):
            moment, due = MOMENT + number // 4 * DAY, MOMENT + number % 3 * DAY
            kinds = {"status": STATUSES[number % 3], "priority": PRIORITIES[number // 2 % 3]}
            tasks.add(NewTask(f"{number % 5}", due_at=due, created_at=moment, **kinds))  # type: ignore[arg-type]  # words
        for name, sign in product(SORTS, ("", "-")):
            query = TaskQuery(sort=f"{sign}{name}", limit=100)
            wanted = [task.id for task in tasks.store.page(tasks.owner, query).items]
            for limit in (1, 4):
                assert [task.id for task in follow(tasks, replace(query, limit=limit))] == wanted

    def test_positions_lead_on__past_no_due_date(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("never"), NewTask("late", due_at=MOMENT + DAY), NewTask("soon", due_at=MOMENT), NewTask("no"))
        for sort in ("due_at", "-due_at"):
            assert titles(follow(tasks, TaskQuery(sort=sort, limit=1))) == tasks.titles(sort=sort)

    def test_positions_lead_on__within_filters(self, tasks: TasksBench) -> None:
        made = tasks.add(
            *[NewTask(f"{n}", tags=("x",) if n % 2 else (), created_at=MOMENT + n * DAY) for n in range(8)]
        )
        assert titles(follow(tasks, TaskQuery(tag="x", limit=1))) == ["7", "5", "3", "1"]
        for task in made[2:6]:
            tasks.store.remove(tasks.owner, task.id)
        assert titles(follow(tasks, TaskQuery(sort="title", limit=2))) == ["0", "1", "6", "7"]
        assert titles(follow(tasks, TaskQuery(sort="title", limit=2, trashed=True))) == ["2", "3", "4", "5"]

    def test_positions_lead_on__from_what_is_gone(self, tasks: TasksBench) -> None:
        made = tasks.add(*[NewTask(f"{n}", created_at=MOMENT + n * DAY) for n in range(4)])
        for sort, rest in (("title", ["2", "3"]), ("-title", ["0"])):
            query = TaskQuery(sort=sort, after=Position.behind(made[1], sort))
            tasks.store.purge(owner=tasks.other)
            assert titles(follow(tasks, query)) == rest
        tasks.store.remove(tasks.owner, made[1].id)
        for sort, rest in (("title", ["2", "3"]), ("-title", ["0"])):
            query = TaskQuery(sort=sort, after=Position.behind(made[1], sort))
            assert titles(follow(tasks, query)) == rest
            assert tasks.titles(sort=sort, after=query.after, offset=1) == rest[1:]

    def test_positions_lead_on__while_tasks_come_and_go(self, tasks: TasksBench) -> None:
        made = tasks.add(*[NewTask(f"{n}", created_at=MOMENT + n * DAY) for n in range(9)])
        writes = iter(
            (
                lambda: tasks.add(
                    NewTask("before", created_at=MOMENT + 9 * DAY), NewTask("behind", created_at=MOMENT + 4.5 * DAY)
                ),
                lambda: tasks.store.remove(tasks.owner, made[8].id),
                lambda: tasks.store.change(tasks.owner, made[2].id, {"description": "changed"}),
                lambda: tasks.store.remove(tasks.owner, made[0].id),
            )
        )
        found = titles(follow(tasks, TaskQuery(limit=2), lambda: next(writes, lambda: None)()))
        assert found == ["8", "7", "6", "5", "behind", "4", "3", "2", "1"]
