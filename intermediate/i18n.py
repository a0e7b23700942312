"""The languages of the site. Its words stand in the sources in English; gettext catalogues in `locale/` have others.

Templates say `{{ _("...") }}`, with `%(name)s` for what varies. Python makes a `TranslationString` with `_`, and a
template, or `request.localizer`, translates it. The API speaks English only: its clients read codes.
`make messages` collects the words anew; a test tells which of them a language lacks.
"""

from pathlib import Path
from typing import Any

import jinja2
from pyramid.config import Configurator
from pyramid.i18n import TranslationStringFactory

from intermediate.request import Request

DOMAIN = "intermediate"
LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English", "de": "Deutsch"}
COOKIE = "language"

_ = TranslationStringFactory(DOMAIN)


def negotiate(request: Request) -> str:
    """The language that somebody chose, else the best of those that the browser asks for (RFC 4647), else English."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    best: str = request.accept_language.lookup(language_tags=[*LANGUAGES], default="en")
    return best


@jinja2.pass_context
def translated(context: Any, message: Any) -> str:
    """A Jinja filter for words from Python: a TranslationString in the reader's language, and text as it is."""
    text: str = context["request"].localizer.translate(message)
    return text


def includeme(config: Configurator) -> None:
    config.add_settings({"jinja2.i18n.domain": DOMAIN, "jinja2.newstyle": "true"})
    config.add_translation_dirs(str(LOCALE))
    config.set_locale_negotiator(negotiate)
