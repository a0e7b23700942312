"""The contract suite of tasks backends: pages, filters, sort orders and streams."""

from datetime import timedelta
from itertools import pairwise

import pytest

from intermediate.plugins.tasks.interface import NewTask, TaskQuery
from intermediate.testing.tasks_bench import DAY, FILTERS, MOMENT, TasksBench, TasksSuite


class ReadingTasks(TasksSuite):
    def test_owners_are_separate(self, tasks: TasksBench) -> None:
        [mine] = tasks.add(NewTask("mine", status="completed", completed_at=MOMENT))
        owner, other, store = tasks.owner, tasks.other, tasks.store
        with pytest.raises(KeyError):
            store.get(other, mine.id)
        assert store.page(other, TaskQuery()).total == 0
        assert list(store.stream(other, TaskQuery())) == []
        assert store.stats(other, MOMENT).total == 0
        assert store.summary(other, MOMENT).median_completion_seconds is None
        assert store.get(owner, mine.id) == mine

    def test_owners_are_separate__in_writing(self, tasks: TasksBench) -> None:
        mine, trashed = tasks.add(NewTask("mine"), NewTask("trashed"))
        tasks.store.remove(tasks.owner, trashed.id)
        with pytest.raises(KeyError):
            tasks.store.change(tasks.other, mine.id, {"title": "theirs"})
        with pytest.raises(KeyError):
            tasks.store.remove(tasks.other, mine.id)
        with pytest.raises(KeyError):
            tasks.store.restore(tasks.other, trashed.id)
        assert tasks.store.purge(owner=tasks.other) == 0
        assert tasks.store.get(tasks.owner, mine.id) == mine
        assert tasks.store.get(tasks.owner, trashed.id, trashed=True) == trashed

    def test_absence_is_keyerror(self, tasks: TasksBench) -> None:
        live, trashed = tasks.add(NewTask("live"), NewTask("trashed"))
        tasks.store.remove(tasks.owner, trashed.id)
        for task_id in (trashed.id, trashed.id + 1_000_000):
            with pytest.raises(KeyError):
                tasks.store.get(tasks.owner, task_id)
            with pytest.raises(KeyError):
                tasks.store.change(tasks.owner, task_id, {"title": "x"})
            with pytest.raises(KeyError):
                tasks.store.remove(tasks.owner, task_id)
        for task_id in (live.id, trashed.id + 1_000_000):
            with pytest.raises(KeyError):
                tasks.store.get(tasks.owner, task_id, trashed=True)
            with pytest.raises(KeyError):
                tasks.store.restore(tasks.owner, task_id)

    def test_pages_are_complete(self, tasks: TasksBench) -> None:
        made = tasks.add(*[NewTask(f"task {n}", priority="high" if n % 2 else "low") for n in range(10)])
        wanted = {task.id for task in made if task.priority == "high"}
        seen: list[int] = []
        for offset in range(0, 6, 2):
            page = tasks.store.page(tasks.owner, TaskQuery(priority="high", limit=2, offset=offset))
            assert (page.total, len(page.items)) == (5, min(2, 5 - offset))
            seen += [task.id for task in page.items]
        assert len(seen) == 5
        assert set(seen) == wanted

    def test_pages_are_complete__at_the_ends(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("one"), NewTask("two"))
        for query in (TaskQuery(limit=0), TaskQuery(offset=2), TaskQuery(offset=1000), TaskQuery(limit=0, offset=9)):
            page = tasks.store.page(tasks.owner, query)
            assert (page.items, page.total) == ((), 2)

    def test_order_is_stable(self, tasks: TasksBench) -> None:
        for title in ("é", "b", "🎈", "B", "a", "\ufffd", "aa"):  # UTF-16 would put 🎈 before U+FFFD
            tasks.add(NewTask(title))
        by_code_point = ["B", "a", "aa", "b", "é", "\ufffd", "🎈"]
        assert tasks.titles(sort="title") == by_code_point
        assert tasks.titles(sort="-title") == by_code_point[::-1]

    def test_order_is_stable__by_rank(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("b", priority="normal", status="in_progress"), NewTask("c", priority="high"))
        tasks.add(NewTask("a", priority="low", status="completed"))
        assert tasks.titles(sort="priority") == ["a", "b", "c"]
        assert tasks.titles(sort="-priority") == ["c", "b", "a"]
        assert tasks.titles(sort="status") == ["c", "b", "a"]
        assert tasks.titles(sort="-status") == ["a", "b", "c"]

    def test_order_is_stable__no_due_date_last(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("never"), NewTask("late", due_at=MOMENT + DAY), NewTask("soon", due_at=MOMENT))
        assert tasks.titles(sort="due_at") == ["soon", "late", "never"]
        assert tasks.titles(sort="-due_at") == ["late", "soon", "never"]

    def test_order_is_stable__ties_by_id(self, tasks: TasksBench) -> None:
        made = [task.id for task in tasks.add(*[NewTask("same", created_at=MOMENT) for _ in range(5)])]
        for sort in ("created_at", "updated_at", "due_at", "priority", "title", "status"):
            page = tasks.store.page(tasks.owner, TaskQuery(sort=sort))
            assert [task.id for task in page.items] == sorted(made)
            page = tasks.store.page(tasks.owner, TaskQuery(sort=f"-{sort}"))
            assert [task.id for task in page.items] == sorted(made, reverse=True)

    def test_search_ignores_case(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("Große STRASSE"), NewTask("plain", "Ünïcode\nin the SECOND line"), NewTask("neither"))
        assert tasks.titles(q="straße") == tasks.titles(q="GROSSE s") == ["Große STRASSE"]
        assert tasks.titles(q="ÜNÏ") == tasks.titles(q="second") == ["plain"]
        assert tasks.titles(q="absent") == []

    def test_search_ignores_case__and_how_letters_are_composed(self, tasks: TasksBench) -> None:
        composed, in_parts = "caf\u00e9", "cafe\u0301"
        tasks.add(NewTask(composed), NewTask(in_parts))
        assert tasks.titles(q=composed) == tasks.titles(q=in_parts.upper()) == [composed, in_parts]

    def test_search_ignores_case__after_a_change(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("before", "lasting"))
        tasks.store.change(tasks.owner, task.id, {"title": "AFTER"})
        assert tasks.titles(q="before") == []
        assert tasks.titles(q="after") == tasks.titles(q="lasting") == ["AFTER"]

    def test_search_ignores_case__no_wildcards(self, tasks: TasksBench) -> None:
        titles = ["100% sure", "snake_case", "a/b", "back\\slash", "[set]", "star*", "plain"]
        tasks.add(*[NewTask(title) for title in titles])
        for text, found in zip("%_/\\[*", titles, strict=False):
            assert tasks.titles(q=text) == [found]

    def test_filters_combine(self, tasks: TasksBench) -> None:
        right = {name: value for one in FILTERS.values() for name, value in one.right.items()}
        tasks.add(NewTask(**right), *[NewTask(**right | one.wrong) for one in FILTERS.values()])
        every = {name: one.asked for name, one in FILTERS.items()}
        assert tasks.titles(**every) == ["right"]
        assert len(tasks.titles()) == 1 + len(FILTERS)
        for name in every:
            found = tasks.titles(**{key: value for key, value in every.items() if key != name})
            assert len(found) == 2, f"without the filter {name} there is one more"

    def test_filters_combine__bounds_are_included(self, tasks: TasksBench) -> None:
        tick = timedelta(microseconds=1)
        tasks.add(*[NewTask(f"{n}", due_at=MOMENT + n * tick) for n in range(4)], NewTask("never"))
        assert tasks.titles(due_after=MOMENT + tick, due_before=MOMENT + 2 * tick) == ["1", "2"]
        assert tasks.titles(due_before=MOMENT) == ["0"]
        assert tasks.titles(due_after=MOMENT + 3 * tick) == ["3"]

    def test_filters_combine__open(self, tasks: TasksBench) -> None:
        tasks.add(NewTask("a"), NewTask("b", status="in_progress"), NewTask("c", status="completed"))
        tasks.add(NewTask("d", tags=("x",)), NewTask("e", status="completed", tags=("x",)))
        assert tasks.titles(open=True) == ["a", "b", "d"]
        assert tasks.titles(open=True, tag="x") == ["d"]
        assert tasks.titles(open=True, status="completed") == []
        assert tasks.store.page(tasks.owner, TaskQuery(open=True, limit=1)).total == 3

    def test_stream_gives_all(self, tasks: TasksBench) -> None:
        tasks.store.add(tasks.owner, [NewTask(f"{n % 7}", tags=(f"tag {n}",)) for n in range(1100)])
        query = TaskQuery(sort="title", tag=None, limit=3, offset=5)
        streamed = list(tasks.store.stream(tasks.owner, query))
        assert len(streamed) == 1100
        assert all((one.title, one.id) < (two.title, two.id) for one, two in pairwise(streamed))
        assert all(len(task.tags) == 1 for task in streamed)
        filtered = list(tasks.store.stream(tasks.owner, TaskQuery(tag="tag 7", limit=1, offset=1)))
        assert [task.tags for task in filtered] == [("tag 7",)]
