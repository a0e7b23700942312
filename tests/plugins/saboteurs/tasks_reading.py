"""Saboteurs of pages, filters, sort orders and streams."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

from intermediate.plugins.tasks.interface import NewTask, Page, Task, TaskQuery
from tests.plugins.saboteurs.base import breaks
from tests.plugins.saboteurs.tasks_base import TasksSaboteur


class KnowsOwners(TasksSaboteur):
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        ids = self.good.add(owner, new)
        self.memory |= dict.fromkeys(ids, owner)
        return ids


@breaks("owners_are_separate")
class ShowsOthersTasks(KnowsOwners):
    def get(self, owner: int, task_id: int, *, trashed: bool = False) -> Task:
        return self.good.get(self.memory.get(task_id, owner), task_id, trashed=trashed)


@breaks("owners_are_separate__in_writing")
class ChangesOthersTasks(KnowsOwners):
    def change(self, owner: int, task_id: int, changes: Mapping[str, Any], *, version: int | None = None) -> Task:
        return self.good.change(self.memory.get(task_id, owner), task_id, changes, version=version)


@breaks("absence_is_keyerror")
class RestoresLiveTasks(TasksSaboteur):
    def restore(self, owner: int, task_id: int) -> Task:
        with suppress(KeyError):
            return self.good.restore(owner, task_id)
        return self.good.get(owner, task_id)


@breaks("pages_are_complete")
class RepeatsOnPages(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        start = query.offset if query.after else max(0, query.offset - 1)
        return self.good.page(owner, replace(query, offset=start))


@breaks("pages_are_complete__at_the_ends")
class ForgetsTotalAtTheEnd(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        page = self.good.page(owner, query)
        return page if page.items or query.after else Page((), 0)


class Reorders(TasksSaboteur):
    field: str

    def key(self, task: Task) -> Any:
        return getattr(task, self.field)

    def page(self, owner: int, query: TaskQuery) -> Page:
        if query.sort.removeprefix("-") != self.field:
            return self.good.page(owner, query)

        def reorder(tasks: list[Task]) -> list[Task]:
            return sorted(tasks, key=lambda task: (self.key(task), task.id), reverse=query.sort.startswith("-"))

        return self.remade_page(owner, query, reorder)


@breaks("order_is_stable")
class OrdersWithoutCase(Reorders):
    field = "title"

    def key(self, task: Task) -> str:
        return task.title.casefold()


@breaks("order_is_stable__by_rank")
class OrdersByWord(Reorders):
    field = "priority"


@breaks("order_is_stable__no_due_date_last")
class PutsNoDueDateFirst(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        if query.sort != "-due_at":
            return self.good.page(owner, query)
        return self.remade_page(owner, replace(query, sort="due_at"), lambda tasks: tasks[::-1])


@breaks("order_is_stable__ties_by_id")
class LeavesTies(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        if query.sort != "-created_at":
            return self.good.page(owner, query)

        def newest_first(tasks: list[Task]) -> list[Task]:
            return sorted(tasks, key=lambda task: task.created_at, reverse=True)

        return self.remade_page(owner, replace(query, sort="created_at"), newest_first)


class Searches(TasksSaboteur):
    def search(self, owner: int, query: TaskQuery, finds: Callable[[str, Task], bool]) -> Page:
        if not query.q:
            return self.good.page(owner, query)
        text = query.q
        unsearched = replace(query, q=None)
        return self.remade_page(owner, unsearched, lambda tasks: [task for task in tasks if finds(text, task)])


@breaks("search_ignores_case")
class MindsCase(Searches):
    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.search(owner, query, lambda text, task: text in task.title or text in (task.description or ""))


@breaks("search_ignores_case__and_how_letters_are_composed")
class MindsHowLettersAreComposed(Searches):
    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.search(
            owner, query, lambda text, task: text.casefold() in f"{task.title}\n{task.description}".casefold()
        )


@breaks("search_ignores_case__after_a_change")
class SearchesWhatWasAdded(Searches):
    def add(self, owner: int, new: Sequence[NewTask]) -> list[int]:
        ids = self.good.add(owner, new)
        for task_id, task in zip(ids, new, strict=True):
            self.memory[task_id] = f"{task.title}\n{task.description}".casefold()
        return ids

    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.search(owner, query, lambda text, task: text.casefold() in self.memory[task.id])


@breaks("search_ignores_case__no_wildcards")
class KnowsWildcards(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.good.page(owner, replace(query, q=(query.q or "").replace("%", "")))


@breaks("filters_combine")
class FiltersByOneOfTwo(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.good.page(owner, replace(query, priority=None) if query.tag else query)


@breaks("filters_combine__bounds_are_included")
class ExcludesTheEnd(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        before = query.due_before and query.due_before - timedelta(microseconds=1)
        return self.good.page(owner, replace(query, due_before=before))


@breaks("filters_combine__open")
class TakesOpenForPending(TasksSaboteur):
    def page(self, owner: int, query: TaskQuery) -> Page:
        return self.good.page(owner, replace(query, status="pending") if query.open and not query.status else query)


@breaks("stream_gives_all")
class StreamsAPage(TasksSaboteur):
    def stream(self, owner: int, query: TaskQuery) -> Iterator[Task]:
        return islice(self.good.stream(owner, query), query.limit)
