"""Undo for actions on several tasks, which a cookie carries to the next page."""

from sqlalchemy import select
from webtest import TestApp

from intermediate import accounts
from intermediate.models import TaskRow
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from intermediate.views.note_bulk import MOST
from tests.unit.conftest import MakeApp

OWNER = {"X-Remote-User": "owner@example.com"}
LONGEST_ID = 999_999_999


def test_from_the_most_tasks_with_the_longest_numbers_it_fits_into_the_cookie(make_registry: MakeApp) -> None:
    registry = make_registry(auth__backend="remote_user", session__secure_cookie="false")
    browser = TestApp(registry.app, {"REMOTE_ADDR": "127.0.0.1"})
    browser.get("/notes", headers=OWNER)  # this creates the account
    with request_for(registry) as request:
        request.tasks.continue_after(LONGEST_ID - MOST)
        owner = accounts.find(request.db, OWNER["X-Remote-User"])
        assert owner
        ids = request.tasks.add(owner.id, [NewTask("begun", status="in_progress")] * MOST)
    form = {"csrf_token": browser.get("/notes", headers=OWNER).forms["add"]["csrf_token"].value, "action": "complete"}
    done = browser.post("/notes/bulk", [*form.items(), *(("id", each) for each in ids)], headers=OWNER, status=303)
    page = done.follow(headers=OWNER)
    [undo] = [form for form in page.forms.values() if "reopen" in form.action]
    assert "Reopened 200 tasks." in undo.submit(headers=OWNER, status=303).follow(headers=OWNER)
    with request_for(registry) as request:
        assert set(request.db.scalars(select(TaskRow.status))) == {"in_progress"}
