"""`/account` in a browser: with a mouse, with a keyboard alone, and without scripts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import axe
from tests.functional.conftest import PASSWORD, new_email

pytestmark = pytest.mark.slow

NEW_PASSWORD = "staple wrong donkey"
WRONG = "That is not your current password."


def register(page: Page, email: str) -> None:
    page.goto("/auth/register")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Notes", level=1)).to_be_visible()
    page.goto("/account")


def log_in(page: Page, email: str) -> None:
    page.goto("/auth/login?next=/account")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


@pytest.fixture
def email() -> str:
    return new_email()


@pytest.fixture
def account(page: Page, email: str) -> Page:
    register(page, email)
    return page


@pytest.fixture
def elsewhere(browser: Browser, site: str, account: Page, email: str) -> Iterator[Page]:
    """Another browser that is logged in to the same account."""
    context = browser.new_context(base_url=site)
    page = context.new_page()
    log_in(page, email)
    account.reload()
    yield page
    context.close()


@pytest.fixture
def plain(browser: Browser, site: str, email: str) -> Iterator[Page]:
    """A browser without JavaScript, logged in to a new account."""
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    register(page, email)
    yield page
    context.close()


def change_address(page: Page) -> None:
    mine, other = section(page, "E-mail"), new_email()
    mine.get_by_label("E-mail address").fill(other)
    mine.get_by_label("Current password").fill("no")
    mine.get_by_role("button", name="Change e-mail").click()
    expect(mine.get_by_text(WRONG)).to_be_visible()
    expect(mine.get_by_label("E-mail address")).to_have_value(other)
    expect(mine.get_by_label("Current password")).to_have_value("")
    expect(mine.get_by_label("Current password")).to_be_focused()
    expect(mine.get_by_label("Current password")).to_have_accessible_description(WRONG)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your e-mail address was changed.")).to_be_visible()
    expect(page.get_by_role("main").get_by_text(other, exact=True)).to_be_visible()


def change_password(page: Page) -> None:
    mine = section(page, "Password")
    mine.get_by_role("button", name="Change password").click()
    expect(mine.get_by_role("alert")).to_contain_text("Two things to fix.")
    mine.get_by_label("Current password").fill(PASSWORD)
    mine.get_by_label("New password").fill(NEW_PASSWORD)
    mine.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password was changed.")).to_be_visible()


def delete(page: Page, password: str) -> None:
    mine = section(page, "Delete account")
    mine.get_by_role("button", name="Delete my account").click()
    expect(mine.get_by_text("Type your password.")).to_be_visible()
    mine.get_by_label("Type your password to confirm").fill(password)
    mine.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()


def test_an_account_is_changed_and_deleted(account: Page) -> None:
    change_address(account)
    change_password(account)
    delete(account, NEW_PASSWORD)
    account.goto("/account")
    expect(account.get_by_role("heading", name="Log in")).to_be_visible()


def test_an_account_is_changed_and_deleted_without_scripts(plain: Page) -> None:
    change_address(plain)
    change_password(plain)
    delete(plain, NEW_PASSWORD)


def test_the_other_sessions_are_logged_out(account: Page, elsewhere: Page) -> None:
    mine = section(account, "Sessions")
    expect(mine.get_by_role("listitem")).to_have_count(2)
    mine.get_by_role("button", name="Log out the others").click()
    expect(account.get_by_text("Logged out the other session.")).to_be_visible()
    expect(mine.get_by_role("listitem")).to_have_count(1)
    expect(mine.get_by_role("heading", name="Sessions")).to_be_focused()
    elsewhere.reload()
    expect(elsewhere.get_by_role("heading", name="Log in")).to_be_visible()


def test_one_session_is_logged_out_without_scripts(plain: Page, browser: Browser, site: str, email: str) -> None:
    other = browser.new_context(base_url=site)
    log_in(other.new_page(), email)
    plain.reload()
    section(plain, "Sessions").get_by_role("button", name="Log out the session").click()
    expect(plain.get_by_text("Logged out that session.")).to_be_visible()
    expect(section(plain, "Sessions").get_by_role("listitem")).to_have_count(1)
    other.close()


def test_settings_are_saved_with_a_keyboard_alone(account: Page) -> None:
    account.get_by_role("combobox", name="Time zone").focus()
    account.keyboard.type("Kiritimati")
    account.keyboard.press("Tab")
    account.keyboard.press("Enter")
    expect(account.get_by_text("Times are now shown in Pacific/Kiritimati.")).to_be_visible()
    account.get_by_role("radio", name="On").focus()
    account.keyboard.press("ArrowRight")
    account.keyboard.press("Tab")
    account.keyboard.press("Enter")
    expect(account.get_by_text("Keyboard shortcuts are off in this browser.")).to_be_visible()
    expect(account.get_by_role("radio", name="Off")).to_be_checked()
    [cookie] = [cookie for cookie in account.context.cookies() if cookie["name"] == "shortcuts"]
    assert cookie["value"] == "off"


def test_every_control_is_reached_by_tab_in_the_order_of_the_page(account: Page) -> None:
    account.get_by_role("main").focus()
    seen: list[str] = []
    for _ in range(30):
        account.keyboard.press("Tab")
        name = str(account.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent"))
        seen.append(" ".join(name.split()))
    order = [
        "E-mail address",
        "Change e-mail",
        "New password",
        "Change password",
        "Create a token",
        "Time zone",
        "Export",
    ]
    places = [next(place for place, name in enumerate(seen) if name.startswith(word)) for word in order]
    assert places == sorted(places)


def test_the_export_is_a_file(account: Page, tmp_path: Path, email: str) -> None:
    with account.expect_download() as download:
        account.get_by_role("link", name="Export my data").click()
    download.value.save_as(tmp_path / "account.json")
    found = json.loads((tmp_path / "account.json").read_text())
    assert (download.value.suggested_filename, found["account"]["email"]) == ("account.json", email)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_axe_finds_nothing_and_all_fits_the_window(account: Page, elsewhere: Page, width: int) -> None:
    account.set_viewport_size({"width": width, "height": 800})
    mine = section(account, "API tokens")
    mine.get_by_label("Name").fill("x" * 60)
    mine.get_by_role("button", name="Create a token").click()
    expect(account.get_by_text("is ready")).to_be_visible()
    section(account, "Password").get_by_role("button", name="Change password").click()
    expect(section(account, "Password").get_by_role("alert")).to_be_visible()
    assert axe(account) == []
    assert account.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_axe_finds_nothing_on_the_farewell(page: Page) -> None:
    page.goto("/farewell")
    assert axe(page) == []
