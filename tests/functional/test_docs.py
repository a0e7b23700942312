"""The pages of the API documentation: shipped files, a separate content security policy, and a switch."""

import re
from pathlib import Path

import pytest
from webtest import TestApp

from tests.conftest import NewDatabase
from tests.functional.conftest import serving
from tests.functional.test_pages import INLINE
from tests.rows import row

PAGES = ("/docs", "/redoc")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_made_of_files_of_the_package(app: TestApp, path: str) -> None:
    page = app.get(path)
    assert page.content_type == "text/html"
    assert not INLINE.search(page.text)
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {name for name in named if not name.startswith("/static/")} == {"/openapi.json"}
    for name in named:
        if name.startswith("/static/"):
            assert app.get(name).body


@pytest.mark.parametrize("path", PAGES)
def test_a_page_allows_no_script_but_files_and_no_other_site(app: TestApp, path: str) -> None:
    directives = dict(part.split(" ", 1) for part in app.get(path).headers["Content-Security-Policy"].split("; "))
    elsewhere = dict(part.split(" ", 1) for part in app.get("/").headers["Content-Security-Policy"].split("; "))
    allowed = " ".join(directives.values())
    assert "unsafe" not in allowed
    assert "http" not in allowed
    assert directives["script-src"] == "'self'"
    assert set(elsewhere) <= set(directives)
    for name in ("default-src", "connect-src", "form-action", "frame-ancestors", "base-uri", "object-src"):
        assert directives[name] == elsewhere[name]


def test_the_index_and_the_home_page_lead_there(app: TestApp) -> None:
    links = app.get("/api").json["links"]
    assert (links["docs"], links["redoc"]) == PAGES
    assert 'href="/docs"' in app.get("/")


@row("H12-docs")
def test_they_can_be_switched_off(new_database: NewDatabase, is_served: bool, tmp_path: Path) -> None:
    with (
        new_database(tmp_path) as url,
        serving(is_served, tmp_path, **{"database.url": url, "api.docs": "false"}) as target,
    ):
        app = TestApp(target)
        for path in PAGES:
            app.get(path, status=404)
        assert "docs" not in app.get("/api").json["links"]
        assert 'href="/docs"' not in app.get("/")
