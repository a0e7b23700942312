"""`POST /notes/bulk`: change several tasks at once. Missing tasks are skipped; the message counts the changed ones."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from intermediate.i18n import _, ngettext, translate
from intermediate.plugins.tasks.interface import Status, Task
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.resources import Tasks, parse_id
from intermediate.schemas.reading import parse_form
from intermediate.schemas.tasks import task_document
from intermediate.security import Permission
from intermediate.views.answers import back, fragment, say
from intermediate.views.note_list import fresh_counts
from intermediate.views.predicates import wants_fragment

MOST = 200


@view_config(context=Tasks, name="bulk", surface="site", request_method="POST", permission=Permission.EDIT)
def bulk(context: Tasks, request: Request) -> Response:
    """Complete or delete tasks; `reopen` and `restore` undo that. `started` lists those that were in progress."""
    action, chosen, started = _read(request)
    tasks = Chosen(request, context.owner)
    return ACTIONS[action](tasks, chosen, started) if chosen or started else tasks.answer(_("No task was selected."))


class Chosen:
    """The actions on chosen tasks, and their responses."""

    def __init__(self, request: Request, owner: int) -> None:
        self.request = request
        self.owner = owner

    def complete(self, chosen: list[int], _started: list[int]) -> Response:
        open_before = self._found(chosen, completed=False)
        done = self._set("completed", (task.id for task in open_before))
        started = [task.id for task in open_before if task.status == "in_progress"]
        pending = [task.id for task in open_before if task.status == "pending"]
        undo = _undo("reopen", id=pending, started=started)
        said = ngettext("Completed ${count} task.", "Completed ${count} tasks.", len(done))
        return self.answer(said, changed=done, undo=undo if done else "")

    def reopen(self, chosen: list[int], started: list[int]) -> Response:
        """Restore the previous status of those that are still completed. Others have been changed since."""
        as_before: list[tuple[Status, list[int]]] = [("pending", chosen), ("in_progress", started)]
        opened = [
            task
            for status, ids in as_before
            for task in self._set(status, (task.id for task in self._found(ids, completed=True)))
        ]
        said = ngettext("Reopened ${count} task.", "Reopened ${count} tasks.", len(opened))
        return self.answer(said, changed=opened)

    def delete(self, chosen: list[int], _started: list[int]) -> Response:
        gone = self._each(chosen, self._remove)
        undo = _undo("restore", id=gone) if gone else ""
        said = ngettext("Deleted ${count} task.", "Deleted ${count} tasks.", len(gone))
        return self.answer(said, gone=gone, undo=undo)

    def restore(self, chosen: list[int], _started: list[int]) -> Response:
        back_again = self._each(chosen, lambda task_id: self.request.tasks.restore(self.owner, task_id))
        said = ngettext("Restored ${count} task.", "Restored ${count} tasks.", len(back_again))
        return self.answer(said, restored=back_again)

    def _found(self, chosen: Iterable[int], *, completed: bool) -> list[Task]:
        tasks = self._each(chosen, lambda task_id: self.request.tasks.get(self.owner, task_id))
        return [task for task in tasks if (task.status == "completed") is completed]

    def _remove(self, task_id: int) -> int:
        self.request.tasks.remove(self.owner, task_id)
        return task_id

    def _set(self, status: Status, chosen: Iterable[int]) -> list[Task]:
        return self._each(chosen, lambda task_id: self.request.tasks.change(self.owner, task_id, {"status": status}))

    def _each(self, chosen: Iterable[int], do: Callable[[int], Any]) -> list[Any]:
        done = []
        for task_id in chosen:
            try:
                done.append(do(task_id))
            except KeyError:  # another request deleted or restored it first, or it belongs to another account
                continue
        return done

    def answer(self, said: str, undo: str = "", gone: Iterable[int] = (), **tasks: Iterable[Task]) -> Response:
        said = translate(self.request.localizer, said)
        if not wants_fragment(self.request):
            say(self.request, said, undo)
            return HTTPSeeOther(back(self.request, "/notes"))
        documents = {name: [task_document(task) for task in found] for name, found in tasks.items()}
        values = {"changed": [], "restored": [], **documents, **fresh_counts(self.request, self.owner)}
        return fragment(self.request, "note_bulk", said=said, undo=undo, gone=gone, **values)


ACTIONS: dict[str, Callable[[Chosen, list[int], list[int]], Response]] = {
    "complete": Chosen.complete,
    "reopen": Chosen.reopen,
    "delete": Chosen.delete,
    "restore": Chosen.restore,
}


def _undo(action: str, **ids: Iterable[int]) -> str:
    """Return the URL that undoes an action, for the button of a message.

    The message is kept in a cookie, for which the ids of 200 tasks with a name each would be too long: so each list is
    one comma-separated parameter.
    """
    numbers = {name: ",".join(map(str, some)) for name, some in ids.items()}
    return "/notes/bulk?" + urlencode(
        {"action": action} | {name: text for name, text in numbers.items() if text}, safe=","
    )


def _read(request: Request) -> tuple[str, list[int], list[int]]:
    """Return the action, the chosen and the started ids, from the form or the query string; or 422."""
    parse_form(request)
    action = (request.params.getall("action") or [""])[0]
    chosen, started = (
        [text for texts in request.params.getall(name) for text in texts.split(",")] for name in ("id", "started")
    )
    if action not in ACTIONS:
        raise _refused("action", _("Use one of ${actions}.", mapping={"actions": ", ".join(ACTIONS)}))
    if len(chosen) + len(started) > MOST:
        raise _refused("id", _("Select at most ${most} tasks at once.", mapping={"most": MOST}))
    try:
        return action, list(map(parse_id, dict.fromkeys(chosen))), list(map(parse_id, dict.fromkeys(started)))
    except KeyError:
        raise _refused("id", _("This is not a task number.")) from None


def _refused(field: str, detail: str) -> Problem:
    return Problem(422, "validation_error", detail, errors=[{"loc": ["body", field], "msg": detail, "type": "bulk"}])
