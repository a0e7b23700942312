"""The languages of the site. Its words stand in the sources in English; gettext catalogues in `locale/` have others.

Templates say `{{ _("...") }}`, with `%(name)s` for what varies. Python makes a `TranslationString` with `_` or
`ngettext`, with `${name}` for what varies, and it is translated where it is shown: by the filter `translated`, or by
`translate`. The API speaks English only: its clients read codes.
`make messages` collects the words anew; a test tells which of them a language lacks.
"""

from pathlib import Path
from typing import Any

import jinja2
from babel.numbers import format_decimal
from pyramid.config import Configurator
from pyramid.i18n import Localizer, TranslationString, TranslationStringFactory

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
    return request.accept_language.lookup(language_tags=[*LANGUAGES], default="en")


class Counted(TranslationString):
    """Words that differ with a count, which they say by `${count}`."""

    plural: str
    count: int


def ngettext(singular: str, plural: str, count: int, **mapping: Any) -> Counted:
    words = Counted(singular, domain=DOMAIN, mapping={"count": count, **mapping})
    words.plural, words.count = plural, count
    return words


def sentences(*said: str) -> TranslationString:
    """Several sentences as one text."""
    names = [f"part{number}" for number in range(len(said))]
    return TranslationString(" ".join(f"${{{name}}}" for name in names), mapping=dict(zip(names, said, strict=True)))


def translate(localizer: Localizer, message: Any) -> Any:
    """Words from Python in the localizer's language, and anything else as it is.

    Of what varies in them, words are translated, numbers written as the language writes them, and functions called
    with the language's name.
    """
    if not isinstance(message, TranslationString):
        return message
    mapping = {name: _value(localizer, value) for name, value in (message.mapping or {}).items()}
    if isinstance(message, Counted):
        return localizer.pluralize(str(message), message.plural, message.count, DOMAIN, mapping)
    return localizer.translate(message, mapping=mapping)


def _value(localizer: Localizer, value: Any) -> Any:
    if callable(value):
        return value(localizer.locale_name)
    return (
        format_decimal(value, locale=localizer.locale_name)
        if isinstance(value, int | float)
        else translate(localizer, value)
    )


_ENGLISH = Localizer("en", None)


def english(message: str) -> str:
    """Words from Python for programs and logs."""
    return str(translate(_ENGLISH, message))


@jinja2.pass_context
def translated(context: Any, message: Any) -> Any:
    """A Jinja filter: words from Python in the reader's language, and anything else as it is."""
    return translate(context["request"].localizer, message)


def includeme(config: Configurator) -> None:
    config.add_settings({"jinja2.i18n.domain": DOMAIN, "jinja2.newstyle": "true"})
    config.add_translation_dirs(str(LOCALE))
    config.set_locale_negotiator(negotiate)
