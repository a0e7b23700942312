"""`make pictures`: take the pictures of the README, light and dark side by side, into docs/pictures."""

import tempfile
from base64 import b64decode, b64encode
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import chromium
from tests.browser.screenshots import ADMIN, DEMO, PASSWORD, THEMES, command, log_in, window
from tests.serving import ROOT, Served

OUT = ROOT / "docs" / "pictures"
WINDOW: ViewportSize = {"width": 1280, "height": 880}
QUALITY = 70
SHEET = """<body style="margin: 0; display: flex; gap: 16px">{}</body>"""
PICTURE = (
    '<img alt="" style="width: 720px; border-radius: 10px; border: 1px solid #7E8983" src="data:image/png;base64,{}">'
)


def shots(page: Page, path: str) -> list[bytes]:
    """Take a screenshot of the page in each theme."""
    taken = []
    page.set_viewport_size(WINDOW)
    for theme in THEMES:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.goto(path)
        page.wait_for_load_state("networkidle")
        taken.append(page.screenshot())
    return taken


def side_by_side(browser: Browser, taken: list[bytes]) -> bytes:
    """Combine screenshots into one picture, as WebP, which Chromium compresses well."""
    page = browser.new_page(viewport={"width": 1460, "height": 500})
    page.set_content(SHEET.format("".join(PICTURE.format(b64encode(shot).decode()) for shot in taken)))
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setDefaultBackgroundColorOverride", {"color": {"r": 0, "g": 0, "b": 0, "a": 0}})
    picture = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    page.close()
    return b64decode(picture["data"])


def take(browser: Browser, server: Served) -> None:
    password = command(server, "seed").rsplit(maxsplit=1)[-1]
    command(server, "create-user", ADMIN, "--admin", "--password-stdin", stdin=PASSWORD)
    with window(browser, server.address) as page:
        log_in(page, DEMO, password)
        page.goto("/reports")
        page.get_by_role("button", name="Generate report").click()
        expect(page.get_by_role("heading", name="By status")).to_be_visible()
        taken = {"notes": shots(page, "/notes"), "reports": shots(page, "/reports")}
    with window(browser, server.address) as page:
        log_in(page, ADMIN, PASSWORD)
        taken["admin"] = shots(page, "/admin")
    for name, both in taken.items():
        (OUT / f"{name}.webp").write_bytes(side_by_side(browser, both))


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder, chromium() as browser:
        server = Served(Path(folder))
        try:
            take(browser, server.start())
        finally:
            server.stop()


if __name__ == "__main__":
    main()
