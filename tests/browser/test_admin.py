"""`/admin` in a browser: with a mouse, with a keyboard alone, and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import insert, update

from intermediate.models import User
from tests.browser.conftest import axe, watched
from tests.browser.test_account import NEW_PASSWORD, register
from tests.functional.admin.conftest import execute, put_job, put_report
from tests.functional.conftest import PASSWORD, new_email
from tests.serving import Served

pytestmark = pytest.mark.slow
LINES = "cell => { const range = new Range(); range.selectNodeContents(cell); return range.getClientRects().length }"


def administrator(page: Page, served: Served) -> None:
    email = new_email()
    register(page, email)
    execute(served.database_url, update(User).where(User.email == email).values(role="admin"))
    page.goto("/admin")


@pytest.fixture
def admin(page: Page, served: Served) -> Page:
    administrator(page, served)
    return page


@pytest.fixture
def plain(browser: Browser, site: str, served: Served) -> Iterator[Page]:
    """An administrator's browser without JavaScript."""
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    administrator(page, served)
    yield page
    context.close()


@pytest.fixture
def ann(page: Page, served: Served) -> tuple[str, int]:
    """The e-mail address and the id of a user."""
    email = new_email()
    made = page.request.post("/api/auth/register", data={"email": email, "password": PASSWORD}).json()
    return email, int(made["id"])


def row_of(page: Page, words: str) -> Locator:
    return page.get_by_role("row").filter(has_text=words)


def find(page: Page, email: str) -> Locator:
    page.get_by_role("searchbox", name="Find by e-mail").fill(email)
    accounts = (
        page.get_by_role("region", name="Accounts").get_by_role("row").filter(has_text="@")
    )  # jobs have rows, too
    expect(accounts).to_have_count(1)
    return accounts


def test_owners_are_found_while_one_types(admin: Page, ann: tuple[str, int]) -> None:
    search = admin.get_by_role("searchbox", name="Find by e-mail")
    search.press_sequentially("nobody-at-all")
    expect(admin.get_by_text("No one with that address.")).to_be_visible()
    expect(search).to_be_focused()
    search.fill(ann[0])
    expect(row_of(admin, "@example.com")).to_have_count(1)
    expect(admin).to_have_url(f"/admin/users?q={ann[0].replace('@', '%40')}")


def test_a_role_and_a_state_are_changed_from_the_menu(admin: Page, ann: tuple[str, int]) -> None:
    row = find(admin, ann[0])
    row.get_by_label(f"Change {ann[0]}").click()
    row.get_by_role("button", name="Make an administrator").click()
    expect(admin.get_by_text(f"{ann[0]} is now an administrator.")).to_be_visible()
    expect(row).to_contain_text("Admin")
    row.get_by_label(f"Change {ann[0]}").click()
    row.get_by_role("button", name="Switch off").click()
    expect(admin.get_by_text(f"Switched off {ann[0]}.")).to_be_visible()
    expect(row).to_contain_text("Off")


def test_no_word_is_cut_beside_a_long_address(admin: Page, served: Served) -> None:
    email = f"{'somebody.with.a.long.name.' * 2}{new_email()}".replace("@", f"@{'an-organisation.' * 5}")
    execute(served.database_url, insert(User).values(email=email))
    admin.goto(f"/admin/users?q={email}")
    assert admin.get_by_role("cell", name="Active", exact=True).evaluate(LINES) == 1


def test_no_button_covers_what_it_is_about(admin: Page, served: Served, ann: tuple[str, int]) -> None:
    job = put_job(served.database_url, ann[1], "failed", error="It took longer than 600 seconds, twice.")
    admin.set_viewport_size({"width": 360, "height": 800})
    admin.locator("summary[title^=Theme]").click()
    admin.get_by_role("button", name="Deutsch").click()  # German texts are longer
    expect(admin.locator("html")).to_have_attribute("lang", "de")
    admin.goto("/admin/jobs?status=failed")
    button = admin.get_by_role("button", name=f"Auftrag {job}").bounding_box()
    words = admin.locator(f"#job-{job} .status").bounding_box()
    assert button
    assert words
    assert button["y"] + button["height"] <= words["y"] or button["x"] >= words["x"] + words["width"]


def test_a_state_is_changed_with_a_keyboard_alone(admin: Page, ann: tuple[str, int]) -> None:
    row = find(admin, ann[0])
    row.get_by_label(f"Change {ann[0]}").focus()
    for key in ("Enter", "Tab", "Tab", "Tab", "Enter"):
        admin.keyboard.press(key)
    expect(admin.get_by_text(f"Switched off {ann[0]}.")).to_be_visible()
    expect(row.get_by_label(f"Change {ann[0]}")).to_be_focused()


def test_owners_are_changed_without_scripts(plain: Page, ann: tuple[str, int]) -> None:
    plain.get_by_role("searchbox", name="Find by e-mail").fill(ann[0])
    plain.keyboard.press("Enter")
    row = row_of(plain, ann[0])
    row.get_by_label(f"Change {ann[0]}").click()
    row.get_by_role("button", name="Switch off").click()
    expect(plain.get_by_text(f"Switched off {ann[0]}.")).to_be_visible()
    expect(row_of(plain, "@example.com")).to_have_count(1)  # the search is unchanged


def locked_out_no_more(page: Page, other: Page, ann: tuple[str, int]) -> None:
    """An administrator creates a reset link, and the user follows it."""
    row_of(page, ann[0]).get_by_label(f"Change {ann[0]}").click()
    row_of(page, ann[0]).get_by_role("button", name="Create a reset link").click()
    made = page.get_by_role("status").filter(has_text=f"A reset link for {ann[0]}")
    expect(made).to_be_focused()
    link = made.locator("code").inner_text()
    other.goto(link)
    other.get_by_label("New password").fill("short")
    other.get_by_role("button", name="Set the password").click()
    expect(other.get_by_text("At least 8 characters.", exact=True)).to_be_visible()
    expect(other.get_by_label("New password")).to_be_focused()
    other.get_by_label("New password").fill(NEW_PASSWORD)
    other.get_by_role("button", name="Set the password").click()
    expect(other.get_by_text(f"The password of {ann[0]} was changed.")).to_be_visible()
    other.get_by_label("E-mail address").fill(ann[0])
    other.get_by_label("Password").fill(NEW_PASSWORD)
    other.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(other.get_by_role("heading", name="Notes", level=1)).to_be_visible()
    other.goto(link)
    expect(other.get_by_role("heading", name="This link does not work")).to_be_visible()


def test_a_link_lets_in_who_is_locked_out(admin: Page, browser: Browser, site: str, ann: tuple[str, int]) -> None:
    find(admin, ann[0])
    with watched(browser, site) as other:
        locked_out_no_more(admin, other, ann)
    expect(row_of(admin, ann[0]).get_by_role("button", name="Switch off")).to_be_hidden()  # the menu is closed again
    admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    admin.get_by_role("button", name="Copy").click()
    expect(admin.get_by_role("button", name="Copied")).to_be_visible()
    assert "/auth/reset?token=" in admin.evaluate("navigator.clipboard.readText()")


def test_a_link_lets_in_without_scripts(plain: Page, browser: Browser, site: str, ann: tuple[str, int]) -> None:
    plain.goto(f"/admin/users?q={ann[0]}")
    with watched(browser, site, scripts=False) as other:
        locked_out_no_more(plain, other, ann)
    expect(row_of(plain, "@example.com")).to_have_count(1)
    plain.reload()


def test_jobs_are_filtered_ended_and_tried_again(admin: Page, served: Served, ann: tuple[str, int]) -> None:
    failed, queued = (put_job(served.database_url, ann[1], status) for status in ("failed", "queued"))
    admin.reload()
    admin.get_by_role("combobox", name="Status").select_option("Failed")
    expect(admin).to_have_url("/admin/jobs?status=failed")
    expect(admin.get_by_role("button", name=f"Cancel job {queued}")).to_have_count(0)
    admin.get_by_role("button", name=f"Retry job {failed}").click()
    expect(admin.get_by_text(f"Job {failed} is queued again.")).to_be_visible()
    expect(admin.get_by_role("button", name=f"Cancel job {failed}")).to_be_focused()
    admin.get_by_role("combobox", name="Status").select_option("All")
    admin.get_by_role("button", name=f"Cancel job {queued}").click()
    expect(admin.get_by_text(f"Cancelled job {queued}.")).to_be_visible()
    expect(admin.locator(f"#job-{queued}")).to_contain_text("Cancelled")


def test_pages_are_turned(admin: Page, served: Served, ann: tuple[str, int]) -> None:
    for _ in range(3):
        put_job(served.database_url, ann[1], "finished")
    admin.goto("/admin/jobs?limit=2")
    first = admin.get_by_role("row").nth(1).inner_text()
    admin.get_by_role("link", name="Next page").click()
    expect(admin.get_by_text("3 to ")).to_be_visible()
    expect(admin.get_by_role("status").filter(has_text="running")).to_be_focused()
    admin.go_back()
    expect(admin.get_by_text("1 to 2 of ")).to_be_visible()
    assert admin.get_by_role("row").nth(1).inner_text() == first


def test_jobs_are_filtered_and_tried_again_without_scripts(plain: Page, served: Served, ann: tuple[str, int]) -> None:
    failed = put_job(served.database_url, ann[1], "failed")
    plain.get_by_role("combobox", name="Status").select_option("Failed")
    plain.get_by_role("button", name="Show").click()
    plain.get_by_role("button", name=f"Retry job {failed}").click()
    expect(plain.get_by_text(f"Job {failed} is queued again.")).to_be_visible()
    expect(plain.get_by_role("combobox", name="Status")).to_have_value("failed")


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_axe_finds_nothing_and_all_fits_the_window(
    admin: Page, served: Served, ann: tuple[str, int], width: int
) -> None:
    long = f"{'x' * 60}@{'a-long-name-of-a-place.' * 3}example.com"
    admin.request.post("/api/auth/register", data={"email": new_email() + long[-20:], "password": PASSWORD})
    execute(served.database_url, update(User).where(User.id == ann[1]).values(email=f"{ann[1]}{long}"))
    for status in ("failed", "queued", "running", "finished", "cancelled"):
        put_job(served.database_url, ann[1], status, progress=62, attempts=4)
    put_report(served.database_url, ann[1], total_tasks=123_456, completed_tasks=100_000, overdue_tasks=5_000)
    admin.set_viewport_size({"width": width, "height": 800})
    for path in ("/admin", "/admin/users", "/admin/jobs", "/admin/users?q=nobody"):
        admin.goto(path)
        fits(admin)
    admin.goto("/admin/users")
    admin.locator(f"#owner-{ann[1]} summary").click()
    admin.locator(f"#owner-{ann[1]}").get_by_role("button", name="Create a reset link").click()
    link = admin.locator("#made-link").inner_text()
    fits(admin)
    for address in (link, f"{link}x"):
        admin.goto(address)
        fits(admin)


def fits(page: Page) -> None:
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
