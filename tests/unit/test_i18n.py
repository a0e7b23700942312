"""The content of the message catalogues, and the choice of the language."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from markupsafe import Markup
from pyramid import testing
from pyramid.i18n import make_localizer
from webob.acceptparse import create_accept_language_header

from intermediate.i18n import COOKIE, DOMAIN, LANGUAGES, LOCALE, _, english, negotiate, ngettext, sentences, translate
from intermediate.rate_limits import again
from intermediate.views.words import date_sentence

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACES = re.compile(r"%\(\w+\)\w|\$\{\w+\}")


def catalogue(language: str, kind: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.{kind}").open("rb") as file:
        return read_po(file) if kind == "po" else read_mo(file)


def listed(text: str | Sequence[str] | None) -> list[str]:
    """Return a message, or its singular and its plural, as a list."""
    return [text or ""] if text is None or isinstance(text, str) else [*text]


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_varies_stands_in_each_language(language: str) -> None:
    for message in catalogue(language, "po"):
        for text in listed(message.string):
            assert set(PLACES.findall(text)) <= set(PLACES.findall(listed(message.id)[-1])), message.id
            assert "%" not in PLACES.sub("", text).replace("%%", ""), "Jinja formats with %"


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_its_source(language: str) -> None:
    source, compiled = ([(listed(m.id), listed(m.string)) for m in catalogue(language, kind)] for kind in ("po", "mo"))
    assert sorted(source[1:]) == sorted(compiled[1:]), "make messages"


@pytest.fixture(scope="module")
def words() -> set[object]:
    """Return the messages in the sources."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    found = extract_from_dir(ROOT / "intermediate", methods, {mapping["pattern"]: mapping for mapping in mappings})
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_language_lacks_no_word(language: str, words: set[object]) -> None:
    known = {message.id: message.string for message in catalogue(language, "po") if message.id}
    assert words == set(known), "make messages"
    assert [word for word, said in known.items() if not all(listed(said))] == []


@pytest.mark.parametrize(
    ("asked", "chosen", "got"),
    [
        ("", "", "en"),
        ("de", "", "de"),
        ("de-AT,en;q=0.5", "", "de"),
        ("en,de;q=0.9", "", "en"),
        ("fr,de;q=0.5", "", "de"),
        ("fr", "", "en"),
        ("*", "", "en"),
        ("rubbish;;q=", "", "en"),
        ("de", "en", "en"),
        ("en", "de", "de"),
        ("en", "../../etc", "en"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_best_of_the_browsers(asked: str, chosen: str, got: str) -> None:
    request = testing.DummyRequest(
        accept_language=create_accept_language_header(asked or None), cookies={COOKIE: chosen} if chosen else {}
    )
    assert negotiate(request) == got


SESSIONS = ("Logged out the other session.", "Logged out the other ${count} sessions.")


@pytest.mark.parametrize(
    ("message", "in_english", "in_german"),
    [
        (_("Save"), "Save", "Speichern"),
        (_("Allowed here: ${methods}.", mapping={"methods": "GET"}), "Allowed here: GET.", "Erlaubt ist hier: GET."),
        (_("More than ${most} fields.", mapping={"most": 1000}), "More than 1,000 fields.", "Mehr als 1.000 Felder."),
        (ngettext(*SESSIONS, 1), "Logged out the other session.", "Die andere Sitzung wurde abgemeldet."),
        (
            ngettext(*SESSIONS, 2000),
            "Logged out the other 2,000 sessions.",
            "Die anderen 2.000 Sitzungen wurden abgemeldet.",
        ),
        (
            sentences(_("Invalid CSRF token."), _("Send it again.")),
            "Invalid CSRF token. Send it again.",
            "Ungültiges CSRF-Token. Senden Sie es noch einmal.",
        ),
        (date_sentence("2026-11-31"), "November has 30 days.", "Der November hat 30 Tage."),
        (date_sentence("2027-02-29"), "February 2027 has 28 days.", "Der Februar 2027 hat 28 Tage."),
        (again(40), "Try again in 40 seconds.", "Versuchen Sie es in 40 Sekunden noch einmal."),
        (again(60), "Try again in 1 minute.", "Versuchen Sie es in 1 Minute noch einmal."),
        (again(61), "Try again in 2 minutes.", "Versuchen Sie es in 2 Minuten noch einmal."),
        (again(90_000), "Try again in 25 hours.", "Versuchen Sie es in 25 Stunden noch einmal."),
        (
            _("Revoked “${name}”.", mapping={"name": "${name} %s"}),
            "Revoked “${name} %s”.",
            "„${name} %s“ wurde widerrufen.",
        ),
        ("Save", "Save", "Save"),
        ("", "", ""),
    ],
)
def test_words_from_python_are_told_in_each_language(message: str, in_english: str, in_german: str) -> None:
    assert english(message) == in_english
    assert translate(make_localizer("de", [str(LOCALE)]), message) == in_german


def test_markup_stays_markup() -> None:
    assert type(translate(make_localizer("de", [str(LOCALE)]), Markup("<b>"))) is Markup
