"""The languages of the site. Messages in the sources are English; gettext catalogues in `locale/` translate them.

Templates use `{{ _("...") }}`, with `%(name)s` for variables. Python code creates a `TranslationString` with `_` or
`ngettext`, with `${name}` for variables; it is translated where it is shown, by the filter `translated` or by
`translate`. The API is in English only: its clients read codes.
`make messages` collects the messages again; a test reports those that a language lacks.
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
    """Return the language that the user chose, else the best one for the browser (RFC 4647), else English."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_language.lookup(language_tags=[*LANGUAGES], default="en")


class Counted(TranslationString):
    """A message with a plural form. It contains the count as `${count}`."""

    plural: str
    count: int


def ngettext(singular: str, plural: str, count: int, **mapping: Any) -> Counted:
    words = Counted(singular, domain=DOMAIN, mapping={"count": count, **mapping})
    words.plural, words.count = plural, count
    return words


def sentences(*said: str) -> TranslationString:
    """Join several sentences into one message."""
    names = [f"part{number}" for number in range(len(said))]
    return TranslationString(" ".join(f"${{{name}}}" for name in names), mapping=dict(zip(names, said, strict=True)))


def translate(localizer: Localizer, message: Any) -> Any:
    """Translate a message of Python code, and return anything else as it is.

    In its variables, messages are translated, numbers are formatted for the language, and functions are called with
    the language's name.
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
    """Return a message of Python code in English, for programs and logs."""
    return str(translate(_ENGLISH, message))


@jinja2.pass_context
def translated(context: Any, message: Any) -> Any:
    """Jinja filter: translate a message of Python code for the reader, and return anything else as it is."""
    return translate(context["request"].localizer, message)


def includeme(config: Configurator) -> None:
    config.add_settings({"jinja2.i18n.domain": DOMAIN, "jinja2.newstyle": "true"})
    config.add_translation_dirs(str(LOCALE))
    config.set_locale_negotiator(negotiate)
