"""`make screenshots`: take screenshots of every page, at three widths and in both themes, into build/screenshots.

The pages are those of an account with the tasks of `intermediate seed` and a report, and of an administrator. Nothing
is asserted: the screenshots are for review.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import amiss
from tests.browser.conftest import chromium
from tests.serving import BIN, ROOT, Served

OUT = ROOT / "build" / "screenshots"
WIDTHS = {1440: 900, 768: 1024, 360: 800}
THEMES = ("light", "dark")
REDRAW = "document.body.hidden = true; document.body.offsetHeight; document.body.hidden = false"  # icons of the sprite
DEMO = "demo@example.com"
ADMIN, PASSWORD = "admin@example.com", "correct horse battery"
PUBLIC = {
    "home": "/",
    "guide": "/guide",
    "login": "/auth/login",
    "register": "/auth/register",
    "error-404": "/nowhere",
}
EMPTY = {"notes-empty": "/notes", "reports-empty": "/reports"}
OWN = {
    "notes": "/notes",
    "notes-all": "/notes?status=all",
    "notes-nothing": "/notes?q=there+is+no+such+word",
    "note": "/notes/1",
    "note-edit": "/notes/1/edit",
    "trash": "/notes?view=trash",
    "reports": "/reports",
    "jobs": "/jobs",
    "job": "/jobs/1",
    "account": "/account",
}
ADMINS = {"admin": "/admin", "admin-users": "/admin/users", "admin-jobs": "/admin/jobs"}


def command(server: Served, name: str, *words: str, stdin: str = "") -> str:
    """Run a command of `intermediate` on the server's database, and return what it prints."""
    arguments = [str(BIN / "intermediate"), name, str(server.ini), *words]
    return subprocess.run(
        arguments, env=server.environ, input=stdin, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@contextmanager
def window(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, reduced_motion="reduce", locale="en-GB", timezone_id="UTC")
    try:
        yield context.new_page()
    finally:
        context.close()


def log_in(page: Page, email: str, password: str) -> None:
    page.goto("/auth/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Notes", exact=True)).to_be_visible()


def picture(page: Page, name: str) -> None:
    """Take screenshots of the current page at each width and in each theme."""
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        for theme in THEMES:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.evaluate(REDRAW)
            page.screenshot(path=OUT / f"{name}-{width}-{theme}.png", full_page=True)


def take(page: Page, pages: dict[str, str]) -> None:
    for name, path in pages.items():
        page.goto(path)
        page.wait_for_load_state("networkidle")
        picture(page, name)


def take_all(browser: Browser, server: Served) -> None:
    """Take screenshots of all pages and of all errors."""
    password = command(server, "seed").rsplit(maxsplit=1)[-1]
    command(server, "create-user", ADMIN, "--admin", "--password-stdin", stdin=PASSWORD)
    with window(browser, server.address) as page:
        take(page, PUBLIC)
        log_in(page, ADMIN, PASSWORD)
        take(page, EMPTY)
    with window(browser, server.address) as page:
        log_in(page, DEMO, password)
        page.goto("/reports")
        page.get_by_role("button", name="Generate report").click()
        expect(page.get_by_role("heading", name="By status")).to_be_visible()
        take(page, OWN)
        with window(browser, server.address) as admin:
            log_in(admin, ADMIN, PASSWORD)
            take(admin, ADMINS)
            amiss.last_administrator(admin, picture)
        for scene in (amiss.old_form, amiss.locked_out, amiss.nothing_there, amiss.changed_meanwhile, amiss.too_fast):
            scene(page, picture)
        amiss.database_away(page, picture, server)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder, chromium() as browser:
        server = Served(Path(folder), **amiss.LIMITED)
        try:
            take_all(browser, server.start())
        finally:
            server.stop()
    print(f"{len(list(OUT.glob('*.png')))} pictures are in {OUT.relative_to(ROOT)}.")  # noqa: T201


if __name__ == "__main__":
    main()
