"""`docs/settings.md` is up to date."""

from tests.unit.settings_page import PAGE, made, models


def test_the_page_is_as_it_would_be_made() -> None:
    assert PAGE.read_text() == made(), "make docs"


def test_every_setting_says_what_it_is() -> None:
    fields = {f"{section}.{name}": field for section, model in models() for name, field in model.model_fields.items()}
    assert len(fields) > 30
    assert [key for key, field in fields.items() if not field.description] == []
