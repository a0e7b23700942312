"""Errors for `make screenshots`, as pages and as messages on the page."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.serving import Served

LIMITED = {"INTERMEDIATE_API_JOB_REQUESTS": "1/hour"}
Picture = Callable[[Page, str], None]
OLD = """for (const field of document.querySelectorAll('[name=csrf_token]')) field.value = 'old';
document.body.setAttribute('hx-headers', JSON.stringify({'X-CSRF-Token': 'old'}));"""
STALE = "document.querySelector('.edit [name=version]').value = '0'"
SUBMIT = "document.querySelector('%s').submit()"  # as without scripts
TEXT = "Ask the printer about the paper of the second edition"


def note(page: Page, words: str) -> None:
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words)).to_be_visible()


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Lock the database against writes."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def write(page: Page) -> None:
    page.goto("/notes")
    page.get_by_label("Title", exact=True).fill(TEXT)


def old_form(page: Page, picture: Picture) -> None:
    for as_page in (False, True):
        write(page)
        page.evaluate(OLD)
        if as_page:
            page.evaluate(SUBMIT % "#add")
            heading(page, "That form was too old")
            picture(page, "error-400")
        else:
            page.get_by_role("button", name="Add", exact=True).click()
            note(page, "That form was too old")
            picture(page, "error-400-note")


def locked_out(page: Page, picture: Picture) -> None:
    page.goto("/admin")
    heading(page, "Not for this account")
    picture(page, "error-403")


def nothing_there(page: Page, picture: Picture) -> None:
    page.goto("/notes/999999")
    heading(page, "There is nothing at this address")
    picture(page, "error-404-task")


def changed_meanwhile(page: Page, picture: Picture) -> None:
    page.goto("/notes")
    page.get_by_role("link", name="Write the release notes").click()
    page.get_by_role("listitem").get_by_label("Title").fill("Write the release notes, once more")
    page.get_by_role("listitem").get_by_label("Tags").fill("docs, release, writing")
    page.evaluate(STALE)
    page.get_by_role("button", name="Save").click()
    heading(page, "This changed in the meantime")
    picture(page, "conflict")


def last_administrator(page: Page, picture: Picture) -> None:
    """The window is logged in as the only administrator."""
    page.goto("/admin/users?q=admin")
    page.get_by_role("row").filter(has_text="admin@").locator("summary").click()
    page.get_by_role("button", name="Switch off").click()
    note(page, "An administrator is needed")
    picture(page, "error-409-note")
    page.evaluate(SUBMIT % "form:has([name=is_active])")
    heading(page, "An administrator is needed")
    picture(page, "error-409")


def too_fast(page: Page, picture: Picture) -> None:
    page.goto("/reports")
    page.get_by_role("button", name="Generate").click()
    note(page, "A little too fast")
    picture(page, "error-429-note")
    page.evaluate(SUBMIT % "#generate")
    heading(page, "A little too fast")
    picture(page, "error-429")


def database_away(page: Page, picture: Picture, server: Served) -> None:
    with locked(server.database):
        write(page)
        page.get_by_role("button", name="Add", exact=True).click()
        note(page, "Back in a moment")
        picture(page, "error-503-note")
        write(page)
        page.evaluate(SUBMIT % "#add")
        heading(page, "Back in a moment")
        picture(page, "error-503-text")
