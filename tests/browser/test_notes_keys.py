"""Notes with the keyboard alone, and with keyboard shortcuts turned off."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import axe
from tests.browser.notes import box, glyph, make, register, row, rows

pytestmark = pytest.mark.slow


@pytest.fixture
def email(page: Page) -> str:
    return register(page)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_everything_is_done_by_keys(page: Page, email: str) -> None:
    for title in ("One", "Two", "Three"):
        press(page, "n")
        page.keyboard.type(title)
        press(page, "Enter")
        expect(row(page, title)).to_be_visible()
        expect(page.get_by_label("Title", exact=True)).to_have_value("")
        expect(page.locator("[data-focus]")).to_have_count(0)
        press(page, "Escape")
    page.reload()
    press(page, "j", "j")
    expect(page.get_by_role("link", name="Two")).to_be_focused()
    press(page, "k")
    expect(page.get_by_role("link", name="One")).to_be_focused()
    press(page, "ArrowDown", "x")
    expect(glyph(page, "Two")).to_have_attribute("aria-pressed", "true")
    press(page, "j", "e")
    expect(page.get_by_role("listitem").get_by_label("Title")).to_be_focused()
    press(page, "End")
    page.keyboard.type(" and a half")
    press(page, "Enter")
    expect(page.get_by_role("link", name="Three and a half")).to_be_focused()
    press(page, "#")
    expect(row(page, "Three and a half")).to_have_count(0)
    expect(page.get_by_role("link", name="Two")).to_be_focused()
    press(page, "z")
    expect(page.get_by_role("link", name="Three and a half")).to_be_focused()
    press(page, "/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("xjz?")
    expect(page.get_by_role("searchbox")).to_have_value("xjz?")


def test_tasks_are_chosen_by_keys(page: Page, email: str) -> None:
    make(page, email, *({"title": f"Task {number}"} for number in range(4)))
    page.reload()
    press(page, "j", "s", "j", "j", "S")
    for number, chosen in enumerate((True, True, True, False)):
        expect(box(page, f"Task {number}")).to_be_checked(checked=chosen)
    press(page, "s")
    expect(page.get_by_text("2 selected")).to_be_visible()


def test_escape_leaves_a_form_and_control_enter_saves_it(page: Page, email: str) -> None:
    make(page, email, {"title": "Old"})
    page.reload()
    press(page, "j", "Enter")
    title = page.get_by_role("listitem").get_by_label("Title")
    expect(title).to_be_focused()
    notes = page.get_by_role("textbox", name="Notes")
    notes.fill("Forget this")
    press(page, "Escape")
    expect(page.get_by_role("link", name="Old")).to_be_focused()
    press(page, "e")
    expect(title).to_be_focused()
    notes.fill("Keep\nthis")
    press(page, "Control+Enter")
    expect(page.get_by_role("link", name="Old")).to_be_focused()
    press(page, "e")
    expect(title).to_be_focused()
    expect(notes).to_have_value("Keep\nthis")


def test_the_keys_are_listed_and_the_focus_comes_back(page: Page, email: str) -> None:
    make(page, email, {"title": "One"})
    page.reload()
    press(page, "j", "?")
    dialog = page.get_by_role("dialog", name="Shortcuts")
    expect(dialog).to_be_visible()
    press(page, "x")
    assert axe(page) == []
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="One")).to_be_focused()
    expect(glyph(page, "One")).to_have_attribute("aria-pressed", "false")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Shortcuts").click()
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("link", name="Shortcuts")).to_be_focused()


def test_two_keys_lead_to_each_page(page: Page, email: str) -> None:
    for key, path in (("r", "/reports"), ("a", "/account"), ("n", "/notes")):
        press(page, "g", key)
        expect(page).to_have_url(path)
        page.wait_for_load_state()


def test_keys_that_are_turned_off_do_nothing(page: Page, site: str, email: str) -> None:
    make(page, email, {"title": "One"})
    page.context.add_cookies([{"name": "shortcuts", "value": "off", "url": site}])
    page.reload()
    page.get_by_role("link", name="One").focus()
    press(page, "x", "#", "?", "n", "s")
    expect(page.get_by_role("link", name="One")).to_be_focused()
    expect(rows(page)).to_have_count(1)
    press(page, "Enter")
    expect(page.get_by_role("listitem").get_by_label("Title")).to_be_focused()
    press(page, "Escape")
    expect(page.get_by_role("link", name="One")).to_be_focused()


def test_the_focus_stays_in_the_list_when_selected_tasks_go_and_come_back(page: Page, email: str) -> None:
    make(page, email, *({"title": title} for title in ("One", "Two", "Three", "Four")))
    page.reload()
    page.get_by_role("link", name="Two").focus()
    press(page, "s", "j", "s")
    page.get_by_role("form", name="Selected tasks").get_by_role("button", name="Delete").focus()
    press(page, "Enter")
    expect(page.get_by_role("link", name="Four")).to_be_focused()
    page.get_by_role("button", name="Undo").focus()
    press(page, "Enter")
    expect(row(page, "Two").or_(row(page, "Three")).get_by_role("link").and_(page.locator(":focus"))).to_be_visible()
    press(page, "s")
    page.get_by_role("form", name="Selected tasks").get_by_role("button", name="Complete").focus()
    press(page, "Enter")
    expect(page.get_by_text("Completed 1 task.")).to_be_visible()
    expect(page.locator("a.title:focus")).to_be_visible()
    page.get_by_role("button", name="Undo").focus()
    press(page, "Enter")
    expect(page.get_by_text("Reopened 1 task.")).to_be_visible()
    expect(page.locator("a.title:focus")).to_be_visible()
