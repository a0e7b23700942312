"""Reports: asked for, waited for, read. On the site and through the API."""

from typing import Any

from webtest import TestApp

from tests.functional.conftest import Api
from tests.functional.test_tasks import log_in
from tests.serving import wait_until

REPORT = "/api/jobs/task-report"


def finished(api: Api, job_id: int) -> dict[str, Any]:
    """The job, once it is over."""
    over = ("finished", "failed", "cancelled")
    wait_until(lambda: api.get(f"/api/jobs/{job_id}").json["status"] in over, 30)
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
    assert weeks[-1]["created"] + weeks[-2]["created"] == 5  # the week may have ended meanwhile


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
    assert "<html" not in app.get(f"/jobs/{job['id']}")
    assert "1 of 1" in app.get("/reports").text.replace("\n", " ")


def test_htmx_gets_the_job_in_place_of_a_page(app: TestApp, api: Api) -> None:
    log_in(app, api)
    token = app.get("/reports").forms["generate"]["csrf_token"].value
    answer = app.post("/reports", headers={"HX-Request": "true", "X-CSRF-Token": token}, status=200)
    assert "<html" not in answer
    assert "<progress" in answer


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
    for words in ("There are no tasks", "Nothing completed yet", "Nothing is late", "0 %"):
        assert words in page
    assert "See them" not in page
