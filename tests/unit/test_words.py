"""What the site says: errors beside fields, times, durations, shares."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from intermediate import templating
from intermediate.i18n import english
from intermediate.models.base import utcnow
from intermediate.schemas.accounts import Registration
from intermediate.schemas.tasks import iso
from intermediate.views.note_form import new_task, task_changes
from intermediate.views.words import field_errors
from intermediate.zones import UTC


def errors_of(**form: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        new_task(form, UTC)
    return in_english(caught.value)


def in_english(error: ValidationError) -> dict[str, str]:
    return {field: english(words) for field, words in field_errors(error).items()}


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        ({"title": " "}, "title", "Give the task a title."),
        ({"priority": "low"}, "title", "Give the task a title."),
        ({"title": "x" * 214}, "title", "At most 200 characters; this has 214."),
        ({"title": "x", "description": "y" * 10_001}, "description", "At most 10,000 characters; this has 10,001."),
        ({"title": "x", "due_at": "2026-11-31T10:00"}, "due_at", "November has 30 days."),
        ({"title": "x", "due_at": "2027-02-29T10:00"}, "due_at", "February 2027 has 28 days."),
        ({"title": "x", "due_at": "soon"}, "due_at", "Write the date and time as 2026-11-30 17:00."),
        ({"title": "x", "due_at": "1700000000"}, "due_at", "Write the date and time as 2026-11-30 17:00."),
        ({"title": "x", "due_at": "9999-12-31T23:59"}, "due_at", "The year should be between 2 and 9998."),
        ({"title": "x", "tags": "a, " + "t" * 41}, "tags", "A tag has at most 40 characters; this has 41."),
        ({"title": "x", "tags": ",".join(f"t{n}" for n in range(21))}, "tags", "At most 20 tags."),
        ({"title": "x", "priority": "urgent"}, "priority", "Choose one of those on offer."),
        ({"title": "x\x00"}, "title", "This holds a character that cannot be stored."),
        ({"title": "x", "colour": "red"}, "form", "This form sent a field that is not known here. Reload the page."),
    ],
)
def test_a_mistake_is_told_in_plain_words(form: dict[str, str], field: str, sentence: str) -> None:
    assert errors_of(**form) == {field: sentence}


def test_registering_is_told_in_the_same_words() -> None:
    with pytest.raises(ValidationError) as caught:
        Registration.model_validate({"email": "mara@lindgren", "password": "short"})
    assert in_english(caught.value) == {
        "email": "This address is not complete. It should look like name@example.org.",
        "password": "At least 8 characters.",
    }


def test_a_form_becomes_a_task() -> None:
    form = {"title": " Call ", "description": "a\r\nb", "due_at": "2026-11-30T17:00", "tags": " b ,a,, b"}
    new = new_task(form, UTC).to_new()
    assert (new.title, new.description, new.tags) == ("Call", "a\nb", ("a", "b"))
    assert iso(new.due_at) == "2026-11-30T17:00:00Z"


def test_an_empty_field_of_the_edit_form_clears_what_was_there() -> None:
    changes = task_changes({"title": "Call", "description": "", "due_at": "", "tags": ""}, UTC).changes()
    assert changes == {"title": "Call", "description": None, "due_at": None, "tags": ()}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (720, "12 min"),
        (15_000, "4 h 10 min"),
        (86_400, "1 day"),
        (187_200, "2 days 4 h"),
        (86_460, "1 day"),
    ],
)
def test_a_duration_is_told_by_its_greatest_parts(seconds: float, words: str) -> None:
    assert templating.duration_words(seconds) == words


def test_what_is_late_says_how_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """In days of the reader's calendar, and on the same day in hours."""
    monkeypatch.setattr(templating, "utcnow", lambda: datetime(2026, 11, 25, 13, tzinfo=UTC))
    zone = ZoneInfo("Europe/Brussels")
    wanted = {
        "2026-11-25T12:55:00Z": "5 min late",
        "2026-11-25T10:00:00Z": "3 h late",
        "2026-11-24T23:00:00Z": "14 h late",
        "2026-11-24T22:59:00Z": "1 day late",
        "2026-11-20T12:00:00Z": "5 days late",
        "2026-11-25T14:00:00Z": "",
    }
    assert {due: templating.late_words(due, zone) for due in wanted} == wanted


def test_a_due_date_is_told_from_today() -> None:
    today = utcnow().replace(hour=17, minute=0, second=0, microsecond=0)
    assert templating.due_words(iso(today) or "", UTC) == "Today 17:00"
    assert templating.due_words(iso((today + timedelta(days=1)).replace(hour=0)) or "", UTC) == "Tomorrow"
    assert templating.due_words(iso(today.replace(hour=23, minute=59)) or "", UTC) == "Today"
    assert templating.due_words("2021-03-01T09:30:00Z", UTC) == "Mon 1 Mar 2021 09:30"


def test_under_a_heading_that_names_the_day_a_due_date_is_its_time() -> None:
    today = iso(utcnow().replace(hour=17, minute=0)) or ""
    assert templating.due_words(today, UTC, "today") == "17:00"
    assert templating.due_words(iso(utcnow().replace(hour=23, minute=59)) or "", UTC, "today") == "Today"
    assert templating.due_words("2026-03-06T14:00:00Z", UTC, "week") == "Fri 14:00"
    assert templating.due_words("2026-03-06T14:00:00Z", UTC, "later") == "Fri 6 Mar 14:00"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (240, "4 minutes ago"),
        (7200, "2 hours ago"),
        (86400 * 3, "3 days ago"),
    ],
)
def test_how_long_ago_a_time_was_is_said_in_its_greatest_unit(seconds: int, words: str) -> None:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templating, "utcnow", lambda: now)
        assert templating.ago_words((now - timedelta(seconds=seconds)).isoformat()) == words


def job(status: str, progress: int, kind: str = "task-report") -> dict[str, Any]:
    times = {"created_at": "2026-11-25T12:00:00Z", "started_at": "2026-11-25T12:00:00.4Z"}
    return {"kind": kind, "status": status, "progress": progress, **times}


def test_a_job_is_at_one_step() -> None:
    queued = templating.job_steps(job("queued", 0))
    assert queued[0] == ("Waiting for a worker", "in_progress", "")
    running = templating.job_steps(job("running", 62))
    assert [step.state for step in running] == ["completed", "completed", "in_progress", "pending"]
    assert [step.took for step in running] == ["0.4 s", "", "", ""]
    assert [step.name for step in templating.job_steps(job("running", 0, "import")) if step.state == "in_progress"] == [
        "Adding the tasks"
    ]
