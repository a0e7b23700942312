"""Texts that scripts write on the list of notes are in the user's language."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import axe
from tests.browser.notes import make, register

pytestmark = pytest.mark.slow


@pytest.fixture
def german(page: Page) -> Page:
    """A list with two tasks, for a user who chose German."""
    email = register(page)
    make(page, email, {"title": "Eins"}, {"title": "Zwei"})
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Notizen", exact=True)).to_be_visible()
    return page


def test_the_bar_counts_the_chosen_tasks_and_what_was_done_is_told(german: Page) -> None:
    bar = german.get_by_role("form", name="Ausgewählte Aufgaben")
    german.get_by_role("checkbox", name="Eins").check()
    german.get_by_role("checkbox", name="Zwei").check()
    expect(bar).to_contain_text("2 gewählt")
    bar.get_by_role("button", name="Erledigen").click()
    expect(german.get_by_text("2 Aufgaben erledigt.")).to_be_visible()
    german.get_by_role("button", name="Rückgängig").click()
    expect(german.get_by_text("2 Aufgaben wieder geöffnet.")).to_be_visible()


def test_the_buttons_of_the_add_box_say_what_was_chosen(german: Page) -> None:
    menu = german.locator("#add details")
    menu.nth(0).locator("summary").click()
    german.locator("#add-due").fill("2026-12-24T18:00")
    expect(menu.nth(0).locator(".says")).to_have_text("24. Dez.")
    menu.nth(1).locator("summary").click()
    german.get_by_role("radio", name="Hoch").check()
    expect(menu.nth(1).locator(".says")).to_have_text("Hoch")


def test_nobody_is_kept_out_in_german(german: Page) -> None:
    assert axe(german) == []
