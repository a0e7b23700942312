"""Whole pages: their content, their HTMX fragments, and the content security policy."""

import re
from typing import Any

import pytest
from webtest import TestApp

from tests.functional.conftest import PASSWORD, Api, Target
from tests.functional.test_tasks import log_in

INLINE = re.compile(
    r"<style|<script(?![^>]* src=)|\sstyle=|\shx-on|\son[a-z]+=|https?://(?!www\.w3\.org)", re.IGNORECASE
)


def fragment_headers(browser: TestApp) -> dict[str, str]:
    token = browser.get("/notes").forms["add"]["csrf_token"].value
    return {"HX-Request": "true", "X-CSRF-Token": token}


def only_id(page: Any) -> str:
    [found] = re.findall(r'<li class="row[^"]*" id="task-(\d+)"', page.text)
    return str(found)


@pytest.mark.parametrize("path", ["/", "/guide", "/auth/login", "/auth/register", "/nowhere"])
def test_public_pages_hold_nothing_inline(app: TestApp, path: str) -> None:
    page = app.get(path, status="*")
    assert not INLINE.search(page.text)
    assert page.text.count("<h1") == 1
    assert 'href="#main"' in page


@pytest.mark.parametrize("path", ["/notes", "/notes?q=x", "/notes?status=odd"])
def test_signed_in_pages_hold_nothing_inline(browser: TestApp, path: str) -> None:
    page = browser.get(path, status="*")
    assert not INLINE.search(page.text)
    assert page.text.count("<h1") == 1
    assert "X-CSRF-Token" in page


def test_home_and_errors_start_no_session(app: TestApp) -> None:
    for path in ("/", "/nowhere"):
        assert "Set-Cookie" not in app.get(path, status="*").headers


def test_home_names_each_part_and_what_is_plugged_in(app: TestApp) -> None:
    page = app.get("/")
    for kind in ("auth", "tasks", "cache", "jobs", "analytics"):
        assert f"<h3>{kind}</h3>" in page
        assert re.search(rf"{kind}\.backend +=", page.text)


def test_an_error_page_says_where_to_go_and_under_which_id_it_is_logged(app: TestApp) -> None:
    page = app.get("/nowhere", headers={"X-Request-ID": "look-me-up"}, status=404)
    for words in ("404", "There is nothing at this address", "look-me-up", 'href="/notes"'):
        assert words in page
    assert "Log in" not in page  # the page is the same for logged-in users


def test_an_error_of_a_form_leads_back_to_it(browser: TestApp) -> None:
    origin, address = f"http://{browser.get('/notes').request.host}", "/notes?q=a&status=all"
    page = browser.post("/notes", {"csrf_token": "old"}, headers={"Referer": origin + address}, status=400)
    assert page.html.find("a", string="Go back")["href"] == address
    page = browser.post("/notes", {"csrf_token": "old"}, headers={"Referer": f"https://x.example{address}"}, status=400)
    assert page.html.find("a", string="Go back") is None


def test_admin_is_shown_to_administrators_and_to_others_not_open(browser: TestApp, admin: Api, target: Target) -> None:
    assert 'href="/admin"' not in browser.get("/notes")
    assert "Not for this account" in browser.get("/admin", status=403)
    theirs = TestApp(target)
    log_in(theirs, admin)
    assert 'href="/admin"' in theirs.get("/notes")


def test_registering_with_mistakes_says_which_and_keeps_the_address(app: TestApp) -> None:
    form = app.get("/auth/register").forms[0]
    form["email"], form["password"] = "mara@lindgren", "short"
    page = form.submit(status=422)
    for words in ("Two things to fix.", "This address is incomplete.", "At least 8 characters."):
        assert words in page
    assert page.forms[0]["email"].value == "mara@lindgren"
    assert page.forms[0]["password"].value == ""


def test_a_wrong_password_is_told_without_saying_which_was_wrong(app: TestApp, email: str) -> None:
    form = app.get("/auth/login").forms[0]
    form["email"], form["password"] = email, PASSWORD
    assert "E-mail address or password is not right." in form.submit(status=422)


def test_text_of_users_is_escaped_and_out_of_reach_of_htmx(browser: TestApp) -> None:
    fields = {"title": '<img src=x onerror="x" hx-get="/auth/logout">', "tags": '"><b>t'}
    browser.post("/notes", fields, headers={"X-CSRF-Token": fragment_headers(browser)["X-CSRF-Token"]}, status=303)
    page = browser.get("/notes")
    assert "<img" not in page
    assert "<b>t" not in page
    for title in re.findall(r"<[^<]*>(?:<bdi>)?&lt;img", page.text):
        assert title.startswith(("<span", "<bdi"))
        assert "hx-disable" in title
    assert page.text.count("<bdi hx-disable>&lt;img") == 1


def test_adding_by_htmx_gives_the_row_an_empty_form_and_the_counts(browser: TestApp) -> None:
    headers = fragment_headers(browser)
    added = browser.post("/notes", {"title": "By HTMX"}, headers=headers, status=200)
    assert re.search(r'<ul hx-swap-oob="afterbegin:#rows-none">\s*<li class="row  is-new"', added.text)
    assert added.forms["add"]["title"].value == ""
    assert "<span>1 open</span>" in added
    refused = browser.post("/notes", {"title": "", "due_at": "kept"}, headers=headers, status=422)
    assert (refused.headers["HX-Retarget"], refused.headers["HX-Reswap"]) == ("#add", "outerHTML")
    assert refused.forms["add"]["due_at"].value == "kept"


def test_rows_change_in_place_by_htmx(browser: TestApp) -> None:
    headers = fragment_headers(browser)
    task = only_id(browser.post("/notes", {"title": "One"}, headers=headers))
    form = browser.get(f"/notes/{task}/edit", headers=headers)
    assert form.text.lstrip().startswith(f'<li class="edit" id="task-{task}"')
    refused = browser.post(f"/notes/{task}/edit", {"title": " "}, headers=headers, status=422)
    assert refused.text.lstrip().startswith(f'<li class="edit" id="task-{task}"')
    saved = browser.post(f"/notes/{task}/edit", {"title": "Two"}, headers=headers, status=200)
    assert only_id(saved) == task
    assert "Two" in saved
    assert only_id(browser.get(f"/notes/{task}", headers=headers)) == task
    done = browser.post(f"/notes/{task}/toggle", headers=headers)
    assert 'aria-pressed="true"' in done
    assert "<span>0 open</span>" in done
    gone = browser.post(f"/notes/{task}/delete", headers=headers)
    assert 'class="row' not in gone
    assert "Deleted “Two”." in gone
    assert "Nothing here yet" in gone


def test_a_search_by_htmx_gives_the_list_and_a_clean_address(browser: TestApp) -> None:
    headers = fragment_headers(browser)
    browser.post("/notes", {"title": "Needle"}, headers=headers)
    found = browser.get("/notes?q=needle&status=&priority=&sort=due_at", headers=headers)
    assert "<html" not in found
    assert "Needle" in found
    assert "1 task<" in found
    assert found.headers["HX-Push-Url"] == "/notes?q=needle"
    assert "<html" in browser.get("/notes", headers={**headers, "HX-History-Restore-Request": "true"})


def test_what_the_pages_name_is_served(browser: TestApp) -> None:
    page = browser.get("/notes")
    for path in set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text)):
        assert browser.get(path, status=200).body, path
    sprite = browser.get("/static/icons.svg").text
    for name in set(re.findall(r"icons\.svg[^#\"]*#([\w-]+)", page.text)):
        assert f'id="{name}"' in sprite, name


def test_what_is_refused_before_any_view_is_a_note_in_a_page_too(browser: TestApp) -> None:
    note = browser.post("/notes", {"title": "x" * 1024 * 1024}, headers=fragment_headers(browser), status=413)
    assert note.content_type == "text/html"
    assert "That is too large" in note
    assert "<html" not in note


def test_a_task_that_is_gone_is_told_as_that_and_the_way_leads_to_the_trash(browser: TestApp) -> None:
    headers = fragment_headers(browser)
    browser.post("/notes", {"title": "Gone"}, headers=headers)
    page = browser.get("/notes")
    address = f"/notes/{only_id(page)}"
    browser.post(f"{address}/delete", headers=headers)
    note = browser.post(f"{address}/toggle", {"status": "completed"}, headers=headers, status=404)
    for words in ("This task is gone", "/notes?view=trash", "Request id"):
        assert words in note
    browser.post(f"{address}/restore", headers=headers)
    assert "This task is not in the trash" in browser.post(f"{address}/restore", headers=headers, status=404)


def test_an_address_that_only_accepts_a_form_says_so(browser: TestApp) -> None:
    assert "This address only accepts a form." in browser.get("/auth/logout", status=405)
    assert "Allowed here: GET, HEAD" in browser.post("/guide", status=405)
