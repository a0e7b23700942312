"""No template contains unmarked text: between tags, in visible attributes, or in code."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from intermediate.i18n import LOCALE

TEMPLATES = LOCALE.parent / "templates"
MARKS = ("_", "gettext", "ngettext")
SEEN = re.compile(r"title|placeholder|alt|label|aria-(label|description|valuetext|roledescription)")
ATTRIBUTES = re.compile(r'[\w-]+="[^"]*"')  # of a tag that is assembled from parts
LETTERS = re.compile(r"[^\W\d_]")
SENTENCE = re.compile(r"[A-Z][a-z]")
NAMES = ("intermediate", "Swagger UI", "ReDoc", "openapi.json", "API", "CSV", "UTC", "ms")
CODE = ("script", "style", "kbd")
KEYS = ("Ctrl", "Enter", "Esc")


class Words(HTMLParser):
    """Collects what people read of a template: texts between tags, and visible attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.found += [value for name, value in attrs if value and (SEEN.fullmatch(name) or _for_scripts(name, value))]

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in CODE:
            self.found.append(data.strip())


def _for_scripts(name: str, value: str) -> bool:
    return name.startswith("data-") and bool(SENTENCE.match(value))


def unmarked(source: str) -> list[str]:
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source)
    words = Words()
    words.feed("".join(part.data for part in tree.find_all(nodes.TemplateData)))
    words.close()
    return [text for text in words.found if _says_something(text)] + [*_of_code(tree)]


def _says_something(text: str) -> bool:
    text = ATTRIBUTES.sub("", text)
    for name in NAMES:
        text = re.sub(rf"\b{re.escape(name)}\b", "", text)
    return bool(LETTERS.search(text))


def _of_code(node: nodes.Node) -> Iterator[str]:
    """Return the texts in expressions that look like words, except marked ones."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in MARKS:
        return
    text = node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else ""
    if text not in KEYS and SENTENCE.match(text) and _says_something(text):
        yield text
    for child in node.iter_child_nodes():
        yield from _of_code(child)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.jinja2")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_has_no_words_but_marked_ones(path: Path) -> None:
    assert unmarked(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p>{{ _("Hello") }}, you</p>', [", you"]),
        ('<a title="Close">x1</a>', ["Close", "x1"]),
        ('<i data-copied="Copied" data-copy="id"></i>', ["Copied"]),
        ('<p>{{ "Yes" if on else "no" }}</p>', ["Yes"]),
        ('{% set words = [("x", "Today")] %}', ["Today"]),
        ("{% trans %}One <b>word</b>{% endtrans %}{% trans n=3 %}A{% pluralize %}{{ n }} As{% endtrans %}", []),
        ('<p class="a b">{{ _("Hello") }} <kbd>n</kbd> intermediate</p>{{ ui.icon("x", "small") }}', []),
    ],
)
def test_what_is_not_marked_is_found(source: str, found: list[str]) -> None:
    assert unmarked(source) == found
