"""The frame of every page: readable for everyone, in both themes, at any width, and with the keyboard."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import axe
from tests.functional.conftest import PASSWORD, new_email

pytestmark = pytest.mark.slow

PUBLIC = ("/", "/guide", "/auth/login", "/auth/register", "/nowhere")


@pytest.mark.parametrize("path", PUBLIC)
def test_axe_finds_nothing_on_public_pages(page: Page, path: str) -> None:
    page.goto(path)
    assert axe(page) == []


DARK, LIGHT = "rgb(16, 19, 18)", "rgb(245, 246, 244)"


@pytest.fixture
def signed_in(page: Page) -> Page:
    register(page)
    return page


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
        page.locator("summary[title^=Theme]").click()
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url("/notes")
    assert background(page) == DARK
    page.goto("/")
    assert background(page) == DARK


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_language_can_be_chosen_on_every_window_without_scripts(without_scripts: Page, width: int) -> None:
    page = without_scripts
    page.set_viewport_size({"width": width, "height": 800})
    register(page)
    if width < 1120:
        page.locator("summary[title^=Theme]").click()
    page.get_by_role("button", name="Deutsch").click()
    expect(page).to_have_url("/notes")
    expect(page.get_by_role("heading", name="Notizen", exact=True)).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("link", name="Anmelden")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Log in", exact=True)).to_be_visible()


def test_no_german_page_is_wider_than_its_window(page: Page) -> None:
    def speak(language: str, said: str) -> None:
        page.get_by_role("button", name=language).click()
        expect(page.get_by_text(said, exact=True).first).to_be_visible()

    def all_fit(paths: tuple[str, ...]) -> None:
        for width in (320, 360, 640, 768, 1120):
            page.set_viewport_size({"width": width, "height": 800})
            for path in paths:
                page.goto(path)
                assert fits(page), (path, width)

    page.goto("/")
    speak("Deutsch", "Anmelden")
    all_fit(PUBLIC)
    assert axe(page) == []
    speak("English", "Start page")
    register(page)
    speak("Deutsch", "Berichte")
    all_fit(("/notes", "/notes?view=trash", "/reports", "/account", "/jobs"))
    assert axe(page) == []


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


def test_the_request_id_of_an_error_can_be_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/nowhere")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#request-id").inner_text()


def test_mistakes_are_shown_where_they_are_and_take_the_focus(page: Page) -> None:
    page.goto("/auth/register")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.get_by_label("E-mail address").fill("mara@lindgren")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Two things to fix.")
    assert axe(page) == []
    page.get_by_label("E-mail address").fill(new_email())
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")


def test_the_zone_of_the_browser_is_learnt(browser: Browser, site: str) -> None:
    context = browser.new_context(base_url=site, timezone_id="Asia/Tokyo")
    page = context.new_page()
    register(page)
    page.goto("/account")
    expect(page.locator("[name=time_zone]")).to_have_value("Asia/Tokyo")
    context.close()


@pytest.mark.parametrize("width", [360, 640, 1280])
def test_text_of_twice_the_size_fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    register(page)
    for path in ("/", "/guide", "/nowhere", "/notes", "/reports", "/account"):
        page.goto(path)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        assert fits(page), path


def test_paper_shows_what_was_written_and_nothing_to_press(signed_in: Page) -> None:
    page = signed_in
    page.locator("#add-title").fill("On paper")
    page.locator("#add-title").press("Enter")
    expect(page.get_by_role("link", name="On paper", exact=True)).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    for path in ("/notes", "/reports"):
        page.goto(path)
        assert background(page) == "rgb(255, 255, 255)"
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for pressed in ("header.frame", ".button", "input", "textarea", "select", "summary"):
            assert page.locator(pressed).locator("visible=true").count() == 0, (path, pressed)
    page.goto("/notes")
    expect(page.get_by_text("On paper", exact=True)).to_be_visible()


def test_the_keys_are_told_on_every_page(signed_in: Page) -> None:
    signed_in.set_viewport_size({"width": 1440, "height": 900})
    for path in ("/notes", "/reports", "/account"):
        signed_in.goto(path)
        ids = signed_in.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
        assert len(ids) == len(set(ids)), path
        signed_in.get_by_role("link", name="Shortcuts").click()
        expect(signed_in.get_by_role("dialog")).to_be_visible()


def test_nothing_moves_for_who_does_not_want_it(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    seconds = page.locator(".button.primary").evaluate("button => getComputedStyle(button).transitionDuration")
    assert {float(part.strip().removesuffix("s")) for part in seconds.split(",")} <= {0.00001}


def test_forced_colours_keep_edges(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto("/auth/login")
    for element in (page.get_by_label("Password"), page.get_by_role("button", name="Log in")):
        assert element.evaluate("element => getComputedStyle(element).borderTopWidth") == "1px"
        assert element.evaluate("element => getComputedStyle(element).borderTopStyle") == "solid"
