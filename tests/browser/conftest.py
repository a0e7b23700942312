"""A Chromium, and a served application for it to look at.

Playwright's synchronous API keeps an event loop running in its thread, beside which nothing else there can have one. So
it is there for one module at a time, and the tests of other modules never meet it, be it in a worker of pytest-xdist.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.services import Absent, or_skip
from tests.serving import Served

NAMES = ("chromium", "chromium-browser", "google-chrome")
expect.set_options(timeout=30_000)  # milliseconds, for machines that do much else
HOW_TO_GET_IT = "No Chromium is here. Name one in TEST_CHROMIUM, or put `chromium` on the PATH: apt install chromium."


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong on a page as it is, in light and in dark: the theme, the rule, and where."""
    complaints = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for rule in Axe().run(page).response["violations"]:
            complaints += [f"{theme}: {rule['id']}: {node['failureSummary']} {node['html']}" for node in rule["nodes"]]
    return complaints


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser of the test run's own. Nothing is fetched for it."""
    path = os.environ.get("TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise Absent(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with or_skip(chromium()) as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an application in a process of its own."""
    served = Served(tmp_path_factory.mktemp("browser"))
    try:
        yield served.start().address
    finally:
        served.stop()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A new window. The test fails if in it a policy is violated, a script fails, or another site is asked."""
    complaints: list[str] = []
    visited: set[str] = set()

    def console(message: ConsoleMessage) -> None:
        its_status = message.text.startswith("Failed to load resource") and message.location["url"] in visited
        if message.type in ("error", "warning") and not its_status:
            complaints.append(message.text)

    def requested(request: Request) -> None:
        if request.is_navigation_request():
            visited.add(request.url)  # a page that tells of an error is one
        if not request.url.startswith((f"{site}/", f"blob:{site}/", "data:")):
            complaints.append(f"It asked for {request.url}")

    context = browser.new_context(base_url=site, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", requested)
    page.on("requestfailed", lambda request: complaints.append(f"It did not get {request.url}"))
    yield page
    found = list(complaints)  # what is under way when the window closes fails
    context.close()
    assert found == []
