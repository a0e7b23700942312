"""A task on the site: `/notes/7`. Forms work by POST, redirect and flash, and with HTMX by fragments.

Two editors do not overwrite each other: the form contains the version that it shows, and the response to a stale one
shows both texts, for its sender to decide.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from intermediate.i18n import _, translate
from intermediate.plugins.tasks.interface import StaleVersionError
from intermediate.plugins.tasks.interface import Task as TaskData
from intermediate.request import Request
from intermediate.resources import Task, TrashedTask
from intermediate.schemas.reading import form_values
from intermediate.schemas.tasks import LABELS, task_document
from intermediate.security import Permission
from intermediate.views.answers import back, fragment, say
from intermediate.views.note_form import differences, form_of, form_version, task_changes
from intermediate.views.note_list import fresh_counts, rows_of
from intermediate.views.note_query import asked_around
from intermediate.views.predicates import wants_fragment
from intermediate.views.words import field_errors

LONGEST_SAID = 60


@view_defaults(context=Task, surface="site", permission=Permission.EDIT)
class NoteViews:
    def __init__(self, context: Task, request: Request) -> None:
        self.task = context.task
        self.request = request

    @view_config(request_method="GET", permission=Permission.VIEW, renderer="intermediate:templates/note.jinja2")
    def show(self) -> Any:
        task = task_document(self.task)
        if wants_fragment(self.request):
            under = rows_of(asked_around(self.request), task)
            return fragment(self.request, "note_row", task=task, under=under, focus=True)
        return {"task": task, "labels": LABELS}

    @view_config(name="edit", request_method="GET", renderer="intermediate:templates/note_edit.jinja2")
    def edit_form(self) -> Any:
        return self._form(self.task, self._shown(self.task), 200)

    @view_config(name="edit", request_method="POST", renderer="intermediate:templates/note_edit.jinja2")
    def edit(self) -> Any:
        form, shown = form_values(self.request), self._shown(self.task)
        try:
            changes = task_changes(form, self.request.time_zone, shown).changes()
        except ValidationError as error:
            return self._form(self.task, shown | form, 422, errors=field_errors(error))
        try:
            task = self._change(changes, form_version(form))
        except StaleVersionError as stale:
            return self._conflict(changes, stale.current)
        return self._changed(task, said=_("Saved."), focus=True)

    @view_config(name="toggle", request_method="POST")
    def toggle(self) -> Response:
        """Complete a task that is pending or in progress, and make a completed one pending.

        The form contains the intended status, so that a stale page or a second click does not revert the change.
        """
        flipped = "pending" if self.task.status == "completed" else "completed"
        wanted = form_values(self.request).get("status", flipped)
        done = self.task.status == wanted or wanted not in ("pending", "completed")
        return self._changed(self.task if done else self._change({"status": wanted}))

    @view_config(name="delete", request_method="POST")
    def delete(self) -> Response:
        """Move the task to the trash. It can be restored, so the form needs no version."""
        try:
            self.request.tasks.remove(self.task.owner_id, self.task.id)
        except KeyError:  # another request deleted it first
            raise HTTPNotFound from None
        title = self.task.title
        short = title if len(title) <= LONGEST_SAID else f"{title[:LONGEST_SAID]}…"
        said = translate(self.request.localizer, _("Deleted “${title}”.", mapping={"title": short}))
        undo = f"/notes/{self.task.id}/restore"
        if wants_fragment(self.request):
            values = fresh_counts(self.request, self.task.owner_id)
            return fragment(self.request, "note_counts", said=said, undo=undo, **values)
        say(self.request, said, undo)
        return HTTPSeeOther(back(self.request, "/notes"))

    def _shown(self, task: TaskData) -> dict[str, str]:
        return form_of(task_document(task), self.request.time_zone)

    def _form(self, task: TaskData, form: Mapping[str, str], status: int, **more: Any) -> Any:
        fields = [(name, f"edit-{task.id}-{name}", label) for name, label in LABELS.items()]
        values = {"task": task_document(task), "form": form, "errors": {}, "fields": fields, **more}
        if wants_fragment(self.request):
            return fragment(self.request, "note_edit", status=status, inline=True, **values)
        self.request.response.status_code = status
        return values

    def _conflict(self, changes: Mapping[str, Any], current: TaskData) -> Any:
        """Show both texts, and a form with the caller's text for the current version."""
        theirs, mine = self._shown(current), self._shown(current._replace(**changes))
        different = differences(mine, theirs)
        if not different:
            return self._changed(current, said=_("Saved."), focus=True)
        answer = self._form(current, mine, 409, conflict=different)
        if isinstance(answer, Response):  # else HTMX would show it as an error message
            answer.headers.update({"HX-Retarget": f"#task-{current.id}", "HX-Reswap": "outerHTML"})
        return answer

    def _change(self, changes: Mapping[str, Any], version: int | None = None) -> TaskData:
        try:
            return self.request.tasks.change(self.task.owner_id, self.task.id, changes, version=version)
        except KeyError:  # another request deleted it
            raise HTTPNotFound from None

    def _changed(self, task: TaskData, *, said: str | None = None, focus: bool = False) -> Response:
        if wants_fragment(self.request):
            values = fresh_counts(self.request, task.owner_id)
            now, before = task_document(task), task_document(self.task)
            moved = now["due_at"] != before["due_at"] and values["place"](now) != values["place"](before)
            return fragment(self.request, "note_changed", task=now, moved=moved, said=said, focus=focus, **values)
        if said:
            say(self.request, said)
        return HTTPSeeOther(back(self.request, "/notes", f"/notes/{task.id}"))


@view_config(context=TrashedTask, name="restore", surface="site", request_method="POST", permission=Permission.EDIT)
def restore(context: TrashedTask, request: Request) -> Response:
    """Take a task out of the trash, to undo its deletion."""
    owner = context.task.owner_id
    try:
        task = task_document(request.tasks.restore(owner, context.task.id))
    except KeyError:  # another request restored or purged it first
        raise HTTPNotFound from None
    if wants_fragment(request):
        return fragment(request, "note_restored", tasks=[task], said=_("Restored."), **fresh_counts(request, owner))
    say(request, _("Restored."))
    return HTTPSeeOther(back(request, "/notes"))
