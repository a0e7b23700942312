"""The contract suite of tasks backends: adding and changing tasks."""

from collections.abc import Callable
from datetime import timedelta, timezone

import pytest

from intermediate.models.base import utcnow
from intermediate.plugins.tasks.interface import NewTask, StaleVersionError, Task, TaskQuery
from intermediate.testing.contract import in_threads
from intermediate.testing.tasks_bench import DAY, MOMENT, MORE, SECOND, TasksBench, TasksSuite


class WritingTasks(TasksSuite):
    def test_added_tasks_can_be_read(self, tasks: TasksBench) -> None:
        full = NewTask(
            "Ünïcode 🎈", "Two\nlines", "in_progress", "high", MOMENT, ("b", "a", "b"), MOMENT - DAY, MOMENT, **MORE
        )
        before = utcnow()
        first, second = tasks.add(full, NewTask("plain"))
        assert first == Task(
            id=first.id,
            owner_id=tasks.owner,
            title="Ünïcode 🎈",
            description="Two\nlines",
            status="in_progress",
            priority="high",
            due_at=MOMENT,
            tags=("a", "b"),
            created_at=MOMENT - DAY,
            updated_at=MOMENT - DAY,
            completed_at=MOMENT,
            version=1,
            **MORE,
        )
        assert before <= second.created_at == second.updated_at <= utcnow()
        assert (second.description, second.status, second.priority) == (None, "pending", "normal")
        assert (second.due_at, second.tags, second.completed_at, second.version) == (None, (), None, 1)

    def test_added_tasks_can_be_read__in_order(self, tasks: TasksBench) -> None:
        ids = tasks.store.add(tasks.owner, [NewTask(f"{n}", tags=(f"{n}",)) for n in range(1100)])
        assert len(set(ids)) == 1100
        for n in (0, 1, 499, 500, 501, 999, 1000, 1099):
            task = tasks.store.get(tasks.owner, ids[n])
            assert (task.title, task.tags) == (f"{n}", (f"{n}",))
        assert tasks.store.add(tasks.owner, []) == []

    def test_added_tasks_can_be_read__from_threads(self, tasks: TasksBench) -> None:
        def add(title: str) -> Callable[[], list[int]]:
            return lambda: tasks.store.add(tasks.owner, [NewTask(title), NewTask(title)])

        ids = in_threads(*[add(f"{n}") for n in range(6)], patience=tasks.patience)
        assert [tasks.store.get(tasks.owner, pair[1]).title for pair in ids] == ["0", "1", "2", "3", "4", "5"]
        assert tasks.store.page(tasks.owner, TaskQuery()).total == 12

    def test_created_task_is_as_read(self, tasks: TasksBench) -> None:
        east = timezone(timedelta(hours=14))
        for new in (
            NewTask("plain"),
            NewTask("Ünïcode 🎈", "Two\nlines", "completed", "high", MOMENT.astimezone(east), ("b", "a", "b")),
        ):
            made = tasks.store.create(tasks.owner, new)
            read = tasks.store.get(tasks.owner, made.id)
            assert made == read
            assert (made.due_at and made.due_at.utcoffset()) == (read.due_at and read.due_at.utcoffset())

    def test_ids_are_not_reused(self, tasks: TasksBench) -> None:
        gone = {task.id for task in tasks.add(NewTask("a"), NewTask("b"))}
        tasks.store.purge(owner=tasks.owner)
        assert gone.isdisjoint(task.id for task in tasks.add(NewTask("c"), NewTask("d")))

    def test_changes_are_partial(self, tasks: TasksBench) -> None:
        task, bystander = tasks.add(NewTask("a", "b", due_at=MOMENT, tags=("x",), created_at=MOMENT), NewTask("c"))
        before = utcnow()
        changed = tasks.store.change(tasks.owner, task.id, {"title": "z", "due_at": None, **MORE})
        assert before <= changed.updated_at <= utcnow()
        assert changed == task._replace(title="z", due_at=None, version=2, updated_at=changed.updated_at, **MORE)
        assert tasks.store.get(tasks.owner, task.id) == changed
        assert tasks.store.get(tasks.owner, bystander.id) == bystander

    def test_changes_are_partial__tags(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a", tags=("x", "y")))
        changed = tasks.store.change(tasks.owner, task.id, {"tags": ("z", "x", "z")})
        assert (changed.tags, changed.title, changed.version) == (("x", "z"), "a", 2)
        assert (tasks.titles(tag="y"), tasks.titles(tag="z")) == ([], ["a"])
        assert tasks.store.change(tasks.owner, changed.id, {"tags": ()}).tags == ()

    def test_changes_are_not_lost(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        fields = {"title": "b", "description": "c", "priority": "high", "due_at": MOMENT, "tags": ("x",)}

        def change(name: str) -> Callable[[], Task]:
            return lambda: tasks.store.change(tasks.owner, task.id, {name: fields[name]})

        changed = in_threads(*[change(name) for name in fields], patience=tasks.patience)
        assert sorted(one.version for one in changed) == [2, 3, 4, 5, 6]
        last = tasks.store.get(tasks.owner, task.id)
        assert {name: getattr(last, name) for name in fields} == fields

    def test_only_fields_change(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        for name in ("id", "owner_id", "version", "created_at", "updated_at", "completed_at", "deleted_at", "color"):
            with pytest.raises(TypeError):
                tasks.store.change(tasks.owner, task.id, {"title": "b", name: getattr(task, name, None)})
        assert tasks.store.get(tasks.owner, task.id) == task

    def test_completion_is_stamped(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        before = utcnow()
        done = tasks.store.change(tasks.owner, task.id, {"status": "completed"})
        assert done.completed_at is not None
        assert before <= done.completed_at <= utcnow()
        again = tasks.store.change(tasks.owner, task.id, {"status": "completed", "title": "b"})
        assert again.completed_at == done.completed_at
        assert tasks.store.change(tasks.owner, task.id, {"status": "in_progress"}).completed_at is None

    def test_completion_is_stamped__when_added(self, tasks: TasksBench) -> None:
        before = utcnow()
        now, then = tasks.add(NewTask("a", status="completed"), NewTask("b", status="completed", created_at=MOMENT))
        assert now.completed_at is not None
        assert before <= now.completed_at <= utcnow()
        assert then.completed_at is None  # completed at an unknown time

    def test_stale_changes_are_refused(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        current = tasks.store.change(tasks.owner, task.id, {"title": "b"}, version=1)
        with pytest.raises(StaleVersionError) as stale:
            tasks.store.change(tasks.owner, task.id, {"title": "c"}, version=1)
        assert stale.value.current == current
        assert tasks.store.get(tasks.owner, task.id) == current

    def test_stale_changes_are_refused__removing(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        with pytest.raises(StaleVersionError) as stale:
            tasks.store.remove(tasks.owner, task.id, version=2)
        assert stale.value.current == task
        assert tasks.store.get(tasks.owner, task.id) == task
        tasks.store.remove(tasks.owner, task.id, version=1)

    def test_times_keep_microseconds(self, tasks: TasksBench) -> None:
        east = timezone(timedelta(hours=14))
        [task] = tasks.add(NewTask("a", due_at=MOMENT.astimezone(east), created_at=MOMENT.astimezone(east)))
        changed = tasks.store.change(tasks.owner, task.id, {"due_at": (MOMENT + SECOND).astimezone(east)})
        assert (task.due_at, task.created_at, changed.due_at) == (MOMENT, MOMENT, MOMENT + SECOND)
        for moment in (task.due_at, task.created_at, changed.due_at, changed.updated_at):
            assert moment is not None
            assert moment.utcoffset() == timedelta(0)
