"""The texts beside form fields, and the conversion of forms to tasks."""

import pytest
from pydantic import Field, ValidationError
from pyramid.i18n import make_localizer

from intermediate.i18n import LOCALE, english, translate
from intermediate.schemas.accounts import Registration
from intermediate.schemas.tasks import TaskIn, iso
from intermediate.views import note_form
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
        ({"title": "x", "due_at": "soon"}, "due_at", "Enter the date and time as 2026-11-30 17:00."),
        ({"title": "x", "due_at": "1700000000"}, "due_at", "Enter the date and time as 2026-11-30 17:00."),
        ({"title": "x", "due_at": "9999-12-31T23:59"}, "due_at", "The year must be between 2 and 9998."),
        ({"title": "x", "tags": "a, " + "t" * 41}, "tags", "A tag can have at most 40 characters; this has 41."),
        ({"title": "x", "tags": ",".join(f"t{n}" for n in range(21))}, "tags", "At most 20 tags."),
        ({"title": "x", "priority": "urgent"}, "priority", "Choose one of the listed options."),
        ({"title": "x\x00"}, "title", "This contains a character that cannot be stored."),
        ({"title": "x", "colour": "red"}, "form", "This form sent an unknown field. Reload the page."),
    ],
)
def test_a_mistake_is_told_in_plain_words(form: dict[str, str], field: str, sentence: str) -> None:
    assert errors_of(**form) == {field: sentence}


def test_registering_is_told_in_the_same_words() -> None:
    with pytest.raises(ValidationError) as caught:
        Registration.model_validate({"email": "mara@lindgren", "password": "short"})
    assert in_english(caught.value) == {
        "email": "This address is incomplete. It should look like name@example.org.",
        "password": "At least 8 characters.",
    }


def test_a_field_that_is_a_number_is_read_as_one_and_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Estimated(TaskIn):
        minutes: int | None = None

    monkeypatch.setattr(note_form, "TaskIn", Estimated)
    monkeypatch.setattr(note_form, "LABELS", {"minutes": "Minutes"})
    assert new_task({"title": "x", "minutes": "90"}, UTC).model_dump()["minutes"] == 90
    assert new_task({"title": "x", "minutes": ""}, UTC).model_dump()["minutes"] is None
    task: dict[str, object] = {"due_at": None, "tags": [], "version": 1}
    assert [note_form.form_of(task | {"minutes": value}, UTC)["minutes"] for value in (0, None)] == ["0", ""]


@pytest.mark.parametrize(
    ("field", "value", "sentence", "german"),
    [
        ("minutes", "soon", "Enter a whole number.", "Geben Sie eine ganze Zahl ein."),
        ("minutes", "1.5", "Enter a whole number.", "Geben Sie eine ganze Zahl ein."),
        ("minutes", "9" * 5000, "Enter a whole number.", "Geben Sie eine ganze Zahl ein."),
        ("minutes", "0", "At least 1.", "Mindestens 1."),
        ("minutes", "1001", "At most 1,000.", "Höchstens 1.000."),
        ("weight", "heavy", "Enter a number.", "Geben Sie eine Zahl ein."),
        ("weight", "0", "More than 0.", "Mehr als 0."),
        ("weight", "2.5", "Less than 2.5.", "Weniger als 2,5."),
    ],
)
def test_what_is_wrong_with_a_number_is_told_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str, sentence: str, german: str
) -> None:
    class Measured(TaskIn):
        minutes: int | None = Field(None, ge=1, le=1000)
        weight: float | None = Field(None, gt=0, lt=2.5)

    monkeypatch.setattr(note_form, "TaskIn", Measured)
    with pytest.raises(ValidationError) as caught:
        new_task({"title": "x", field: value}, UTC)
    words = field_errors(caught.value)
    assert {name: english(found) for name, found in words.items()} == {field: sentence}
    assert translate(make_localizer("de", [str(LOCALE)]), words[field]) == german


def test_a_form_becomes_a_task() -> None:
    form = {"title": " Call ", "description": "a\r\nb", "due_at": "2026-11-30T17:00", "tags": " b ,a,, b"}
    new = new_task(form, UTC).to_new()
    assert (new.title, new.description, new.tags) == ("Call", "a\nb", ("a", "b"))
    assert iso(new.due_at) == "2026-11-30T17:00:00Z"


def test_an_empty_field_of_the_edit_form_clears_what_was_there() -> None:
    changes = task_changes({"title": "Call", "description": "", "due_at": "", "tags": ""}, UTC).changes()
    assert changes == {"title": "Call", "description": None, "due_at": None, "tags": ()}
