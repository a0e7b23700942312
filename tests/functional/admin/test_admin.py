"""`/admin`: what administrators see, and what other users cannot see or do."""

import re
from pathlib import Path

import pytest

from tests.conftest import NewDatabase
from tests.functional.admin.conftest import App, by_htmx, owners, put_job
from tests.functional.conftest import Api, Browser, make_admin, make_api, serving
from tests.functional.test_tasks import log_in
from tests.rows import row
from tests.serving import Served, wait_until

pytestmark = pytest.mark.slow


def test_the_page_tells_of_backends_and_the_cache(browser: Browser) -> None:
    page = browser.get("/admin", status=200)
    cache = Served.shared.get("INTERMEDIATE_CACHE_BACKEND", "memory")
    for kind, name in {"database": "", "auth": "local", "tasks": "sql", "cache": cache, "jobs": "local"}.items():
        assert re.search(rf"<b>{kind}</b></th>\s*<td><code>{name}", page.text), kind
    wait_until(lambda: browser.get("/admin").text.count("Healthy") == 6)  # a check may be late on a busy machine
    assert re.search(r'class="figure">(None yet|[\d.]+ %)<', page.text)
    browser.get("/notes")
    assert "Hits" in browser.get("/admin")


@row("Z4-admin")
def test_what_is_for_administrators_is_refused_to_others(new_app: App, admin_api: Api) -> None:
    target, url = new_app
    ann = make_api(target)
    job = put_job(url, admin_api.user_id, "failed")
    other = Browser(target)
    log_in(other, ann)
    for path in ("/admin", "/admin/users", "/admin/jobs"):
        page = other.get(path, status=403)
        assert "Not for this account" in page
        assert admin_api.email not in page
    pages = [by_htmx(other, f"/admin/jobs/{one}/retry", 403).text for one in (job, 999)]
    pages += [by_htmx(other, f"/admin/users/{one}/change", 403, role="admin").text for one in (ann.user_id, 999)]
    assert len({re.sub(r"[0-9a-f]{32}", "", page) for page in pages}) == 1
    assert admin_api.get(f"/api/jobs/{job}").json["status"] == "failed"
    assert ann.get("/api/users/me").json["role"] == "user"


@row("Z4-absent")
def test_what_is_not_there_is_404(browser: Browser) -> None:
    for path in ("/admin/users/999/change", "/admin/users/me/change", "/admin/jobs/999/retry", "/admin/jobs/0/cancel"):
        by_htmx(browser, path, 404, role="admin")
    for path in ("/admin/users/me", "/admin/users/1", "/admin/jobs/x", "/admin/zzz", "/admin/users/me/tokens"):
        browser.get(path, status=404)


@row("C1-admin")
def test_a_form_without_its_csrf_token_changes_nothing(browser: Browser, new_app: App) -> None:
    ann = make_api(new_app[0])
    job = put_job(new_app[1], ann.user_id, "failed")
    for path, fields in ((f"/admin/users/{ann.user_id}/change", {"role": "admin"}), (f"/admin/jobs/{job}/retry", {})):
        assert "Invalid CSRF token" in browser.post(path, fields, status=400)
    assert ann.get("/api/users/me").json["role"] == "user"
    assert ann.get(f"/api/jobs/{job}").json["status"] == "failed"


def test_only_administrators_are_led_there(browser: Browser, new_app: App) -> None:
    link = 'href="/admin"'
    assert (link in browser.get("/notes"), f'{link} aria-current="page"' in browser.get("/admin/jobs")) == (True, True)
    other = Browser(new_app[0])
    log_in(other, make_api(new_app[0]))
    assert link not in other.get("/notes")


def test_an_address_is_shown_as_text(browser: Browser, new_app: App) -> None:
    ann = make_api(new_app[0])
    job = put_job(new_app[1], ann.user_id, "failed", error='<img src=x onerror="x" hx-get="/">')
    page = browser.get("/admin")
    assert f"job-{job}" in page
    assert "<img" not in page
    assert "“<bdi>&lt;b&gt;</bdi>”" in browser.get("/admin/users?q=<b>")


@pytest.mark.parametrize(
    ("ini", "sentence"),
    [
        ({"analytics.backend": "null"}, "The analytics backend null stores nothing"),
        (
            {"analytics.backend": "mongo", "analytics.mongo.url": "mongodb://127.0.0.1:1/analytics"},
            "The analytics backend mongo is not responding",
        ),
    ],
    ids=["null", "away"],
)
def test_without_figures_there_is_a_sentence(
    new_database: NewDatabase, is_served: bool, tmp_path: Path, ini: dict[str, str], sentence: str
) -> None:
    with (
        new_database(tmp_path) as url,
        serving(is_served, tmp_path, **{"database.url": url}, **ini) as target,
    ):
        admin, browser = make_admin(target, url), Browser(target)
        log_in(browser, admin)
        page = browser.get("/admin", status=200)
        assert sentence in page
        assert owners(page) == [admin.email]
        away = ini["analytics.backend"] == "mongo"
        assert ("It catches up by itself once it is back." in page, page.text.count("health bad")) == (away, int(away))
