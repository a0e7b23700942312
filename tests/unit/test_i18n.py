"""What the catalogues of each language hold, and who gets which language."""

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from pyramid import testing
from webob.acceptparse import create_accept_language_header

from intermediate.i18n import COOKIE, DOMAIN, LANGUAGES, LOCALE, negotiate

TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACES = re.compile(r"%\(\w+\)\w|\$\{\w+\}")


def catalogue(language: str, kind: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.{kind}").open("rb") as file:
        return read_po(file) if kind == "po" else read_mo(file)


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_varies_stands_in_each_language(language: str) -> None:
    for message in catalogue(language, "po"):
        ids, said = (value if isinstance(value, (tuple, list)) else (value,) for value in (message.id, message.string))
        for text in said:
            assert set(PLACES.findall(text or "")) <= set(PLACES.findall(ids[-1] or "")), message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_its_source(language: str) -> None:
    source, compiled = ({m.id: m.string for m in catalogue(language, kind) if m.id} for kind in ("po", "mo"))
    assert source == compiled, "make messages"


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
