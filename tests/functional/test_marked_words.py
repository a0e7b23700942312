"""No text of a page lacks translation: in a test language whose messages are all in brackets, every word of the site is
inside brackets, except names and user input."""

import re
from collections.abc import Iterator

import pytest
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup

from intermediate import i18n
from tests.conftest import NewDatabase
from tests.functional.conftest import Target, make_admin, serving
from tests.functional.roles import ROLES, Line, Things, csrf_token, read
from tests.functional.test_roles import QUICK
from tests.unit.test_marked_words import LETTERS, NAMES, SEEN

pytestmark = pytest.mark.slow
GERMAN = Locale("de")
CALENDAR = {
    name.rstrip(".")
    for names in (GERMAN.days, GERMAN.months)
    for form in names.values()
    for width in form.values()
    for name in width.values()
}
UNITS = {"min", "h", "s", "Tag", "Tage", "Woche", "Wochen", "Monat", "Monate", "Jahr", "Jahre", "UTC", "MiB"}
CODES = {"task-report", "import"}  # kinds of jobs, as the API names them
SLOTS = {"auth", "tasks", "cache", "jobs", "analytics", "database"}
UNTOLD = "script, style, code, kbd, pre, bdi, optgroup, noscript, .mono, [lang]:not(html), .rail, .sample-week"
BRACKETS = re.compile(r"⟦[^⟦⟧]*⟧")
TYPED = re.compile(r"[\w.]+@example\.com|\bx\b|\d{4}-W\d\d")  # user input of the test, and ISO 8601 weeks
WORD = re.compile(r"[^\W\d_][\w-]*")


def outside(text: str) -> list[str]:
    """Return the words of a text that are outside of all messages. Messages may be nested."""
    before = ""
    while text != before:
        before, text = text, BRACKETS.sub(" ", text)
    for name in (*NAMES, *SLOTS):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", text)
    return [word for word in WORD.findall(text) if word not in CALENDAR | UNITS | CODES]


def unmarked(html: str) -> list[str]:
    """Return the words of a page or a fragment that were not translated."""
    page = BeautifulSoup(html, "html.parser")
    for element in page.select(UNTOLD):
        element.decompose()
    shown = [page.get_text(" ")]
    shown += [str(value) for element in page.find_all(True) for name, value in element.attrs.items() if _seen(name)]
    return [word for text in shown for word in outside(TYPED.sub(" ", text)) if LETTERS.search(word)]


def _seen(name: str) -> bool:
    return bool(SEEN.fullmatch(name)) or name in ("data-copied", "data-says", "data-step")


@pytest.fixture(scope="module")
def house(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Target, str]]:
    """An application with the test language, in place of German."""
    folder = tmp_path_factory.mktemp("words")
    messages = folder / "de" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    with (i18n.LOCALE / "de" / "LC_MESSAGES" / f"{i18n.DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        if message.id:
            bracketed = [f"⟦{text}⟧" for text in ([message.id] if isinstance(message.id, str) else message.id)]
            message.string = bracketed[0] if len(bracketed) == 1 else tuple(bracketed)
    with (messages / f"{i18n.DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalogue)
    with pytest.MonkeyPatch.context() as patch, new_database(folder) as url:
        patch.setattr(i18n, "LOCALE", folder)
        with serving(False, folder, **{"database.url": url, **QUICK}) as target:
            make_admin(target, url)
            yield target, url


@pytest.fixture
def things(house: tuple[Target, str]) -> Things:
    return Things.make(*house)


@pytest.mark.parametrize("line", [line for line in read() if line.surface == "site"], ids=str)
def test_no_answer_of_the_site_has_words_of_its_own(things: Things, line: Line) -> None:
    for kind in ({}, {"HX-Request": "true"}):
        for role in sorted(ROLES, key=lambda role: line.expected[role] < "400"):
            client = things.clients[role]
            client.extra_environ["HTTP_ACCEPT_LANGUAGE"] = "de"
            answers = [things.send(line, role, **kind), client.get("/account", status="*")]  # with its message
            for answer in answers:
                if answer.content_type == "text/html" and answer.status_int not in (302, 303):
                    assert unmarked(answer.text) == [], (role, kind, answer.status_int)


def test_a_full_list_has_no_words_of_its_own(things: Things) -> None:
    browser = things.clients["other"]
    browser.extra_environ["HTTP_ACCEPT_LANGUAGE"] = "de"
    browser.post("/notes/samples", {"csrf_token": csrf_token(browser)}, status=303)
    pages = ["/notes", "/notes?status=all&tag=x&priority=high&q=x", "/notes?status=completed&sort=due_at", "/jobs"]
    views = ["overdue", "today", "week", "later", "undated", "trash", "nonsense"]
    for path in (*pages, *(f"/notes?view={view}" for view in views), "/notes?limit=3", "/notes?limit=x"):
        assert unmarked(browser.get(path, status="*").text) == [], path


def test_what_is_not_marked_is_found() -> None:
    said = "<title>⟦A⟧ · intermediate</title><p>⟦one ⟦two⟧ <b>x</b>⟧ <i>late</i> 25. Nov. <bdi>Ada</bdi></p>"
    assert unmarked(said + '<a title="Close">⟦x⟧</a>') == ["late", "Close"]
