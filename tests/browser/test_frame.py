"""The frame around every page: what anybody can read, in either theme, on any window, with a keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import axe
from tests.functional.conftest import PASSWORD, new_email

pytestmark = pytest.mark.slow

PUBLIC = ("/", "/auth/login", "/auth/register", "/nowhere")


@pytest.mark.parametrize("path", PUBLIC)
def test_axe_finds_nothing_on_public_pages(page: Page, path: str) -> None:
    page.goto(path)
    assert axe(page) == []


DARK, LIGHT = "rgb(16, 19, 18)", "rgb(245, 246, 244)"


@pytest.fixture
def signed_in(page: Page) -> Page:
    register(page)
    return page


@pytest.fixture
def without_scripts(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(base_url=site, java_script_enabled=False)
    yield context.new_page()
    context.close()


def register(page: Page) -> None:
    page.goto("/auth/register")
    page.get_by_label("E-mail address").fill(new_email())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url("/notes")


def background(page: Page) -> str:
    return str(page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor"))


@pytest.mark.parametrize("path", PUBLIC)
def test_the_system_says_which_theme_until_somebody_chooses(page: Page, path: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(path)
    assert background(page) == DARK
    page.get_by_role("button", name="Light", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert background(page) == LIGHT
    page.reload()
    assert background(page) == LIGHT
    expect(page.get_by_role("button", name="Light", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="As the system").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "light")
    assert background(page) == DARK


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_theme_can_be_chosen_on_every_window_without_scripts(without_scripts: Page, width: int) -> None:
    page = without_scripts
    page.set_viewport_size({"width": width, "height": 800})
    register(page)
    if width < 1120:
        page.locator("summary[title=Theme]").click()
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url("/notes")
    assert background(page) == DARK
    page.goto("/")
    assert background(page) == DARK


def test_axe_finds_nothing_in_the_frame_of_any_window(signed_in: Page) -> None:
    for width in (360, 768, 1440):
        signed_in.set_viewport_size({"width": width, "height": 800})
        assert axe(signed_in) == []


@pytest.mark.parametrize("width", [320, 360, 640, 768, 1120])
def test_no_page_is_wider_than_its_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in PUBLIC:
        page.goto(path)
        assert fits(page), path
    register(page)
    for path in ("/notes", "/reports", "/account"):
        page.goto(path)
        assert fits(page), path


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
