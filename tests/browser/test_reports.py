"""The reports page in a browser: progress updates by itself, with and without JavaScript and event streams.

The test controls the job: a trigger in the database keeps workers from starting it, and the test writes a worker's
progress into the ledger.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import axe
from tests.serving import Served

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
HOLD = """CREATE TRIGGER held BEFORE UPDATE ON jobs
WHEN OLD.status = 'queued' AND NEW.status = 'running' AND NEW.worker <> 'the test' BEGIN SELECT RAISE(IGNORE); END"""
FAR = 2**54  # microseconds, further in the future than any lease


class Ledger:
    """The jobs of the served application, which workers cannot start before `let_go`."""

    def __init__(self, served: Served) -> None:
        self._path = served.database

    def _do(self, *statements: str) -> None:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def hold(self) -> None:
        self._do(HOLD)

    def say(self, progress: int, status: str = "running", attempts: int = 1) -> None:
        """Write progress of the newest job, as its worker would."""
        self._do(
            f"UPDATE jobs SET status = '{status}', worker = 'the test', progress = {progress}, attempts = {attempts},"
            f" joinable = NULL, started_at = created_at, lease_until = {FAR}"
            " WHERE id = (SELECT max(id) FROM jobs)"
        )

    def let_go(self) -> None:
        """Let workers run jobs from now on, including the newest one."""
        self._do(
            "DROP TRIGGER IF EXISTS held",
            "UPDATE jobs SET status = 'queued', attempts = 0, lease_until = NULL"
            " WHERE id = (SELECT max(id) FROM jobs) AND status IN ('queued', 'running')",
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("reports"))
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.fixture(scope="module")
def site(served: Served) -> str:
    return served.address


@pytest.fixture
def ledger(served: Served) -> Iterator[Ledger]:
    ledger = Ledger(served)
    ledger.hold()
    yield ledger
    ledger.let_go()


def sign_up(page: Page) -> None:
    page.goto("/auth/register")
    page.get_by_label("E-mail").fill(f"{secrets.token_hex(6)}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Notes")).to_be_visible()


def step(page: Page) -> Locator:
    return page.get_by_role("listitem").and_(page.locator("[aria-current=step]"))


def ask(page: Page) -> None:
    page.goto("/reports")
    page.get_by_role("button", name="Generate report").click()
    expect(page.get_by_role("heading", name="Generating your report")).to_be_visible()


def test_a_report_is_made_under_ones_eyes_and_takes_the_focus_when_it_is_there(page: Page, ledger: Ledger) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_up(page)
    ask(page)
    page.evaluate("window.same = true")
    expect(page.get_by_role("heading", name="Generating your report")).to_be_focused()
    expect(step(page)).to_contain_text("Waiting for a worker")
    for progress, name in ((20, "Counting by status"), (60, "Measuring times"), (95, "Saving the report")):
        ledger.say(progress)
        expect(step(page)).to_contain_text(name)
        expect(page.get_by_role("progressbar")).to_have_attribute("value", str(progress))
        expect(page.get_by_role("status").filter(has_text=name)).to_have_count(1)
    expect(page.get_by_text("You can leave this page.")).to_be_visible()
    ledger.let_go()
    expect(page.get_by_role("heading", name="By status")).to_be_visible()
    expect(page.get_by_role("heading", name="Reports")).to_be_focused()
    expect(page.get_by_text("The report is ready.")).to_have_attribute("role", "status")
    expect(page.get_by_role("button", name="Generate again")).to_be_visible()
    assert page.evaluate("window.same")  # the page was not reloaded
    assert sum("/events" in url for url in asked) == 1


def test_where_the_stream_is_cut_it_is_asked_every_two_seconds(page: Page, ledger: Ledger) -> None:
    def cut(route: Route) -> None:
        route.fulfill(status=200, content_type="text/event-stream", body="retry: 600000\n\n")

    page.route("**/events", cut)
    sign_up(page)
    ask(page)
    ledger.say(20)
    expect(step(page)).to_contain_text("Counting by status")
    ledger.say(60)
    expect(step(page)).to_contain_text("Measuring times")
    ledger.let_go()
    expect(page.get_by_role("heading", name="By status")).to_be_visible()
    expect(page.get_by_role("heading", name="Reports")).to_be_focused()


def test_without_scripts_the_page_loads_itself_again(without_scripts: Page, ledger: Ledger) -> None:
    page = without_scripts
    sign_up(page)
    ask(page)
    ledger.say(60)
    expect(step(page)).to_contain_text("Measuring times")
    ledger.let_go()
    expect(page.get_by_role("heading", name="By status")).to_be_visible()


def test_a_report_is_cancelled_in_place(page: Page, ledger: Ledger) -> None:
    sign_up(page)
    ask(page)
    cancel = page.get_by_role("button", name="Cancel")
    cancel.focus()
    ledger.say(60)
    expect(step(page)).to_contain_text("Measuring times")
    expect(cancel).to_be_focused()
    expect(page.locator(".htmx-settling")).to_have_count(0)  # until then HTMX does not handle the form
    cancel.press("Enter")
    expect(page.get_by_role("heading", name="No report yet")).to_be_visible()
    expect(page.get_by_text("The report was cancelled.")).to_have_attribute("role", "status")


def test_a_report_that_failed_says_so_and_can_be_asked_for_again(page: Page, ledger: Ledger) -> None:
    sign_up(page)
    ask(page)
    ledger.say(60, status="failed", attempts=4)
    expect(page.get_by_role("heading", name="The report did not finish. It was tried 4 times.")).to_be_visible()
    ledger.let_go()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="By status")).to_be_visible()


def test_the_page_of_a_job_moves_too(page: Page, ledger: Ledger) -> None:
    sign_up(page)
    ask(page)
    page.goto("/jobs")
    page.get_by_role("main").get_by_role("link", name="Report").click()
    ledger.say(60)
    expect(step(page)).to_contain_text("Measuring times")
    ledger.let_go()
    expect(page.get_by_role("heading", name="The report is ready.")).to_be_visible()


def test_the_notes_tell_how_a_report_goes_on_and_lead_to_it(page: Page, ledger: Ledger) -> None:
    sign_up(page)
    expect(page.get_by_text("Your report")).to_have_count(0)
    ask(page)
    page.goto("/notes")
    expect(page.get_by_text("Your report is being generated: waiting for a worker.")).to_be_visible()
    ledger.say(60)
    expect(page.get_by_text("Your report is being generated: measuring times.")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Your report")).to_have_attribute("value", "60")
    ledger.let_go()
    expect(page.get_by_role("status").filter(has_text="Your report is ready.")).to_be_visible()
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("heading", name="By status")).to_be_visible()
    page.goto("/notes")
    expect(page.get_by_text("Your report")).to_have_count(0)


def test_axe_finds_nothing_on_reports_and_jobs(page: Page, ledger: Ledger) -> None:
    sign_up(page)
    page.goto("/reports")
    assert axe(page) == []
    ask(page)
    ledger.say(60)
    expect(step(page)).to_contain_text("Measuring times")
    assert axe(page) == []
    page.goto("/jobs")
    assert axe(page) == []
    page.get_by_role("main").get_by_role("link", name="Report").click()
    assert axe(page) == []
    ledger.let_go()
    expect(page.get_by_role("heading", name="The report is ready.")).to_be_visible()
    page.goto("/reports")
    closed = page.get_by_text("Show table").filter(visible=True)
    while closed.count():
        closed.first.click()
    expect(page.get_by_role("table")).to_have_count(4)
    assert axe(page) == []


def test_on_paper_all_tables_are_open_and_nothing_is_to_be_pressed(page: Page) -> None:
    sign_up(page)
    page.goto("/reports")
    page.get_by_role("button", name="Generate report").click()
    expect(page.get_by_role("heading", name="By status")).to_be_visible()
    tables = page.locator("main table")
    assert [table.is_visible() for table in tables.all()] == [True, False, False, False]
    page.emulate_media(media="print", color_scheme="dark")
    assert [table.is_visible() for table in tables.all()] == [True] * 4
    assert not any(button.is_visible() for button in page.locator("button, a.button, summary, nav").all())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.get_by_text("UTC").first).to_be_visible()


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_the_text_of_charts_can_be_read_on_every_window(page: Page, width: int) -> None:
    sign_up(page)
    page.goto("/reports")
    page.get_by_role("button", name="Generate report").click()
    expect(page.get_by_role("heading", name="By status")).to_be_visible()
    page.set_viewport_size({"width": width, "height": 800})
    sizes = page.evaluate(
        """[...document.querySelectorAll("svg[role=img] text")].map(text => parseFloat(getComputedStyle(text).fontSize)
        * text.ownerSVGElement.getBoundingClientRect().width / text.ownerSVGElement.viewBox.baseVal.width)"""
    )
    assert len(sizes) > 10
    assert min(sizes) >= 11
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
