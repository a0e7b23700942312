"""How templates format texts in the user's language."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment

import intermediate
from intermediate.templating import SITE, make_gettext
from tests.unit.readers import ENGLISH, GERMAN, Somebody

made = make_gettext()
TEMPLATES = Path(intermediate.__file__).parent / "templates"


def said(template: str, reader: Somebody, **values: Any) -> str:
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals["_"] = environment.globals["gettext"] = made
    return environment.from_string(template).render(request=reader, **values)


def test_each_reader_has_their_own_words_whoever_read_before() -> None:
    for _ in range(2):
        assert said('{{ _("Delete") }}', ENGLISH) == "Delete"
        assert said('{{ _("Delete") }}', GERMAN) == "Löschen"


def test_what_varies_is_escaped_and_the_words_around_it_are_not() -> None:
    asked = "{% trans id=id %}request <code>{{ id }}</code>{% endtrans %}"
    assert said(asked, GERMAN, id="<b>") == "Anfrage <code>&lt;b&gt;</code>"
    assert said('{{ _("Select: %(title)s", title=title) }}', GERMAN, title="<b> %s") == "Auswählen: &lt;b&gt; %s"


def test_a_percent_sign_is_one() -> None:
    assert said('{{ _("Each square is 2 %% of them") }}', ENGLISH) == "Each square is 2 % of them"
    assert said('{{ _("Each square is 2 %% of them") }}', GERMAN) == "Jedes Quadrat steht für 2 % davon"


def test_the_name_of_the_site_is_said_in_one_place() -> None:
    said = {path.name: re.sub(r"intermediate:\w+/", "", path.read_text()) for path in TEMPLATES.rglob("*.jinja2")}
    assert [name for name, text in said.items() if SITE in text] == []
