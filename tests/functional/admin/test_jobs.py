"""`/admin/jobs`: the jobs of all users, which can be retried and cancelled."""

import re
from datetime import timedelta

import pytest

from intermediate.models.base import utcnow
from tests.functional.admin.conftest import HTMX, App, by_form, by_htmx, cells, put_job
from tests.functional.conftest import Browser, make_api
from tests.serving import wait_until

pytestmark = pytest.mark.slow


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
    wait_until(lambda: ann.get(f"/api/jobs/{job}").json["status"] == "finished")
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
