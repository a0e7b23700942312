"""Notes in a browser with a mouse: each action updates the page in place, without a reload."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import axe
from tests.browser.notes import add, box, glyph, in_days, make, menu, register, row, rows, view

pytestmark = pytest.mark.slow


@pytest.fixture
def email(page: Page) -> str:
    page.set_viewport_size({"width": 1440, "height": 900})
    return register(page)


def test_a_task_is_added_completed_edited_deleted_and_had_back(page: Page, email: str) -> None:
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    add(page, "Call Priya")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_hidden()
    title = page.get_by_label("Title", exact=True)
    expect(title).to_be_focused()
    expect(title).to_have_value("")
    expect(view(page, "Open")).to_have_text("Open1")
    glyph(page, "Call Priya").click()
    expect(glyph(page, "Call Priya")).to_have_attribute("aria-pressed", "true")
    expect(glyph(page, "Call Priya")).to_be_focused()
    expect(view(page, "Completed")).to_have_text("Completed1")
    glyph(page, "Call Priya").click()
    expect(glyph(page, "Call Priya")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("link", name="Call Priya").click()
    edited = page.get_by_role("listitem").get_by_label("Title")
    expect(edited).to_be_focused()
    edited.fill("Call Priya back")
    page.get_by_role("textbox", name="Tags").fill("ops, home")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Call Priya back")).to_be_focused()
    expect(view(page, "ops")).to_have_text("ops1")
    menu(page, "Call Priya back").get_by_role("button", name="Delete").click()
    expect(row(page, "Call Priya back")).to_have_count(0)
    expect(title).to_be_focused()
    expect(view(page, "Trash")).to_have_text("Trash1")
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Call Priya back")).to_be_visible()
    expect(view(page, "Trash")).to_have_text("Trash")


def test_due_and_priority_stand_beside_the_add_box(page: Page, email: str) -> None:
    page.get_by_label("Title", exact=True).fill("Demo")
    page.get_by_text("Due", exact=True).first.click()
    page.get_by_label("Due", exact=False).last.fill("2050-03-04T10:30")
    page.get_by_text("Priority", exact=True).first.click()
    page.get_by_role("radio", name="High").check(force=True)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(row(page, "Demo")).to_contain_text("High")
    expect(row(page, "Demo")).to_contain_text("Fri 4 Mar 2050 10:30")
    later = page.locator(".group").filter(has=page.get_by_role("heading", name="Later"))
    expect(later.get_by_role("link", name="Demo")).to_be_visible()


def test_several_tasks_are_completed_and_deleted_with_a_way_back(page: Page, email: str) -> None:
    make(page, email, *({"title": f"Task {number}"} for number in range(5)))
    page.reload()
    bar = page.get_by_role("form", name="Selected tasks")
    expect(bar).to_be_hidden()
    box(page, "Task 1").check()
    box(page, "Task 3").click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Complete").click()
    expect(page.get_by_text("Completed 3 tasks.")).to_be_visible()
    expect(bar).to_be_hidden()
    expect(view(page, "Open")).to_have_text("Open2")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Reopened 3 tasks.")).to_be_visible()
    expect(glyph(page, "Task 2")).to_have_attribute("aria-pressed", "false")
    for number in (0, 4):
        box(page, f"Task {number}").check()
    bar.get_by_role("button", name="Delete").click()
    expect(rows(page)).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(5)
    box(page, "Task 0").check()
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()


def test_the_list_goes_on_in_place(page: Page, email: str) -> None:
    make(page, email, *({"title": f"Task {number:02}"} for number in range(45)))
    page.reload()
    expect(rows(page)).to_have_count(20)
    page.get_by_role("link", name="Show 20 more").click()
    expect(rows(page)).to_have_count(40)
    expect(page.get_by_role("link", name="Task 20")).to_be_focused()
    page.get_by_role("link", name="Show 5 more").click()
    expect(rows(page)).to_have_count(45)
    expect(page.get_by_role("link", name="Show")).to_have_count(0)
    expect(page).to_have_url("/notes")


def test_searching_narrows_the_list_and_the_address(page: Page, email: str) -> None:
    make(page, email, {"title": "Needle"}, {"title": "Hay", "status": "completed"})
    page.reload()
    search = page.get_by_role("searchbox")
    search.press_sequentially("need")
    expect(page).to_have_url("/notes?q=need")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="1 task")).to_have_count(1)
    expect(search).to_be_focused()
    page.get_by_role("radio", name="Completed").check(force=True)
    expect(page.get_by_role("heading", name="No task matches.")).to_be_visible()
    page.get_by_role("link", name="Clear the filters.").click()
    expect(page).to_have_url("/notes")


def test_a_day_of_the_week_shows_what_is_due_on_it(page: Page, email: str) -> None:
    add(page, "No date")
    make(page, email, {"title": "Now", "due_at": in_days(0)})
    page.reload()
    week = page.get_by_role("navigation", name="This week")
    expect(week.get_by_role("link")).to_have_count(7)
    week.get_by_role("link", name="1 late").or_(week.get_by_role("link", name="1 open")).click()
    expect(rows(page)).to_have_count(1)
    expect(week.locator("[aria-current=date]")).to_have_count(1)
    page.get_by_role("link", name="Remove this filter").click()
    expect(rows(page)).to_have_count(2)


def test_the_trash_gives_back(page: Page, email: str) -> None:
    add(page, "Keep me")
    menu(page, "Keep me").get_by_role("button", name="Delete").click()
    expect(row(page, "Keep me")).to_have_count(0)
    view(page, "Trash").click()
    page.get_by_role("button", name="Restore Keep me").click()
    expect(page.get_by_role("heading", name="The trash is empty.")).to_be_visible()
    view(page, "Open").click()
    expect(row(page, "Keep me")).to_be_visible()


def test_ten_samples_fill_an_empty_list(page: Page, email: str) -> None:
    page.get_by_role("button", name="Add ten sample tasks").click()
    expect(page.get_by_role("heading", name="Overdue")).to_be_visible()
    expect(rows(page)).to_have_count(9)


def long_and_short() -> tuple[dict[str, Any], ...]:
    return (
        {"title": "x" * 200, "tags": ["y" * 40, "z"], "priority": "high", "due_at": in_days(-3)},
        {"title": "Words " * 33, "priority": "low", "due_at": in_days(1)},
        {"title": "Short"},
    )


CUT_TAGS = """[...document.querySelectorAll(".row .tag")].filter((tag) => {
  const [one, all] = [tag, tag.parentElement].map((element) => element.getBoundingClientRect());
  return one.top < all.bottom && (one.right > all.right + 1 || tag.scrollWidth > tag.clientWidth);
}).length"""


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_the_list_fits_the_window(page: Page, email: str, width: int) -> None:
    make(page, email, *long_and_short())
    page.set_viewport_size({"width": width, "height": 800})
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_TAGS) == 0  # each tag is shown whole, or on the page of the task
    page.get_by_role("link", name="Short", exact=True).click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_row_menu_selects(page: Page, email: str) -> None:
    add(page, "One")
    page.set_viewport_size({"width": 360, "height": 800})
    expect(box(page, "One")).to_be_hidden()
    menu(page, "One").get_by_role("button", name="Select").click()
    expect(box(page, "One")).to_be_checked()
    expect(glyph(page, "One")).to_be_hidden()
    page.get_by_role("form", name="Selected tasks").get_by_role("button", name="Complete").click()
    expect(glyph(page, "One")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_on_the_list(page: Page, email: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert axe(page) == []
    make(page, email, *long_and_short(), {"title": "Done", "status": "completed", "due_at": in_days(0)})
    for query in ("", "?status=all", "?view=trash", "?tag=z", "?q=nothing"):
        page.goto(f"/notes{query}")
        assert axe(page) == [], query
    page.goto("/notes")
    if width > 640:
        box(page, "Short").check()
    page.get_by_role("link", name="Words").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    assert axe(page) == []
