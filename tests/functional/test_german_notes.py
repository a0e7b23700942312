"""The pages of tasks, jobs and reports in German."""

from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import Api
from tests.functional.test_note_conflicts import differences, edit_form
from tests.functional.test_notes_bulk import submit, undo
from tests.functional.test_reports import finished


@pytest.fixture
def german(site: TestApp) -> TestApp:
    site.post("/language", {"language": "de"})
    return site


@pytest.fixture
def tasks(api: Api) -> list[Any]:
    return [api.post_json("/api/tasks", {"title": title}, status=201).json for title in ("Eins", "Zwei", "Drei")]


def test_what_is_done_with_several_tasks_is_told_and_undone_in_german(german: TestApp, tasks: list[Any]) -> None:
    page = submit(german.get("/notes"), "complete", tasks[:2])
    assert "2 Aufgaben erledigt." in page
    assert "2 Aufgaben wieder geöffnet." in undo(page)
    assert "1 Aufgabe gelöscht." in submit(german.get("/notes"), "delete", tasks[2:])


def test_a_message_waits_in_the_language_in_which_it_was_said(german: TestApp, tasks: list[Any]) -> None:
    deleted = german.get(f"/notes/{tasks[0]['id']}").forms[f"delete-{tasks[0]['id']}"].submit(status=303)
    assert "„Eins“ gelöscht." in deleted.follow()


def test_a_conflict_names_fields_and_states_in_german(german: TestApp, api: Api, tasks: list[Any]) -> None:
    form = edit_form(german, tasks[0])
    api.patch_json(f"/api/tasks/{tasks[0]['id']}", {"status": "in_progress", "priority": "high"})
    form["description"] = "Meins"
    assert differences(form.submit(status=409)) == [
        ["Notizen", "Meins", "Leer"],
        ["Status", "Offen", "In Arbeit"],
        ["Priorität", "Normal", "Hoch"],
    ]


def test_days_and_bounds_are_written_as_germans_do(german: TestApp, api: Api) -> None:
    api.post_json("/api/tasks", {"title": "Alt", "due_at": "2021-03-01T09:30:00Z"})
    page = german.get("/notes?sort=title")
    assert page.html.select_one(".due")["title"] == "Mo. 1. März 2021, 09:30 UTC"
    page = german.get("/notes?status=all&due_after=2021-03-01T00:00:00Z&due_before=2021-03-02T00:00:00Z")
    assert "fällig von Mo. 1. März 2021 bis Di. 2. März 2021" in page
    assert "fällig ab Mo. 1. März 2021" in german.get("/notes?due_after=2021-03-01T00:00:00Z")
    assert "fällig bis Mo. 1. März 2021" in german.get("/notes?due_before=2021-03-01T00:00:00Z")


def test_a_report_is_german_and_its_file_is_not(german: TestApp, api: Api, tasks: list[Any]) -> None:
    api.patch_json(f"/api/tasks/{tasks[0]['id']}", {"status": "completed"})
    job = finished(api, api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}).json["id"])
    page = german.get("/reports")
    assert "33,3 %" in page
    assert "3 Aufgaben insgesamt" in page
    assert german.get("/reports/csv").text == german.get("/reports/csv", headers={"Accept-Language": "en"}).text
    assert f"Bericht {job['id']}" in german.get("/jobs")
    assert "Der Bericht ist fertig." in german.get(f"/jobs/{job['id']}")


def test_the_api_answers_in_english(api: Api) -> None:
    answer = api.post_json("/api/tasks", {"title": ""}, headers={"Accept-Language": "de"}, status=422).json
    assert answer["title"] == "Something needs fixing"
