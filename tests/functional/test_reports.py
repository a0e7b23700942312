"""Reports are requested, awaited and read, on the site and through the API."""

import csv
import io
from pathlib import Path
from typing import Any

from webtest import TestApp

from tests.conftest import NewDatabase
from tests.functional.conftest import Api, new_email, register, serving
from tests.functional.test_pages import INLINE
from tests.functional.test_tasks import log_in
from tests.serving import wait_until

REPORT = "/api/jobs/task-report"


def finished(api: Api, job_id: int) -> dict[str, Any]:
    """Wait until a job has ended, and return it."""
    over = ("finished", "failed", "cancelled")
    wait_until(lambda: api.get(f"/api/jobs/{job_id}").json["status"] in over)
    job: dict[str, Any] = api.get(f"/api/jobs/{job_id}").json
    return job


def test_a_report_counts_the_owners_tasks(api: Api, other: Api) -> None:
    for status in ("pending", "pending", "in_progress", "completed"):
        api.post_json("/api/tasks", {"title": "x", "status": status})
    api.post_json("/api/tasks", {"title": "late", "due_at": "2020-01-01T00:00:00Z"})
    other.post_json("/api/tasks", {"title": "not counted"})
    api.get(f"{REPORT}/{api.user_id}", status=404)

    asked = api.post_json(REPORT, {"owner_id": api.user_id}, headers={"X-Request-ID": "asks.for-it"}, status=202)
    assert asked.location.endswith(f"/api/jobs/{asked.json['id']}")
    job = finished(api, asked.json["id"])
    assert (job["status"], job["progress"], job["attempts"], job["request_id"]) == ("finished", 100, 1, "asks.for-it")

    report = api.get(job["result_url"]).json
    counts = {name: report[f"{name}_tasks"] for name in ("total", "pending", "in_progress", "completed", "overdue")}
    assert counts == {"total": 5, "pending": 3, "in_progress": 1, "completed": 1, "overdue": 1}
    assert report["completion_rate"] == 0.2
    assert (report["owner_id"], report["seq"], report["request_id"]) == (api.user_id, job["id"], "asks.for-it")
    weeks = report["created_per_week"]
    assert len(weeks) == 104
    assert weeks[-1]["created"] + weeks[-2]["created"] == 5  # a new week may have begun


def test_a_report_of_another_owner_is_forbidden_and_nothing_is_asked(api: Api, other: Api) -> None:
    assert api.post_json(REPORT, {"owner_id": other.user_id}, status=403).json["code"] == "forbidden"
    assert api.get(f"{REPORT}/{other.user_id}", status=403).json["code"] == "forbidden"
    assert api.get("/api/jobs").json["total"] == 0
    assert other.get("/api/jobs").json["total"] == 0


def test_a_job_is_its_owners(api: Api, other: Api) -> None:
    job = api.post_json(REPORT, {"owner_id": api.user_id}).json
    other.get(f"/api/jobs/{job['id']}", status=404)
    other.delete(f"/api/jobs/{job['id']}", status=404)
    finished(api, job["id"])
    assert [one["id"] for one in api.get("/api/jobs?status=finished").json["items"]] == [job["id"]]
    assert api.delete(f"/api/jobs/{job['id']}", status=409).json["code"] == "job_over"


def test_a_request_for_a_report_names_the_owner_as_a_number(api: Api) -> None:
    for owner in ("1", 1.0, True, None, 0, -1, 2**63, {"$gt": ""}, [1]):
        answer = api.post_json(REPORT, {"owner_id": owner}, status=422)
        assert answer.json["errors"][0]["loc"] == ["body", "owner_id"], owner
    api.post_json(REPORT, {}, status=422)


def test_the_site_makes_and_shows_a_report(app: TestApp, api: Api) -> None:
    api.post_json("/api/tasks", {"title": "x", "status": "completed"})
    log_in(app, api)
    page = app.get("/reports")
    assert "No report yet" in page
    assert page.forms["generate"].submit(status=303).location.endswith("/reports")
    [job] = api.get("/api/jobs").json["items"]
    finished(api, job["id"])
    assert "The report is ready." in app.get(f"/jobs/{job['id']}")
    assert "1 of 1" in app.get("/reports").text.replace("\n", " ")


def test_htmx_gets_parts_of_the_page_and_all_of_it_when_the_job_is_over(app: TestApp, api: Api) -> None:
    log_in(app, api)
    token = app.get("/reports").forms["generate"]["csrf_token"].value
    headers = {"HX-Request": "true", "X-CSRF-Token": token}
    answer = app.post("/reports", headers=headers, status=200)
    assert "<html" not in answer
    [job] = api.get("/api/jobs").json["items"]
    assert f'data-events="/jobs/{job["id"]}/events"' in answer or "By status" in answer
    finished(api, job["id"])
    done = app.get("/reports", headers=headers)
    assert (done.headers["HX-Retarget"], done.headers["HX-Reswap"]) == ("#report", "outerHTML")
    assert "<html" not in done
    assert "By status" in done
    panel = app.get(f"/jobs/{job['id']}", headers=headers)
    assert (panel.headers["HX-Reswap"], panel.html.find("h2").text) == ("outerHTML", "The report is ready.")


def test_each_chart_has_a_name_and_a_table(app: TestApp, api: Api) -> None:
    for status in ("pending", "in_progress", "completed"):
        api.post_json("/api/tasks", {"title": "x", "status": status})
    api.post_json("/api/tasks", {"title": "late", "due_at": "2020-01-01T00:00:00Z"})
    finished(api, api.post_json(REPORT, {"owner_id": api.user_id}).json["id"])
    log_in(app, api)
    page = app.get("/reports")
    drawings, details = page.html.select("svg[role=img]"), page.html.select(".panel details")
    names = [drawing["aria-label"] for drawing in drawings]
    assert names[0] == "Completed 1, In progress 1, Pending 2."
    assert (
        names[1] == "4 created and 1 completed in eight weeks; most created in a week: 4; most completed in a week: 1."
    )
    assert names[2].startswith("Half of the completed tasks took at most")
    assert names[3] == "1 of 3 open tasks overdue."
    assert [bool(detail.select("table")) for detail in details] == [True] * 4
    assert len(details[1].select("tbody tr")) == 104


def test_a_report_without_tasks_is_drawn_empty(app: TestApp, api: Api) -> None:
    finished(api, api.post_json(REPORT, {"owner_id": api.user_id}).json["id"])
    log_in(app, api)
    page = app.get("/reports")
    for words in ("No tasks", "Nothing completed yet", "Nothing is late", "0 %"):
        assert words in page
    assert "See them" not in page


def test_a_report_is_a_file_for_spreadsheets(app: TestApp, api: Api) -> None:
    api.post_json("/api/tasks", {"title": "x", "status": "completed"})
    log_in(app, api)
    assert "There is no report yet" in app.get("/reports/csv", status=404)
    asked = api.post_json(REPORT, {"owner_id": api.user_id}, headers={"X-Request-ID": "-1.cmd"})
    finished(api, asked.json["id"])
    answer = app.get("/reports").click("CSV")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="report-{asked.json["id"]}.csv"'
    assert answer.content_type == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    middle = rows.index([])
    figures = dict(rows[1:middle])
    assert (figures["total_tasks"], figures["completion_rate"], figures["request_id"]) == ("1", "1.0", "'-1.cmd")
    assert rows[middle + 1] == ["week", "created", "completed"]
    assert len(rows[middle + 2 :]) == 104
    assert sum(int(created) for _, created, _ in rows[middle + 2 :]) == 1


def test_the_site_lists_ones_own_jobs(app: TestApp, api: Api, other: Api) -> None:
    other.post_json(REPORT, {"owner_id": other.user_id})
    log_in(app, api)
    assert "No jobs in the last 7 days." in app.get("/jobs")
    asked = api.post_json(REPORT, {"owner_id": api.user_id}).json
    finished(api, asked["id"])
    page = app.get("/jobs")
    assert len(page.html.select(".job-row")) == 1
    assert "The report is ready." in page.click(f"Report {asked['id']}")


def test_what_is_over_is_not_cancelled_and_the_page_says_so(app: TestApp, api: Api) -> None:
    log_in(app, api)
    asked = api.post_json(REPORT, {"owner_id": api.user_id}).json
    finished(api, asked["id"])
    token = app.get("/reports").forms["generate"]["csrf_token"].value
    back = app.post(f"/jobs/{asked['id']}/cancel", {"csrf_token": token}, status=303)
    assert back.location.endswith("/jobs")
    assert "The job had already ended." in back.follow()
    for sender, then in (
        (f"http://{app.get('/jobs').request.host}/reports", "/reports"),
        ("http://x.example/reports", "/jobs"),
    ):
        form = {"csrf_token": token}
        back = app.post(f"/jobs/{asked['id']}/cancel", form, headers={"Referer": sender}, status=303)
        assert back.location.endswith(then)
    headers = {"HX-Request": "true", "X-CSRF-Token": token}
    answer = app.post(f"/jobs/{asked['id']}/cancel", headers=headers, status=204)
    assert answer.headers["HX-Trigger"] == "told"


def test_the_page_of_an_import_says_what_came_of_each_row(app: TestApp, api: Api) -> None:
    log_in(app, api)
    head = "title,description,status,created_at\n"
    csv_type = {"Content-Type": "text/csv"}
    mixed = api.post("/api/tasks/import", f"{head}Good,,pending,\n,,pending,\n<b>x</b>,,odd,\n", headers=csv_type).json
    empty = api.post("/api/tasks/import", head, headers=csv_type).json
    broken = api.post("/api/tasks/import", f'{head}"open', headers=csv_type).json
    for job in (mixed, empty, broken):
        finished(api, job["id"])
    page = app.get(f"/jobs/{mixed['id']}")
    assert page.html.find(id="job-title").text == "1 task imported, 2 rows rejected"
    assert [row.find("th").text for row in page.html.select(".job tbody tr")] == ["3", "4"]
    assert "report" not in page.html.find("main").text.lower()
    assert "The file had no rows." in app.get(f"/jobs/{empty['id']}")
    failed = app.get(f"/jobs/{broken['id']}").html.find(class_="job").text
    assert "The import did not finish. It was tried once." in failed
    assert "Nothing was imported. The file cannot be read:" in failed


def test_while_the_queue_is_away_reports_are_paused_and_nothing_is_written(
    new_database: NewDatabase, is_served: bool, tmp_path: Path
) -> None:
    away = {"jobs.backend": "rq", "jobs.rq.url": "redis://127.0.0.1:1/0"}
    with new_database(tmp_path) as url, serving(is_served, tmp_path, **{"database.url": url}, **away) as target:
        browser = register(target, new_email())
        form = browser.get("/reports").forms["generate"]
        answer = form.submit(status=503)
        assert answer.headers["Retry-After"]
        assert "Reports are paused. Try again in a few seconds." in answer
        headers = {"HX-Request": "true", "X-CSRF-Token": form["csrf_token"].value}
        assert "Reports are paused." in browser.post("/reports", headers=headers, status=503)
        assert "No report yet" in browser.get("/reports")
        assert "Your report" not in browser.get("/notes")


def test_the_notes_name_a_report_until_it_was_seen(app: TestApp, api: Api) -> None:
    log_in(app, api)
    assert "Your report" not in app.get("/notes")
    app.get("/reports").forms["generate"].submit(status=303)
    assert "Your report" in app.get("/notes")
    [job] = api.get("/api/jobs").json["items"]
    finished(api, job["id"])
    assert "Your report is ready." in app.get("/reports/banner")
    app.get("/reports")
    assert "Your report" not in app.get("/notes")


def test_an_administrator_sees_that_a_job_is_anothers(app: TestApp, api: Api, admin: Api) -> None:
    asked = api.post_json(REPORT, {"owner_id": api.user_id}).json
    finished(api, asked["id"])
    log_in(app, admin)
    page = app.get(f"/jobs/{asked['id']}")
    assert "The report is ready." in page
    assert "Show the report" not in page


def test_the_pages_of_reports_and_jobs_hold_nothing_inline(app: TestApp, api: Api) -> None:
    log_in(app, api)
    asked = api.post_json(REPORT, {"owner_id": api.user_id}).json
    for path in ("/reports", "/jobs", f"/jobs/{asked['id']}"):
        page = app.get(path)
        assert not INLINE.search(page.text), path
        assert page.text.count("<h1") == 1
    finished(api, asked["id"])
    assert not INLINE.search(app.get("/reports").text)
