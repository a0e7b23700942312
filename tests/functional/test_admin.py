"""`/admin`: what administrators see and do, and what nobody else does. Each test has an application of its own."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from webtest import TestApp

from intermediate.engines import make_engine
from intermediate.models import AnalyticsReport, Job
from intermediate.models.base import utcnow
from tests.conftest import NewDatabase
from tests.functional.conftest import Api, Browser, Target, make_admin, make_api, serving
from tests.functional.test_tasks import log_in
from tests.rows import row
from tests.serving import Served, wait_until

pytestmark = pytest.mark.slow

HTMX = {"HX-Request": "true"}
App = tuple[Target, str]


@pytest.fixture
def admin_api(new_app: App) -> Api:
    return make_admin(*new_app)


@pytest.fixture
def browser(new_app: App, admin_api: Api) -> Browser:
    """An administrator's."""
    browser = Browser(new_app[0])
    log_in(browser, admin_api)
    return browser


def by_htmx(browser: TestApp, path: str, status: int = 200, **fields: str) -> Any:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    return browser.post(path, fields, headers={**HTMX, "X-CSRF-Token": token}, status=status)


def by_form(browser: TestApp, page: str, path: str, status: int = 303, **fields: str) -> Any:
    """What the form of a page with this action answers."""
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
    """A job in some state, which no worker takes up."""
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
    """The words in a row."""
    [found] = re.findall(rf'<tr id="{row_id}">(.*?)</tr>', page.text, re.DOTALL)
    texts = (re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", found, re.DOTALL))
    return [" ".join(text.split()) for text in texts]


def test_the_page_tells_of_backends_and_the_cache(browser: Browser) -> None:
    page = browser.get("/admin", status=200)
    cache = Served.shared.get("INTERMEDIATE_CACHE_BACKEND", "memory")
    for kind, name in {"database": "", "auth": "local", "tasks": "sql", "cache": cache, "jobs": "local"}.items():
        assert re.search(rf"<b>{kind}</b></th>\s*<td><code>{name}", page.text), kind
    assert page.text.count("Healthy") == 6
    assert re.search(r'class="figure">(None yet|[\d.]+ %)<', page.text)
    browser.get("/notes")
    assert "Hits" in browser.get("/admin")


def test_owners_are_listed_with_their_figures(browser: Browser, new_app: App, admin_api: Api) -> None:
    target, url = new_app
    ann, ben = make_api(target), make_api(target)
    put_report(url, ann.user_id, total_tasks=40, completed_tasks=30, overdue_tasks=2)
    page = browser.get("/admin")
    assert owners(page) == [ben.email, ann.email, admin_api.email]
    assert "3 people, 40 tasks, 2 overdue" in page
    assert cells(page, f"owner-{ann.user_id}")[:6] == ["User", "Active", "40", "10 open", "2 overdue", "75 %"]
    assert cells(page, f"owner-{ben.user_id}")[2:7] == ["–"] * 4 + ["None yet"]
    assert cells(page, f"owner-{admin_api.user_id}")[0] == "Admin"


@pytest.mark.parametrize(
    "junk",
    [
        {"total_tasks": "many", "completed_tasks": None, "overdue_tasks": -1, "generated_at": "yesterday"},
        {"total_tasks": 1e308, "completed_tasks": [], "generated_at": 5},
        {"total_tasks": 1, "completed_tasks": 9},
    ],
)
def test_a_document_that_somebody_else_wrote_breaks_nothing(browser: Browser, new_app: App, junk: Any) -> None:
    target, url = new_app
    ann = make_api(target)
    put_report(url, ann.user_id, **junk)
    assert ann.email in browser.get("/admin/users", status=200)


def test_owners_are_found_by_a_part_of_their_address(browser: Browser, new_app: App) -> None:
    people = [make_api(new_app[0]) for _ in range(3)]
    put_report(new_app[1], people[0].user_id, total_tasks=7, completed_tasks=7)
    part = people[0].email.partition("@")[0][2:]
    page = browser.get(f"/admin/users?q={part.upper()}")
    assert owners(page) == [people[0].email]
    assert "1 person with" in page
    assert cells(page, f"owner-{people[0].user_id}")[2] == "7"
    for nobody in ("zzz", "%", "_", "\\"):
        assert "No one with that address." in browser.get("/admin/users", {"q": nobody})
    fragment = browser.get("/admin/users?q=zzz", headers=HTMX)
    assert "<html" not in fragment
    assert "No one with that address." in fragment
    browser.get("/admin/users?q=" + "x" * 255, status=422)
    browser.get("/admin/users?offset=-1", status=422)
    browser.get("/admin/users?q=%00", status=422)


def test_owners_are_paged(browser: Browser, new_app: App) -> None:
    people = [make_api(new_app[0]).email for _ in range(4)]
    first = browser.get("/admin/users?limit=2&q=")
    assert (owners(first), "1 to 2 of 5" in first) == ([people[3], people[2]], True)
    second = first.click("Next page")
    assert (owners(second), "3 to 4 of 5" in second) == ([people[1], people[0]], True)
    third = second.click("Next page")
    assert "Next page" not in third
    assert owners(third.click("Previous page")) == owners(second)
    assert "There are no people on this page" in browser.get("/admin/users?offset=100")


def test_a_role_is_given_and_taken(browser: Browser, new_app: App, is_served: bool) -> None:
    ann = make_api(new_app[0])
    path = f"/admin/users/{ann.user_id}/change"
    answer = by_form(browser, f"/admin/users?q={ann.email}", path, role="admin")
    # TestApp does not know a server's port, so its Referer is that of another site.
    assert answer.location.endswith("/admin" if is_served else f"/admin/users?q={ann.email}")
    assert f"{ann.email} is now an administrator." in answer.follow()
    assert ann.get("/api/users", status=200)
    made = by_htmx(browser, path, role="user")
    assert made.text.count("<tr") == 1
    assert f"{ann.email} is no longer an administrator." in made
    ann.get("/api/users", status=403)


def test_an_account_is_switched_off_and_on(browser: Browser, new_app: App) -> None:
    ann = make_api(new_app[0])
    path = f"/admin/users/{ann.user_id}/change"
    assert f"Switched off {ann.email}." in by_form(browser, "/admin", path, is_active="false").follow()
    ann.get("/api/tasks", status=401)
    assert cells(browser.get("/admin"), f"owner-{ann.user_id}")[1] == "Off"
    assert f"Switched on {ann.email}." in by_htmx(browser, path, is_active="true")
    log_in(TestApp(new_app[0]), ann)


def test_the_last_administrator_stays_one(browser: Browser, new_app: App, admin_api: Api) -> None:
    path = f"/admin/users/{admin_api.user_id}/change"
    for fields in ({"role": "user"}, {"is_active": "false"}):
        assert "only administrator" in by_htmx(browser, path, 409, **fields)
        assert "only administrator" in by_form(browser, "/admin", path, 409)
    make_admin(*new_app)
    answer = by_form(browser, "/admin", path, role="user")
    assert answer.location.endswith("/account")
    assert "no longer an administrator" in answer.follow()
    browser.get("/admin", status=403)


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "owner"},
        {"is_active": "perhaps"},
        {"email": "taken@example.org"},
        {"role": "admin", "password_hash": "x"},
        {"role": "admin", "id": "1"},
    ],
)
@row("Z3-admin")
def test_only_role_and_state_can_be_changed(browser: Browser, new_app: App, fields: dict[str, str]) -> None:
    ann = make_api(new_app[0])
    by_htmx(browser, f"/admin/users/{ann.user_id}/change", 422, **fields)
    me = ann.get("/api/users/me").json
    assert (me["email"], me["role"], me["is_active"]) == (ann.email, "user", True)


def test_jobs_of_all_are_listed_by_status(browser: Browser, new_app: App) -> None:
    target, url = new_app
    assert "No jobs in the last 7 days." in browser.get("/admin")
    ann = make_api(target)
    put_job(url, ann.user_id, "finished", created_at=utcnow() - timedelta(days=8))
    assert "No jobs in the last 7 days." in browser.get("/admin/jobs")
    queued, running, failed = (put_job(url, ann.user_id, status) for status in ("queued", "running", "failed"))
    page = browser.get("/admin")
    assert "1 running, 1 queued, 1 failed in the last 24 hours" in page
    assert [int(found) for found in re.findall(r'<tr id="job-(\d+)"', page.text)] == [failed, running, queued]
    assert ann.email in cells(page, f"job-{queued}")
    assert "it broke" in page
    form = next(form for form in page.forms.values() if form.action == "/admin/jobs")
    form["status"] = "failed"
    only = form.submit(status=200)
    assert re.findall(r'<tr id="job-(\d+)"', only.text) == [str(failed)]
    assert "No cancelled jobs in the last 7 days." in browser.get("/admin/jobs?status=cancelled", headers=HTMX)
    browser.get("/admin/jobs?status=lost", status=422)


def test_a_failed_job_is_tried_again(browser: Browser, new_app: App) -> None:
    target, url = new_app
    ann = make_api(target)
    job = put_job(url, ann.user_id, "failed", attempts=4)
    answer = by_form(browser, "/admin/jobs?status=failed", f"/admin/jobs/{job}/retry")
    assert f"Job {job} is queued again." in answer.follow()
    wait_until(lambda: ann.get(f"/api/jobs/{job}").json["status"] == "finished", 20)
    assert ann.get(f"/api/jobs/{job}").json["attempts"] == 1
    assert ann.get(f"/api/jobs/task-report/{ann.user_id}").json["seq"] == job
    assert "Only failed jobs can be retried." in by_htmx(browser, f"/admin/jobs/{job}/retry", 409)


@pytest.mark.parametrize("status", ["queued", "running", "finished", "cancelled"])
def test_a_job_that_has_not_failed_is_not_tried_again(browser: Browser, new_app: App, status: str) -> None:
    ann = make_api(new_app[0])
    job = put_job(new_app[1], ann.user_id, status)
    assert "Only failed jobs can be retried." in by_htmx(browser, f"/admin/jobs/{job}/retry", 409)
    assert ann.get(f"/api/jobs/{job}").json["status"] == status
    assert f"/admin/jobs/{job}/retry" not in browser.get("/admin")


def test_a_job_whose_file_or_account_is_gone_is_not_tried_again(browser: Browser, new_app: App) -> None:
    ann = make_api(new_app[0])
    imported, orphan = put_job(new_app[1], ann.user_id, "failed", kind="import"), put_job(new_app[1], 999, "failed")
    assert "/retry" not in browser.get("/admin")
    assert "was deleted when the job ended" in by_htmx(browser, f"/admin/jobs/{imported}/retry", 409)
    assert "account that owned this job is gone" in by_htmx(browser, f"/admin/jobs/{orphan}/retry", 409)
    assert "A deleted account" in browser.get("/admin")


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_job_that_is_not_over_is_ended(browser: Browser, new_app: App, status: str) -> None:
    ann = make_api(new_app[0])
    job = put_job(new_app[1], ann.user_id, status)
    made = by_htmx(browser, f"/admin/jobs/{job}/cancel")
    assert (f"Cancelled job {job}." in made, made.text.count("<tr")) == (True, 1)
    assert ann.get(f"/api/jobs/{job}").json["status"] == "cancelled"
    assert "already ended" in by_htmx(browser, f"/admin/jobs/{job}/cancel", 409)


@row("Z4-admin")
def test_what_is_for_administrators_is_refused_to_others(new_app: App, admin_api: Api) -> None:
    target, url = new_app
    ann = make_api(target)
    job = put_job(url, admin_api.user_id, "failed")
    other = Browser(target)
    log_in(other, ann)
    for path in ("/admin", "/admin/users", "/admin/jobs"):
        page = other.get(path, status=403)
        assert "Not for this account" in page
        assert admin_api.email not in page
    pages = [by_htmx(other, f"/admin/jobs/{one}/retry", 403).text for one in (job, 999)]
    pages += [by_htmx(other, f"/admin/users/{one}/change", 403, role="admin").text for one in (ann.user_id, 999)]
    assert len({re.sub(r"[0-9a-f]{32}", "", page) for page in pages}) == 1
    assert admin_api.get(f"/api/jobs/{job}").json["status"] == "failed"
    assert ann.get("/api/users/me").json["role"] == "user"


@row("Z4-absent")
def test_what_is_not_there_is_404(browser: Browser) -> None:
    for path in ("/admin/users/999/change", "/admin/users/me/change", "/admin/jobs/999/retry", "/admin/jobs/0/cancel"):
        by_htmx(browser, path, 404, role="admin")
    for path in ("/admin/users/me", "/admin/users/1", "/admin/jobs/x", "/admin/zzz", "/admin/users/me/tokens"):
        browser.get(path, status=404)


@row("C1-admin")
def test_a_form_without_its_csrf_token_changes_nothing(browser: Browser, new_app: App) -> None:
    ann = make_api(new_app[0])
    job = put_job(new_app[1], ann.user_id, "failed")
    for path, fields in ((f"/admin/users/{ann.user_id}/change", {"role": "admin"}), (f"/admin/jobs/{job}/retry", {})):
        assert "Invalid CSRF token" in browser.post(path, fields, status=400)
    assert ann.get("/api/users/me").json["role"] == "user"
    assert ann.get(f"/api/jobs/{job}").json["status"] == "failed"


def test_only_administrators_are_led_there(browser: Browser, new_app: App) -> None:
    link = 'href="/admin"'
    assert (link in browser.get("/notes"), f'{link} aria-current="page"' in browser.get("/admin/jobs")) == (True, True)
    other = Browser(new_app[0])
    log_in(other, make_api(new_app[0]))
    assert link not in other.get("/notes")


def test_an_address_is_shown_as_text(browser: Browser, new_app: App) -> None:
    ann = make_api(new_app[0])
    job = put_job(new_app[1], ann.user_id, "failed", error='<img src=x onerror="x" hx-get="/">')
    page = browser.get("/admin")
    assert f"job-{job}" in page
    assert "<img" not in page
    assert "“<bdi>&lt;b&gt;</bdi>”" in browser.get("/admin/users?q=<b>")


@pytest.mark.parametrize(
    ("ini", "sentence"),
    [
        ({"analytics.backend": "null"}, "The analytics backend null stores nothing"),
        (
            {"analytics.backend": "mongo", "analytics.mongo.url": "mongodb://127.0.0.1:1/analytics"},
            "The analytics backend mongo is not responding",
        ),
    ],
    ids=["null", "away"],
)
def test_without_figures_there_is_a_sentence(
    new_database: NewDatabase, is_served: bool, tmp_path: Path, ini: dict[str, str], sentence: str
) -> None:
    with (
        new_database(tmp_path) as url,
        serving(is_served, tmp_path, **{"database.url": url}, **ini) as target,
    ):
        admin, browser = make_admin(target, url), Browser(target)
        log_in(browser, admin)
        page = browser.get("/admin", status=200)
        assert sentence in page
        assert owners(page) == [admin.email]
        away = ini["analytics.backend"] == "mongo"
        assert ("It catches up by itself once it is back." in page, page.text.count("health bad")) == (away, int(away))
