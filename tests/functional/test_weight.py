"""What a browser downloads: little on the first visit, less on the next, and no file twice."""

import gzip
import re

import pytest
from webob import Request, Response
from webtest import TestApp

from tests.functional.conftest import Api
from tests.functional.test_tasks import log_in

FROM_HERE = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": "same-origin"}
FIRST, NEXT = 100_000, 15_000  # bytes
ADDRESS = re.compile(r'(?:href|src)="(/static/[^"#]+)')


def wire(answer: Response) -> int:
    """Return the size of a response in bytes: its body as it is sent, and its headers."""
    return len(answer.body) + sum(len(name) + len(value) + 4 for name, value in answer.headerlist)


@pytest.fixture
def busy(app: TestApp, api: Api) -> TestApp:
    """A browser whose list is as full as a page can be."""
    for number in range(20):
        title, due_at = f"Write the release notes for 1.{number}", f"2027-01-{number + 1:02d}T17:00:00Z"
        api.post_json("/api/tasks", {"title": title, "tags": ["writing", "release"], "due_at": due_at})
    log_in(app, api)
    return app


def page(browser: TestApp, path: str = "/notes", **headers: str) -> Response:
    """Return a response as it is sent, which WebTest would decompress."""
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    return Request.blank(path, headers=FROM_HERE | cookie | headers).get_response(browser.app)


def text_of(answer: Response) -> str:
    return gzip.decompress(answer.body).decode()


def test_twenty_tasks_weigh_little(busy: TestApp) -> None:
    notes = page(busy)
    assert text_of(notes).count('<li class="row') == 20
    files = set(ADDRESS.findall(text_of(notes)))
    assert len(files) >= 4
    first = wire(notes) + sum(wire(page(busy, address.replace("&amp;", "&"))) for address in files)
    assert first <= FIRST
    assert wire(page(busy)) <= NEXT


def test_a_file_is_kept_for_ever_under_an_address_that_tells_its_content(browser: TestApp) -> None:
    for address in set(ADDRESS.findall(text_of(page(browser)))):
        answer = page(browser, address)
        assert re.search(r"\?v=[0-9a-f]{16}$", address)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Expires" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef", "?x=1"])
def test_under_another_address_it_is_kept_for_an_hour(app: TestApp, query: str) -> None:
    assert app.get(f"/static/site.css{query}").headers["Cache-Control"] == "max-age=3600"


@pytest.mark.parametrize("path", ["/static/site.css", "/static/site.js", "/static/vendor/htmx.min.js", "/notes"])
def test_it_is_the_same_text_compressed_or_not(browser: TestApp, path: str) -> None:
    plain, packed = browser.get(path), page(browser, path)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.body) < len(plain.body) / 2
    if path != "/notes":  # its forms have a new CSRF token
        assert gzip.decompress(packed.body) == plain.body
    assert len(page(browser, path, **{"Accept-Encoding": "gzip;q=0"}).body) == len(plain.body)


@pytest.mark.parametrize("initiator", ["cross-site", "same-site", ""])
def test_a_page_that_another_site_asks_for_is_not_compressed(browser: TestApp, initiator: str) -> None:
    answer = page(browser, **{"Sec-Fetch-Site": initiator})
    assert "Content-Encoding" not in answer.headers
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= {name.strip() for name in answer.headers["Vary"].split(",")}


def test_a_file_that_a_browser_has_is_not_sent_again(app: TestApp) -> None:
    since = app.get("/static/site.css").headers["Last-Modified"]
    assert page(app, "/static/site.css", **{"If-Modified-Since": since}).status_int == 304


def test_what_is_no_file_is_not_found(app: TestApp) -> None:
    for path in ("/static/nothing.css", "/static/../assets.py", "/static/vendor"):
        assert page(app, path).status_int in (301, 404)
