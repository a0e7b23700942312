"""A Chromium browser, and a served application for it.

Playwright's synchronous API keeps an event loop running in its thread, so no other code in that thread can run one. The
browser is therefore started and stopped per module, and does not affect other modules in the same xdist worker.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, expect, sync_playwright

from tests.differential.combinations import PRODUCTION
from tests.differential.running import ServedCombination
from tests.services import Absent, or_skip, postgres
from tests.serving import Served

NAMES = ("chromium", "chromium-browser", "google-chrome")
expect.set_options(timeout=30_000)  # milliseconds, for busy machines
HOW_TO_GET_IT = "No Chromium is here. Name one in TEST_CHROMIUM, or put `chromium` on the PATH: apt install chromium."
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"  # colours change in one
LOOKS = 6


def axe(page: Page) -> list[str]:
    """Return what axe-core finds on the current page, in light and dark: theme, rule, explanation and element."""
    complaints = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found = _violations(page)
        for _ in range(LOOKS):  # a transition of colours may look like a fault; a real fault stays
            if not found:
                break
            page.wait_for_timeout(500)
            found = _violations(page)
        complaints += [f"{theme}: {one}" for one in found]
    return complaints


def _violations(page: Page) -> list[str]:
    page.evaluate(TWO_FRAMES)
    rules = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['failureSummary']} {node['html']}" for rule in rules for node in rule["nodes"]]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless browser that is installed on the machine, and yield it. Nothing is downloaded."""
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
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An application in a separate process, with the backends of --backends."""
    folder = tmp_path_factory.mktemp("browser")
    with ExitStack() as stack:
        if request.config.getoption("--backends") == "production":
            server = stack.enter_context(postgres.fresh(request.getfixturevalue("postgres_server")))
            urls = {name: request.getfixturevalue(f"{name}_url") for name in ("redis", "mongo")}
            served: Served = ServedCombination(folder, PRODUCTION, {"postgres": server, **urls})
        else:
            served = Served(folder)
        stack.callback(served.stop)
        yield served.start()


@pytest.fixture(scope="module")
def site(served: Served) -> str:
    """The address of the served application."""
    return served.address


@contextmanager
def watched(browser: Browser, site: str, *, scripts: bool = True) -> Iterator[Page]:
    """Open a new window. The test fails if a content security policy is violated, a script fails, or another site is
    requested."""
    complaints: list[str] = []
    visited: set[str] = set()

    def console(message: ConsoleMessage) -> None:
        refused = message.text.startswith("Failed to load resource")
        # Error pages and forms with errors have an error status, which the browser logs.
        its_status = refused and (message.location["url"] in visited or "status of 422" in message.text)
        if message.type in ("error", "warning") and not its_status:
            complaints.append(message.text)

    def requested(request: Request) -> None:
        if request.is_navigation_request():
            visited.add(request.url)
        if not request.url.startswith((f"{site}/", f"blob:{site}/", "data:")):
            complaints.append(f"It asked for {request.url}")

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # normal for requests in progress when a page is left
            complaints.append(f"It did not get {request.url}")

    viewport: ViewportSize = {"width": 1200, "height": 900}
    context = browser.new_context(base_url=site, viewport=viewport, java_script_enabled=scripts)
    page = context.new_page()
    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", requested)
    page.on("requestfailed", failed)
    yield page
    found = list(complaints)  # before closing, which makes requests in progress fail
    context.close()
    assert found == []


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    with watched(browser, site) as page:
        yield page


@pytest.fixture
def without_scripts(browser: Browser, site: str) -> Iterator[Page]:
    with watched(browser, site, scripts=False) as page:
        yield page
