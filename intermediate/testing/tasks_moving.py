"""The contract suite of tasks backends: dump and load."""

from dataclasses import replace

import pytest

from intermediate.plugins.tasks.interface import NewTask, StoredTask
from intermediate.testing.tasks_bench import MOMENT, MORE, SECOND, TasksBench, TasksSuite

GAP = 100


class MovingTasks(TasksSuite):
    def test_dumped_tasks_load(self, tasks: TasksBench) -> None:
        first, trashed, _bare = tasks.add(
            NewTask("Ä", "b", "completed", "high", MOMENT, ("x", "y"), MOMENT, MOMENT + SECOND, **MORE),
            NewTask("t", tags=("x",)),
            NewTask("u"),
        )
        tasks.store.remove(tasks.owner, trashed.id)
        dumped = list(tasks.store.dump(tasks.owner))
        assert [(one.task.title, one.trashed_at is not None) for one in dumped] == [("Ä", 0), ("t", 1), ("u", 0)]
        moved = [
            replace(one, task=one.task._replace(id=one.task.id + GAP, owner_id=tasks.other, version=7))
            for one in dumped
        ]
        tasks.store.load(tasks.other, moved)
        assert list(tasks.store.dump(tasks.other)) == moved
        assert tasks.store.get(tasks.other, first.id + GAP) == moved[0].task
        assert tasks.store.get(tasks.other, trashed.id + GAP, trashed=True) == moved[1].task

    def test_loading_is_into_empty_places(self, tasks: TasksBench) -> None:
        [mine], [theirs] = tasks.add(NewTask("mine")), tasks.add(NewTask("theirs"), owner=tasks.other)
        free = mine._replace(id=theirs.id + GAP)
        for taken in (mine, theirs, free):
            with pytest.raises(ValueError, match="twice"):
                tasks.store.load(tasks.owner, [StoredTask(free), StoredTask(taken._replace(title="taken"))])
        assert tasks.titles() == ["mine"]
        assert tasks.store.get(tasks.other, theirs.id) == theirs

    def test_loaded_ids_are_not_given_again(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        loaded = task._replace(id=task.id + GAP)
        tasks.store.load(tasks.owner, [StoredTask(loaded)])
        later = tasks.add(*[NewTask(f"{n}") for n in range(GAP + 1)])
        assert loaded.id not in [one.id for one in later]
        assert tasks.store.get(tasks.owner, loaded.id) == loaded

    def test_given_ids_are_known(self, tasks: TasksBench) -> None:
        given = tasks.store.add(tasks.owner, [NewTask("a"), NewTask("b")])
        assert tasks.store.last_id() >= max(given)
        tasks.store.purge(owner=tasks.owner)
        assert tasks.store.last_id() >= max(given)

    def test_given_ids_are_known__elsewhere(self, tasks: TasksBench) -> None:
        far = tasks.store.last_id() + GAP
        tasks.store.continue_after(far)
        [first] = tasks.store.add(tasks.owner, [NewTask("a")])
        assert first > far
        assert tasks.store.last_id() >= first
        tasks.store.continue_after(1)
        [second] = tasks.store.add(tasks.owner, [NewTask("b")])
        assert second > first
