"""Filters that format data for the reader, and texts that several templates use."""

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from pyramid.config import Configurator
from pyramid.i18n import Localizer

from intermediate import clock_words, number_words
from intermediate.i18n import DOMAIN, LANGUAGES, _, translated
from intermediate.job_steps import job_steps
from intermediate.number_words import number, short_duration

SITE = "intermediate"
"""The name of the site, as users see it, also in the API."""
STATUS_WORDS = {"completed": _("Completed"), "in_progress": _("In progress"), "pending": _("Pending")}
PRIORITY_WORDS = {"high": _("High"), "normal": _("Normal"), "low": _("Low")}
JOB_WORDS = {
    "queued": _("Queued"),
    "running": _("Running"),
    "finished": _("Finished"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
}
THEMES = {  # icon, name
    "system": ("monitor", _("As the system")),
    "light": ("sun", _("Light")),
    "dark": ("moon", _("Dark")),
}


def capital(words: str) -> str:
    """Capitalize the first letter and leave the others, since German has capitals within."""
    return words[:1].upper() + words[1:]


def make_gettext() -> Callable[..., Markup]:
    """Return `_` for templates. It works like Jinja's newstyle gettext, and looks up each message once.

    A list has the same messages in each row. Looking them up took a fifth of the time of its page.
    """

    @cache
    def words(localizer: Localizer, message: str) -> Markup:
        return Markup(localizer.translate(message, domain=DOMAIN))  # noqa: S704  it is ours or a translator's

    @cache
    def whole(localizer: Localizer, message: str) -> Markup:
        return words(localizer, message) % {}

    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> Markup:
        localizer = context["request"].localizer
        return words(localizer, message) % values if values else whole(localizer, message)

    return gettext


def for_the_reader(words: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter for a function that formats a value for the reader."""

    @pass_context
    def say(context: Context, value: Any, *more: Any) -> Any:
        return words(value, context["request"], *more)

    return say


WORDS: tuple[Callable[..., Any], ...] = (
    clock_words.ago_words,
    clock_words.date_words,
    clock_words.day_words,
    clock_words.due_words,
    clock_words.late_words,
    clock_words.month_words,
    clock_words.time_words,
    clock_words.weekday,
    clock_words.when_words,
    job_steps,
    number_words.duration_words,
    number,
    number_words.percent,
    short_duration,
)
FILTERS = {words.__name__: for_the_reader(words) for words in WORDS} | {"capital": capital, "translated": translated}

GLOBALS = {
    "JOB_WORDS": JOB_WORDS,
    "LANGUAGES": LANGUAGES,
    "PRIORITY_WORDS": PRIORITY_WORDS,
    "SITE": SITE,
    "STATUS_WORDS": STATUS_WORDS,
    "THEMES": THEMES,
}


def includeme(config: Configurator) -> None:
    def add_filters() -> None:
        environment = config.get_jinja2_environment()
        environment.filters.update(FILTERS)
        environment.policies["ext.i18n.trimmed"] = True  # as in pyproject.toml, by which messages are collected
        environment.globals |= GLOBALS | dict.fromkeys(("_", "gettext"), make_gettext())

    config.action("intermediate.templating", add_filters, order=999)  # after the environment is created
