"""Helpers of the tests of /notes: accounts, tasks, and locators by role and visible text."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.functional.conftest import PASSWORD, new_email


def register(page: Page) -> str:
    """Create an account, which is then logged in, and return its e-mail address."""
    email = new_email()
    page.goto("/auth/register")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url("/notes")
    page.wait_for_load_state()  # scripts do not handle keys before that
    return email


def log_in(page: Page, email: str) -> None:
    page.goto("/auth/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url("/notes")
    page.wait_for_load_state()  # scripts do not handle keys before that


def make(page: Page, email: str, *tasks: dict[str, Any]) -> None:
    """Create tasks over the API."""
    form: dict[str, str | float | bool] = {"username": email, "password": PASSWORD}
    token = page.request.post("/api/auth/login", form=form).json()["access_token"]
    for task in tasks:
        answer = page.request.post("/api/tasks", data=task, headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 201, answer.text()


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds").replace("+00:00", "Z")


def add(page: Page, title: str) -> None:
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(row(page, title)).to_be_visible()


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


def rows(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("listitem")


def glyph(page: Page, title: str) -> Locator:
    return page.get_by_role("button", name=f"Complete: {title}")


def box(page: Page, title: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Select: {title}")


def menu(page: Page, title: str) -> Locator:
    """Open the menu of a row, and return it."""
    row(page, title).locator("summary").click()
    return row(page, title).locator("details[open]")


def view(page: Page, name: str) -> Locator:
    """Return the link to a view in the sidebar. Its text ends with the count."""
    return page.get_by_role("navigation", name="Views and tags").get_by_role("link", name=name)
