"""An administrator of a new application, and helpers to send forms and read pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from webtest import TestApp

from intermediate.engines import make_engine
from intermediate.models import AnalyticsReport, Job
from intermediate.models.base import utcnow
from tests.functional.conftest import Api, Browser, Target, make_admin
from tests.functional.test_tasks import log_in

HTMX = {"HX-Request": "true"}
App = tuple[Target, str]


@pytest.fixture
def admin_api(new_app: App) -> Api:
    return make_admin(*new_app)


@pytest.fixture
def browser(new_app: App, admin_api: Api) -> Browser:
    """The browser of an administrator."""
    browser = Browser(new_app[0])
    log_in(browser, admin_api)
    return browser


def by_htmx(browser: TestApp, path: str, status: int = 200, **fields: str) -> Any:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    return browser.post(path, fields, headers={**HTMX, "X-CSRF-Token": token}, status=status)


def by_form(browser: TestApp, page: str, path: str, status: int = 303, **fields: str) -> Any:
    """Submit the form of a page with this action, and return the response."""
    forms = [form for form in browser.get(page).forms.values() if form.action == path]
    chosen = [
        form for form in forms if fields.items() <= {name: form[name].value for name in form.fields if name}.items()
    ]
    return chosen[0].submit(status=status, headers={"Referer": f"http://localhost:80{page}"})


def execute(url: str, statement: Any) -> Any:
    engine = make_engine(url)
    with engine.begin() as connection:
        found = connection.execute(statement)
        value = found.scalar() if found.returns_rows else None
    engine.dispose()
    return value


def put_job(url: str, owner: int, status: str, **values: Any) -> int:
    """Insert a job with a status, which no worker runs yet, and return its id."""
    later = utcnow() + timedelta(hours=1)
    row = {"kind": "task-report", "owner_id": owner, "args": {}, "status": status, "request_id": "x", "run_at": later}
    row |= {"lease_until": later if status == "running" else None, "error": "it broke" if status == "failed" else None}
    row |= {"finished_at": utcnow() if status in ("failed", "finished") else None} | values
    return int(execute(url, insert(Job).values(row).returning(Job.id)))


def put_report(url: str, owner: int, **counts: Any) -> None:
    document = {"owner_id": owner, "seq": 1, "generated_at": "2026-11-20T12:00:00Z"} | counts
    execute(url, insert(AnalyticsReport).values(owner_id=owner, seq=1, document=document))


def owners(page: Any) -> list[str]:
    return re.findall(r'<tr id="owner-\d+">\s*<th[^>]*><bdi>(.*?)</bdi>', page.text)


def cells(page: Any, row_id: str) -> list[str]:
    """Return the texts of the cells of a table row."""
    [found] = re.findall(rf'<tr id="{row_id}">(.*?)</tr>', page.text, re.DOTALL)
    texts = (re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", found, re.DOTALL))
    return [" ".join(text.split()) for text in texts]
