"""The story of a user who plans a week, completes tasks, requests a report, leaves, and finds it on returning.

The script uses only what a user sees: roles, labels and texts, and the address of the start page. It runs with a mouse,
with the keyboard alone, and without JavaScript.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.functional.conftest import PASSWORD, new_email

pytestmark = pytest.mark.slow

STOPS = 150  # more than the focusable elements of any page
FOCUSED = "element => document.activeElement !== document.body && document.activeElement.contains(element)"


@dataclass(frozen=True)
class Plan:
    title: str
    day: int  # from today
    priority: str = "Normal"
    tag: str = ""
    done: bool = False


WEEK = (
    Plan("Pay the electricity invoice", 0, done=True),
    Plan("Book the train to Ghent", 1, "High", tag="travel"),
    Plan("Rehearse the demo", 2, "High"),
    Plan("Call the dentist", 3, done=True),
    Plan("Write the release notes", 4, tag="work"),
    Plan("Water the plants", 5, "Low"),
    Plan("Cook for six", 6),
)


class Mouse:
    """Clicks on elements. Works without JavaScript, too."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, thing: Locator) -> None:
        thing.click()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def write_time(self, field: Locator, when: datetime) -> None:
        field.fill(f"{when:%Y-%m-%dT%H:%M}")

    def choose(self, group: Locator, word: str) -> None:
        group.get_by_role("radio", name=word).click()


class Keyboard:
    """Moves the focus with Tab, and presses Enter."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def _keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def _reach(self, thing: Locator) -> None:
        expect(thing).to_be_visible()
        for _ in range(STOPS):
            if thing.evaluate(FOCUSED):
                return
            self._keys("Tab")
        pytest.fail(f"The Tab key does not lead to {thing}")

    def press(self, thing: Locator) -> None:
        self._reach(thing)
        self._keys("Enter")

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self._keys("Control+A")
        self.page.keyboard.type(text)

    def write_time(self, field: Locator, when: datetime) -> None:
        self._reach(field)
        self.page.keyboard.type(f"{when:%m%d%Y}")
        self._keys("Tab")  # a year may have more than four digits
        self.page.keyboard.type(f"{when:%I%M%p}")

    def choose(self, group: Locator, word: str) -> None:
        self._reach(group.get_by_role("radio", checked=True))
        for _ in group.get_by_role("radio").all():
            self._keys("ArrowRight")
            if group.get_by_role("radio", name=word).is_checked():
                return
        pytest.fail(f"The arrow keys do not lead to {word}")


Hand = Mouse | Keyboard


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def open_account(hand: Hand) -> str:
    page, email = hand.page, new_email()
    page.goto("/")
    hand.press(link(page, "Create account"))
    hand.write(page.get_by_label("E-mail address"), email)
    hand.write(page.get_by_label("Password"), PASSWORD)
    hand.press(button(page, "Create account"))
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    return email


def add(hand: Hand, plan: Plan, today: datetime) -> None:
    page = hand.page
    hand.write(page.get_by_label("Title", exact=True), plan.title)
    hand.press(page.get_by_text("Due", exact=True).first)
    hand.write_time(page.get_by_label("Due"), today + timedelta(days=plan.day))
    if plan.priority != "Normal":
        hand.press(page.get_by_text("Priority", exact=True).first)
        hand.choose(page.get_by_role("group", name="Priority"), plan.priority)
    hand.press(button(page, "Add"))
    expect(link(page, plan.title)).to_be_visible()
    expect(page.get_by_label("Title", exact=True)).to_have_value("")


def label(hand: Hand, plan: Plan) -> None:
    page = hand.page
    hand.press(page.get_by_label(f"More for: {plan.title}"))
    hand.press(link(page, "Edit"))
    # The form is ready when its first field has the focus. Typing earlier would go into that field.
    expect(page.get_by_role("textbox", name="Title", exact=True).last).to_be_focused()
    hand.write(page.get_by_role("textbox", name="Tags"), plan.tag)
    hand.press(button(page, "Save"))
    expect(page.get_by_role("main").get_by_role("link", name=plan.tag, exact=True)).to_be_visible()


def complete(hand: Hand, plan: Plan) -> None:
    page = hand.page
    done = page.get_by_role("button", name=f"Complete: {plan.title}")
    hand.press(done)
    expect(done.and_(page.get_by_role("button", pressed=False))).to_have_count(0)


def plan_the_week(hand: Hand) -> None:
    page, today = hand.page, datetime.now(UTC).replace(hour=23, minute=59)
    for plan in WEEK:
        add(hand, plan, today)
    for plan in WEEK:
        if plan.tag:
            label(hand, plan)
    expect(page.get_by_role("listitem").filter(has_text="High")).to_have_count(2)
    hand.press(link(page, f"{today:%A} {today.day}, 1 open"))
    expect(link(page, WEEK[1].title)).to_have_count(0)
    expect(link(page, WEEK[0].title)).to_be_visible()
    hand.press(link(page, "Clear all"))
    expect(link(page, WEEK[1].title)).to_be_visible()


def finish_some(hand: Hand) -> None:
    page = hand.page
    for plan in WEEK:
        if plan.done:
            complete(hand, plan)
    hand.press(page.get_by_role("link", name=re.compile("^Completed")))
    for plan in WEEK:
        expect(link(page, plan.title)).to_have_count(int(plan.done))


def make_a_report(hand: Hand) -> str:
    """Request a report, and return what distinguishes it from others."""
    page = hand.page
    hand.press(link(page, "Reports"))
    hand.press(button(page, "Generate report"))
    return find_the_report(page)


def find_the_report(page: Page) -> str:
    expect(page.get_by_role("heading", name="By status")).to_be_visible()
    expect(page.get_by_text("2 of 7")).to_be_visible()
    return page.get_by_text(re.compile(r"^Report \d+, generated")).inner_text()


def come_back(hand: Hand, email: str) -> None:
    page = hand.page
    hand.press(button(page, "Log out"))
    hand.press(link(page, "Log in"))
    hand.write(page.get_by_label("E-mail address"), email)
    hand.write(page.get_by_label("Password"), PASSWORD)
    hand.press(button(page, "Log in"))
    hand.press(link(page, "Reports"))


def play(hand: Hand) -> None:
    email = open_account(hand)
    plan_the_week(hand)
    finish_some(hand)
    report = make_a_report(hand)
    come_back(hand, email)
    assert find_the_report(hand.page) == report


@pytest.mark.parametrize("hand", [Mouse, Keyboard])
def test_a_week_is_planned_and_looked_back_on(page: Page, hand: Callable[[Page], Hand]) -> None:
    play(hand(page))


def test_so_it_is_without_scripts(without_scripts: Page) -> None:
    play(Mouse(without_scripts))
