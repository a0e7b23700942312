"""The sessions on `/account`: the list, and ending them."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from webtest import TestApp

from intermediate.engines import make_engine
from intermediate.models import LoginSession, User
from intermediate.models.base import utcnow
from tests.functional.conftest import PASSWORD, Api, Browser, Target, new_email, register
from tests.functional.test_account import NEW_PASSWORD, by_htmx, send
from tests.functional.test_tasks import log_in
from tests.rows import row


@pytest.fixture
def owner(target: Target, email: str) -> Browser:
    return register(target, email)


def test_the_page_lists_where_one_is_signed_in_and_ends_one_of_them(owner: Browser, target: Target, email: str) -> None:
    elsewhere = TestApp(target)
    log_in(elsewhere, Api(elsewhere, email, 0, ""))
    page = owner.get("/account")
    assert (page.text.count("This session"), page.text.count("<h3>Browser")) == (1, 2)
    [form] = [form for form in page.forms.values() if form.action == "/account/end"]
    said = form.submit(status=303).follow()
    assert "Logged out that session." in said
    assert said.text.count("<h3>Browser") == 1
    assert "/auth/login" in elsewhere.get("/account", status=303).location
    assert "no such session" in form.submit(status=404)
    owner.get("/account", status=200)


def test_a_session_is_called_by_its_browser(owner: Browser, target: Target, email: str) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    elsewhere = TestApp(target, extra_environ={"HTTP_USER_AGENT": firefox})
    log_in(elsewhere, Api(elsewhere, email, 0, ""))
    names = {heading.text.strip() for heading in owner.get("/account").html.find(id="sessions").find_all("h3")}
    assert names == {"Firefox on Linux", "Browser This session"}
    assert {one["agent"] for one in owner.get("/account/export").json["sessions"]} == {"Firefox on Linux", None}


def test_the_others_are_logged_out_on_both_surfaces(owner: Browser, target: Target, email: str) -> None:
    assert "end-others" not in owner.get("/account").forms
    elsewhere, program = TestApp(target), TestApp(target)
    log_in(elsewhere, Api(elsewhere, email, 0, ""))
    tokens = program.post("/api/auth/login", {"username": email, "password": PASSWORD}).json
    refreshed = program.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json
    page = owner.get("/account")
    assert page.text.count("<h3>API client") == 1  # a refresh continues the same session
    assert "Logged out the other 2 sessions." in page.forms["end-others"].submit(status=303).follow()
    assert "/auth/login" in elsewhere.get("/account", status=303).location
    program.get("/api/tasks", headers={"Authorization": f"Bearer {refreshed['access_token']}"}, status=401)
    log_in(elsewhere, Api(elsewhere, email, 0, ""))
    assert "Logged out the other session." in by_htmx(owner, "/account/end-others", 200)
    assert "There are no other sessions." in by_htmx(owner, "/account/end-others", 200)


@row("Z1-session")
def test_a_session_of_another_account_is_not_there(owner: Browser, target: Target) -> None:
    stranger_email = new_email()
    stranger, elsewhere = register(target, stranger_email), TestApp(target)
    log_in(elsewhere, Api(elsewhere, stranger_email, 0, ""))
    [form] = [form for form in stranger.get("/account").forms.values() if form.action == "/account/end"]
    by_htmx(owner, "/account/end", 404, session=form["session"].value)
    elsewhere.get("/account", status=200)
    send(owner, "change-password", current_password=PASSWORD, new_password=NEW_PASSWORD)
    elsewhere.get("/account", status=200)


def test_the_page_holds_nothing_that_opens_a_session(owner: Browser) -> None:
    page = owner.get("/account")
    session = owner.cookies["session"]
    assert session not in page
    refs = by_htmx(owner, "/account/end", 404, session=session)
    assert "no such session" in refs


@pytest.mark.slow
def test_a_program_that_logs_in_without_end_fills_no_page_and_can_be_logged_out(new_app: tuple[Target, str]) -> None:
    """There are more logins than SQLite accepts parameters in one statement."""
    target, url = new_app
    email = new_email()
    owner, engine = register(target, email), make_engine(url)
    with engine.begin() as connection:
        user_id = connection.scalar(select(User.id).where(User.email == email))
        row = {"user_id": user_id, "kind": "api", "expires_at": utcnow() + timedelta(days=1)}
        connection.execute(insert(LoginSession), [row | {"id": f"{n}", "family": f"{n}"} for n in range(33_000)])
    engine.dispose()
    page = owner.get("/account")
    assert len(page.html.find(id="sessions").find_all("li")) == 50
    assert "32,951 more sessions are not shown here." in page
    assert "Logged out the other 33,000 sessions." in page.forms["end-others"].submit(status=303).follow()
    assert len(owner.get("/account").html.find(id="sessions").find_all("li")) == 1
