"""Saboteurs of dump and load."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from intermediate.plugins.tasks.interface import NewTask, StoredTask
from tests.plugins.saboteurs.base import breaks
from tests.plugins.saboteurs.tasks_base import TasksSaboteur


@breaks("dumped_tasks_load")
class LeavesTheTrashBehind(TasksSaboteur):
    def dump(self, owner: int) -> Iterator[StoredTask]:
        return (stored for stored in self.good.dump(owner) if stored.trashed_at is None)


@breaks("loading_is_into_empty_places")
class SkipsWhatIsTaken(TasksSaboteur):
    def load(self, owner: int, stored: Sequence[StoredTask]) -> None:
        for one in stored:
            with suppress(ValueError):
                self.good.load(owner, [one])


@breaks("loaded_ids_are_not_given_again")
class ForgetsWhatItLoaded(TasksSaboteur):
    """Continues with its own ids after loading, and assigns the id of a loaded task to a new one."""

    def load(self, owner: int, stored: Sequence[StoredTask]) -> None:
        self.good.load(owner, stored)
        self.memory[owner] = stored[-1].task.id

    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        ids = self.good.add(owner, new)
        return [*ids[:-1], self.memory[owner]] if owner in self.memory else ids


@breaks("given_ids_are_known")
class KnowsWhatIsThere(TasksSaboteur):
    def last_id(self) -> int:
        users = range(1, self.good.last_id() + 1)
        there = [stored.task.id for owner in users for stored in self.good.dump(owner)]
        return max(there, default=0)


@breaks("given_ids_are_known__elsewhere")
class CountsOnFromItsOwn(TasksSaboteur):
    def continue_after(self, last_id: int) -> None:
        pass
