"""No layout shifts: while a page loads over a slow connection, when a part is replaced, or when a report arrives."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from intermediate.models import User
from tests.browser.notes import add, glyph, in_days, make, register
from tests.functional.admin.conftest import execute
from tests.serving import Served

pytestmark = pytest.mark.slow

LARGEST = 0.02  # 0.1 counts as good, and excludes shifts within half a second after a click, which this includes
OBSERVE = """
window.jumps = [];
const name = ({node}) => node?.id || node?.className || node?.nodeName;
const note = (jump) => jumps.push([jump.value, jump.sources.map(name).join(" ")]);
const observer = new PerformanceObserver((list) => list.getEntries().forEach(note));
observer.observe({ type: "layout-shift", buffered: true });
window.jumped = () => { observer.takeRecords().forEach(note); return jumps; };
"""
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
WIDTHS = pytest.mark.parametrize("width", [360, 1440])


@pytest.fixture
def slow(page: Page) -> Page:
    """A window with a slow connection, in which scripts and icons arrive after the first paint."""
    page.add_init_script(OBSERVE)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    return page


def size(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})


def assert_still(page: Page) -> None:
    jumps = page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(jumped()), 100)))")
    assert sum(value for value, _ in jumps) < LARGEST, (page.url, jumps)


@WIDTHS
def test_no_page_jumps_while_it_loads(slow: Page, served: Served, width: int) -> None:
    size(slow, width)
    for path in ("/", "/guide", "/auth/login", "/auth/register", "/nowhere"):
        slow.goto(path)
        assert_still(slow)
    email = register(slow)
    execute(served.database_url, update(User).where(User.email == email).values(role="admin"))
    tasks = [{"title": f"Task {number}", "due_at": in_days(number - 2), "tags": ["work"]} for number in range(8)]
    make(slow, email, *tasks)
    paths = ("/notes", "/notes?status=all", "/notes?view=trash", "/reports", "/account", "/jobs")
    for path in (*paths, "/admin", "/admin/users", "/admin/jobs"):
        slow.goto(path)
        assert_still(slow)


def swap_a_row(page: Page) -> None:
    glyph(page, "Task 3").click()
    expect(glyph(page, "Task 3")).to_have_attribute("aria-pressed", "true")


def swap_the_list(page: Page) -> None:
    page.get_by_role("searchbox").fill("Task 4")
    expect(page.get_by_role("link", name="Task 3")).to_have_count(0)


def add_a_task(page: Page) -> None:
    add(page, "One more")


@WIDTHS
@pytest.mark.parametrize("swap", [swap_a_row, swap_the_list, add_a_task])
def test_nothing_jumps_when_a_part_is_replaced(slow: Page, width: int, swap: Callable[[Page], None]) -> None:
    size(slow, width)
    make(slow, register(slow), *({"title": f"Task {number}", "due_at": in_days(number)} for number in range(8)))
    slow.reload()
    swap(slow)
    assert_still(slow)


@WIDTHS
def test_nothing_jumps_when_a_report_arrives(slow: Page, width: int) -> None:
    size(slow, width)
    make(slow, register(slow), *({"title": f"Task {number}", "due_at": in_days(number)} for number in range(8)))
    slow.goto("/reports")
    slow.get_by_role("button", name="Generate report").click()
    expect(slow.get_by_role("heading", name="By status")).to_be_visible()
    assert_still(slow)
    slow.goto("/notes")
    assert_still(slow)
    slow.goto("/reports")
    slow.get_by_role("button", name="Generate again").click()
    expect(slow.get_by_text("The report is ready.")).to_have_count(1)
    assert_still(slow)
