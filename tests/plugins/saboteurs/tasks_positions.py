"""Saboteurs of paging by position."""

from dataclasses import replace

from intermediate.plugins.tasks.interface import Page, Position, TaskQuery
from tests.plugins.saboteurs.base import breaks
from tests.plugins.saboteurs.tasks_base import TasksSaboteur


class Sieves(TasksSaboteur):
    """Leaves out some tasks in pages after a position."""

    def page(self, owner: int, query: TaskQuery) -> Page:
        after = query.after
        if after is None:
            return self.good.page(owner, query)
        rest = self.good.page(owner, replace(query, limit=10**6, offset=0)).items
        kept = [task for task in rest if self.keeps(query, Position.behind(task, query.sort), after)]
        return Page(tuple(kept[query.offset :][: query.limit]), None)

    def keeps(self, query: TaskQuery, place: Position, after: Position) -> bool:
        raise NotImplementedError


@breaks("positions_lead_on")
class SkipsTies(Sieves):
    def keeps(self, query: TaskQuery, place: Position, after: Position) -> bool:
        return query.sort != "priority" or place.value != after.value


@breaks("positions_lead_on__past_no_due_date")
class EndsWithTheLastDueDate(Sieves):
    def keeps(self, query: TaskQuery, place: Position, after: Position) -> bool:
        return query.sort != "due_at" or (place.value is None) == (after.value is None)


@breaks("positions_lead_on__within_filters")
class FiltersTheFirstPage(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.good.page(owner, replace(query, tag=None) if query.after else query)


@breaks("positions_lead_on__from_what_is_gone")
class LooksForTheTask(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        if query.after:
            try:
                self.good.get(owner, query.after.task_id, trashed=query.trashed)
            except KeyError:
                return replace(self.good.page(owner, replace(query, after=None)), total=None)
        return self.good.page(owner, query)


@breaks("positions_lead_on__while_tasks_come_and_go")
class CountsItsWay(TasksSaboteur):
    """Treats a position as the number of tasks before it when it was returned."""

    def page(self, owner: int, query: TaskQuery) -> Page:
        start = query.offset
        if query.after:
            if (owner, query.sort, query.after.task_id) not in self.memory:
                return self.good.page(owner, query)
            start += self.memory[owner, query.sort, query.after.task_id]
        page = self.good.page(owner, replace(query, after=None, offset=start))
        for number, task in enumerate(page.items, start + 1):
            self.memory[owner, query.sort, task.id] = number
        return replace(page, total=None) if query.after else page
