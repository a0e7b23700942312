"""The contract suite of tasks backends: the trash, purging, and transactions."""

import threading
from contextlib import closing, suppress

import pytest

from intermediate.models.base import utcnow
from intermediate.plugins.base import Capability
from intermediate.plugins.tasks.interface import NewTask, TaskQuery, TasksError
from intermediate.testing.contract import in_threads
from intermediate.testing.tasks_bench import DAY, TasksBench, TasksSuite

LOOK_SECONDS = 2.0  # ample for a read that does not wait for a lock; one that does continues after the commit


class TrashAndTransactions(TasksSuite):
    def test_trash_hides_and_restores(self, tasks: TasksBench) -> None:
        task, _live = tasks.add(NewTask("a", "b", "completed", tags=("x",)), NewTask("live"))
        tasks.store.remove(tasks.owner, task.id)
        assert tasks.titles() == ["live"]
        assert [one.title for one in tasks.store.stream(tasks.owner, TaskQuery())] == ["live"]
        assert tasks.store.page(tasks.owner, TaskQuery(trashed=True)).items == (task,)
        assert tasks.store.get(tasks.owner, task.id, trashed=True) == task
        assert tasks.store.restore(tasks.owner, task.id) == task
        assert tasks.store.get(tasks.owner, task.id) == task
        assert tasks.titles(trashed=True) == []

    def test_trash_is_listed(self, tasks: TasksBench) -> None:
        first, second, third, _live = tasks.add(NewTask("a", tags=("x", "y")), NewTask("b"), NewTask("c"), NewTask("d"))
        before = utcnow()
        for task in (second, third, first):
            tasks.store.remove(tasks.owner, task.id)
        trash = tasks.store.trash(tasks.owner, limit=10)
        assert ([one.task for one in trash.items], trash.total) == ([first, third, second], 3)
        times = [one.trashed_at for one in trash.items if one.trashed_at]
        assert utcnow() >= times[0] >= times[1] >= times[2] >= before
        some = tasks.store.trash(tasks.owner, limit=1, offset=1)
        assert ([one.task for one in some.items], some.total) == ([third], 3)
        assert tasks.store.trash(tasks.owner, limit=1, offset=3).items == ()
        assert tasks.store.trash(tasks.other, limit=10).total == 0
        tasks.store.restore(tasks.owner, first.id)
        assert tasks.store.trash(tasks.owner, limit=10).total == 2

    def test_absence_is_keyerror__at_once(self, tasks: TasksBench) -> None:
        """Of several concurrent removals of a task, one succeeds, and the others raise KeyError."""
        [task] = tasks.add(NewTask("a"))

        def remove() -> bool:
            try:
                tasks.store.remove(tasks.owner, task.id, version=1)
            except KeyError:
                return False
            return True

        assert sum(in_threads(*[remove] * 6, patience=tasks.patience)) == 1

    def test_purge_is_final(self, tasks: TasksBench) -> None:
        first, _second, trashed = tasks.add(NewTask("a", tags=("x",)), NewTask("b"), NewTask("c"))
        tasks.store.remove(tasks.owner, trashed.id)
        assert tasks.store.purge(owner=tasks.owner) == 3
        assert tasks.titles() == tasks.titles(trashed=True) == []
        with pytest.raises(KeyError):
            tasks.store.get(tasks.owner, first.id)
        with pytest.raises(KeyError):
            tasks.store.restore(tasks.owner, trashed.id)
        assert tasks.store.purge(owner=tasks.owner) == 0
        assert tasks.store.stats(tasks.owner, utcnow()).total == 0

    def test_purge_is_bounded(self, tasks: TasksBench) -> None:
        live, trashed = tasks.add(NewTask("live"), NewTask("trashed"))
        [theirs] = tasks.add(NewTask("theirs"), owner=tasks.other)
        tasks.store.remove(tasks.owner, trashed.id)
        tasks.store.remove(tasks.other, theirs.id)
        assert tasks.store.purge(owner=tasks.owner, trashed_before=utcnow() - DAY) == 0
        assert tasks.store.purge(owner=tasks.owner, trashed_before=utcnow() + DAY) == 1
        assert tasks.store.get(tasks.owner, live.id) == live
        assert tasks.store.get(tasks.other, theirs.id, trashed=True) == theirs
        with pytest.raises(KeyError):
            tasks.store.restore(tasks.owner, trashed.id)

    def test_purge_is_bounded__all_owners(self, tasks: TasksBench) -> None:
        [mine], [theirs] = tasks.add(NewTask("mine")), tasks.add(NewTask("theirs"), owner=tasks.other)
        [live] = tasks.add(NewTask("live"))
        tasks.store.remove(tasks.owner, mine.id)
        tasks.store.remove(tasks.other, theirs.id)
        assert tasks.store.purge(trashed_before=utcnow() + DAY) >= 2
        for owner, task in ((tasks.owner, mine), (tasks.other, theirs)):
            with pytest.raises(KeyError):
                tasks.store.get(owner, task.id, trashed=True)
        assert tasks.store.get(tasks.owner, live.id) == live

    def test_purge_is_bounded__by_something(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        with pytest.raises(ValueError):
            tasks.store.purge()
        assert tasks.store.get(tasks.owner, task.id) == task

    def test_rollback_undoes(self, tasks: TasksBench) -> None:
        task, removed, trashed = tasks.add(NewTask("a", tags=("x",)), NewTask("b"), NewTask("c"))
        tasks.store.remove(tasks.owner, trashed.id)
        with tasks.aborted() as store:
            [added] = store.add(tasks.owner, [NewTask("d")])
            store.change(tasks.owner, task.id, {"title": "z", "tags": ()})
            store.remove(tasks.owner, removed.id)
            store.restore(tasks.owner, trashed.id)
        with tasks.aborted() as store:
            store.purge(owner=tasks.owner)
        assert tasks.store.get(tasks.owner, task.id) == task
        assert tasks.store.get(tasks.owner, removed.id) == removed
        assert tasks.store.get(tasks.owner, trashed.id, trashed=True) == trashed
        with pytest.raises(KeyError):
            tasks.store.get(tasks.owner, added)
        assert tasks.titles(tag="x") == ["a"]

    def test_rollback_undoes__when_the_commit_fails(self, tasks: TasksBench) -> None:
        task, removed = tasks.add(NewTask("a", tags=("x",)), NewTask("b"))
        with tasks.refused() as store:
            [added] = store.add(tasks.owner, [NewTask("d")])
            store.change(tasks.owner, task.id, {"title": "z", "tags": ()})
            store.remove(tasks.owner, removed.id)
        assert tasks.store.page(tasks.owner, TaskQuery(sort="created_at")).items == (task, removed)
        assert tasks.titles(trashed=True) == []
        with pytest.raises(KeyError):
            tasks.store.get(tasks.owner, added)

    def test_own_writes_are_seen(self, tasks: TasksBench) -> None:
        with tasks.transaction() as store:
            first, second = store.add(tasks.owner, [NewTask("a"), NewTask("b")])
            assert store.page(tasks.owner, TaskQuery()).total == 2
            store.change(tasks.owner, first, {"title": "z"})
            assert store.get(tasks.owner, first).title == "z"
            store.remove(tasks.owner, second)
            assert [task.title for task in store.stream(tasks.owner, TaskQuery())] == ["z"]
            assert store.stats(tasks.owner, utcnow()).total == 1
            assert store.purge(owner=tasks.owner) == 2
            with pytest.raises(KeyError):
                store.get(tasks.owner, first)

    def test_uncommitted_is_unseen(self, tasks: TasksBench) -> None:
        [task] = tasks.add(NewTask("a"))
        with tasks.transaction() as store:
            [added] = store.add(tasks.owner, [NewTask("b")])
            changed = store.change(tasks.owner, task.id, {"title": "z"})
            with tasks.transaction() as others:
                assert others.get(tasks.owner, task.id) == task
                assert others.page(tasks.owner, TaskQuery()).items == (task,)
                with pytest.raises(KeyError):
                    others.get(tasks.owner, added)
        assert tasks.store.get(tasks.owner, task.id) == changed

    def test_commit_is_one_moment(self, tasks: TasksBench) -> None:
        """A backend that commits separately from the core database locks its readers out from its vote to its end."""
        tasks.add(NewTask("old"))
        seen: list[int] = []

        def read() -> None:
            with suppress(TasksError), tasks.transaction() as others:
                seen.append(len(others.page(tasks.owner, TaskQuery()).items))

        reader = threading.Thread(target=read, daemon=True)

        def look() -> None:
            reader.start()
            reader.join(LOOK_SECONDS)

        with tasks.midway(look) as store:
            store.add(tasks.owner, [NewTask("new")])
        reader.join(tasks.patience)
        assert not reader.is_alive()
        assert seen in ([2], []), "a read has seen the tasks from before a commit that the core database shows"

    def test_shared_means_one_store(self, tasks: TasksBench) -> None:
        """A second instance of the backend represents another process."""
        if Capability.SHARED in tasks.registry.tasks.capabilities:
            [task] = tasks.add(NewTask("a"))
            with closing(tasks.away.make(None)) as elsewhere, tasks.transaction(elsewhere) as store:
                assert store.get(tasks.owner, task.id) == task
                [other] = store.add(tasks.owner, [NewTask("b")])
            assert tasks.store.get(tasks.owner, other).title == "b"
