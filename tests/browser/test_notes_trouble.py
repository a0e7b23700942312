"""Errors on the notes page: two windows, no network, no session, an expired form; and without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.notes import add, box, glyph, log_in, make, menu, register, row, rows, view

pytestmark = pytest.mark.slow


def window(browser: Browser, site: str, **options: Any) -> Iterator[Page]:
    """A window whose console may show errors, because Chromium logs each response with a status over 400."""
    context = browser.new_context(base_url=site, viewport={"width": 1440, "height": 900}, **options)
    yield context.new_page()
    context.close()


@pytest.fixture
def one(browser: Browser, site: str) -> Iterator[Page]:
    yield from window(browser, site)


@pytest.fixture
def two(browser: Browser, site: str) -> Iterator[Page]:
    yield from window(browser, site)


@pytest.fixture
def plain(browser: Browser, site: str) -> Iterator[Page]:
    yield from window(browser, site, java_script_enabled=False)


def edit(page: Page, title: str, new: str) -> None:
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("listitem").get_by_label("Title").fill(new)


def test_of_two_editors_each_sees_what_the_other_wrote(one: Page, two: Page) -> None:
    email = register(one)
    add(one, "Draft")
    log_in(two, email)
    edit(one, "Draft", "Mine")
    edit(two, "Draft", "Theirs")
    two.get_by_role("button", name="Save").click()
    expect(row(two, "Theirs")).to_be_visible()
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_role("heading", name="This changed in the meantime")).to_be_focused()
    expect(one.get_by_role("row", name="Title")).to_have_text("TitleMineTheirs")
    one.get_by_role("link", name="Keep editing").click()
    expect(one.get_by_role("listitem").get_by_label("Title")).to_be_focused()
    one.get_by_role("button", name="Keep mine").click()
    expect(one.get_by_role("link", name="Mine", exact=True)).to_be_focused()
    edit(two, "Theirs", "Theirs again")
    edit(one, "Mine", "Mine again")
    one.get_by_role("button", name="Save").click()
    expect(row(one, "Mine again")).to_be_visible()
    two.get_by_role("button", name="Save").click()
    two.get_by_role("link", name="Use theirs").click()
    expect(two.get_by_role("link", name="Mine again")).to_be_focused()


def test_mistakes_are_told_beside_their_fields_and_nothing_typed_is_lost(one: Page) -> None:
    register(one)
    one.get_by_role("button", name="Add", exact=True).click()
    expect(one.get_by_text("Give the task a title.")).to_be_visible()
    expect(one.get_by_label("Title", exact=True)).to_be_focused()
    add(one, "Good")
    edit(one, "Good", "x" * 214)
    one.get_by_role("textbox", name="Notes").fill("kept")
    one.get_by_role("button", name="Save").click()
    title = one.get_by_role("listitem").get_by_label("Title")
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_have_accessible_description("At most 200 characters; this has 214.")
    expect(title).to_have_value("x" * 214)
    expect(one.get_by_role("textbox", name="Notes")).to_have_value("kept")


def test_without_a_network_the_text_stays_and_can_be_sent_again(one: Page) -> None:
    register(one)
    one.context.set_offline(True)
    one.get_by_label("Title", exact=True).fill("Written in a tunnel")
    one.get_by_role("button", name="Add", exact=True).click()
    expect(one.get_by_text("Could not reach the server. Your text is still here.")).to_be_visible()
    expect(one.get_by_label("Title", exact=True)).to_have_value("Written in a tunnel")
    one.context.set_offline(False)
    one.get_by_role("button", name="Try again").click()
    expect(row(one, "Written in a tunnel")).to_be_visible()
    expect(one.get_by_text("Could not reach the server.")).to_be_hidden()


def test_who_is_logged_out_logs_in_and_comes_back_to_the_list(one: Page, two: Page) -> None:
    email = register(one)
    add(one, "Here")
    one.get_by_role("searchbox").fill("here")
    expect(one).to_have_url("/notes?q=here")
    one.context.clear_cookies()
    glyph(one, "Here").click()
    expect(one.get_by_role("heading", name="Log in")).to_be_visible()
    one.get_by_label("E-mail address").fill(email)
    one.get_by_label("Password").fill("correct horse battery")
    one.get_by_role("button", name="Log in").click()
    expect(one).to_have_url("/notes?q=here")


def test_a_form_that_is_too_old_says_so_and_offers_to_reload(one: Page, two: Page) -> None:
    register(one)
    one.evaluate("document.body.setAttribute('hx-headers', JSON.stringify({'X-CSRF-Token': 'old'}))")
    one.evaluate("document.querySelector('#add [name=csrf_token]').value = 'old'")
    one.get_by_label("Title", exact=True).fill("Still here")
    one.get_by_role("button", name="Add", exact=True).click()
    note = one.get_by_role("alert").filter(has_text="That form was too old")
    expect(note.get_by_role("link", name="Reload")).to_be_visible()
    expect(one.get_by_label("Title", exact=True)).to_have_value("Still here")


def test_what_is_amiss_is_seen_from_the_end_of_a_long_list(one: Page) -> None:
    make(one, register(one), *({"title": f"Task {number:02}"} for number in range(20)))
    one.reload()
    one.evaluate("document.querySelectorAll('[name=csrf_token]').forEach((field) => { field.value = 'old' })")
    one.evaluate("document.body.setAttribute('hx-headers', '{}')")
    rows(one).last.get_by_role("button", name="Complete:").click()
    expect(one.get_by_role("alert").filter(has_text="That form was too old")).to_be_in_viewport()
    one.context.set_offline(True)
    rows(one).last.get_by_role("button", name="Complete:").click()
    expect(one.get_by_text("Could not reach the server.")).to_be_in_viewport()


def test_without_scripts_everything_is_there(plain: Page) -> None:
    email = register(plain)
    for title in ("One", "Two"):
        plain.get_by_label("Title", exact=True).fill(title)
        plain.get_by_role("button", name="Add", exact=True).click()
        expect(plain.get_by_text("Added.")).to_be_visible()
    glyph(plain, "One").click()
    expect(view(plain, "Completed")).to_have_text("Completed1")
    plain.get_by_role("link", name="Two", exact=True).click()
    plain.get_by_role("link", name="Edit").click()
    plain.get_by_label("Title").fill("Two and a half")
    plain.get_by_role("button", name="Save").click()
    expect(row(plain, "Two and a half")).to_be_visible()
    plain.goto("/notes?status=all")
    bar = plain.get_by_role("form", name="Selected tasks")
    expect(bar).to_be_visible()
    for title in ("One", "Two and a half"):
        box(plain, title).check()
    bar.get_by_role("button", name="Delete").click()
    expect(plain.get_by_text("Deleted 2 tasks.")).to_be_visible()
    plain.get_by_role("button", name="Undo").click()
    expect(rows(plain)).to_have_count(2)
    menu(plain, "One").get_by_role("button", name="Delete").click()
    view(plain, "Trash").click()
    plain.get_by_role("button", name="Restore One").click()
    expect(plain.get_by_text("Restored.")).to_be_visible()
    make(plain, email, *({"title": f"Task {number:02}"} for number in range(25)))
    plain.goto("/notes")
    plain.get_by_role("link", name="Show 6 more").click()
    expect(rows(plain)).to_have_count(6)
    plain.get_by_role("searchbox").fill("task 07")
    plain.get_by_role("button", name="Apply").click()
    expect(rows(plain)).to_have_count(1)


def test_without_scripts_a_phone_has_boxes_and_glyphs(plain: Page) -> None:
    register(plain)
    plain.set_viewport_size({"width": 360, "height": 800})
    plain.get_by_label("Title", exact=True).fill("One")
    plain.get_by_role("button", name="Add", exact=True).click()
    expect(box(plain, "One")).to_be_visible()
    expect(glyph(plain, "One")).to_be_visible()
    expect(menu(plain, "One").get_by_role("button", name="Select")).to_be_hidden()  # this needs JavaScript
    row(plain, "One").locator("summary").click()
    box(plain, "One").check()
    plain.get_by_role("form", name="Selected tasks").get_by_role("button", name="Complete").click()
    expect(plain.get_by_text("Completed 1 task.")).to_be_visible()
