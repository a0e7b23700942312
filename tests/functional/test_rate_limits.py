"""The rows R1 to R8 of the attack table that are about how often: logins that fail, new accounts, jobs."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy.orm import Session
from webtest import TestApp

from intermediate.plugins.auth.local import LocalAuth
from intermediate.testing.contract import in_threads
from tests.conftest import NewDatabase
from tests.functional.conftest import PASSWORD, serving
from tests.rows import row

pytestmark = pytest.mark.slow
REGISTER, LOGIN, REPORT = "/api/auth/register", "/api/auth/login", "/api/jobs/task-report"
ANN, BEN = "ann@example.com", "ben@example.com"
HERE, THERE, PROXY = "203.0.113.7", "198.51.100.9", "192.0.2.1"
POLICY = re.compile(r'"([a-z-]+)";q=(\d+);w=(\d+)')
Limited = Callable[..., Any]


@pytest.fixture
def limited(new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Limited]:
    """Makes an application with the limits on, and Ann and Ben in it."""
    monkeypatch.setenv("INTERMEDIATE_API_RATE_LIMITS", "true")
    with ExitStack() as stack:
        url = stack.enter_context(new_database(tmp_path))

        def make(**settings: str) -> Any:
            ini = {name.replace("__", "."): value for name, value in settings.items()}
            target = stack.enter_context(serving(False, tmp_path, **{"database.url": url, **ini}))
            for email in (ANN, BEN):
                client(target, "192.0.2.200").post_json(REGISTER, {"email": email, "password": PASSWORD}, status=201)
            return target

        yield make


def client(target: Any, address: str, forwarded: str = "") -> TestApp:
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    return TestApp(target, {"REMOTE_ADDR": address, **headers})


def log_in(app: TestApp, email: str, password: str = "not this one") -> Any:
    return app.post(LOGIN, {"username": email, "password": password}, expect_errors=True)


def token(app: TestApp, email: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {log_in(app, email, PASSWORD).json['access_token']}"}


def tells_when_to_come_back(answer: Any, name: str, most: int, window: int) -> None:
    seconds = int(answer.headers["Retry-After"])
    assert 0 < seconds <= window
    found = POLICY.fullmatch(answer.headers["RateLimit-Policy"])
    assert found
    assert found.groups() == (name, str(most), str(window))
    assert answer.headers["RateLimit"] == f'"{name}";r=0;t={seconds}'


@row("R1")
def test_the_eleventh_wrong_password_for_one_account_is_429_wherever_it_comes_from(limited: Limited) -> None:
    target = limited()
    statuses = [log_in(client(target, f"198.51.100.{number}"), ANN).status_code for number in range(12)]
    assert statuses == [400] * 10 + [429] * 2
    answer = log_in(client(target, THERE), ANN)
    assert answer.json["error"] == "too_many_attempts"
    assert answer.headers["Cache-Control"] == "no-store"
    tells_when_to_come_back(answer, "login", 10, 300)


@row("R1")
def test_the_eleventh_wrong_password_from_one_address_is_429_whatever_the_account(limited: Limited) -> None:
    target = limited()
    statuses = [log_in(client(target, HERE), f"{number}@example.com").status_code for number in range(11)]
    assert statuses == [400] * 10 + [429]
    tells_when_to_come_back(log_in(client(target, HERE), BEN, PASSWORD), "login-address", 10, 300)
    assert log_in(client(target, THERE), BEN, PASSWORD).status_code == 200


@row("R1")
def test_all_failures_together_have_a_limit(limited: Limited) -> None:
    target = limited(auth__login_attempts_all="12/5 minutes")
    for number in range(12):
        assert log_in(client(target, f"198.51.100.{number}"), f"{number}@example.com").status_code == 400
    tells_when_to_come_back(log_in(client(target, THERE), ANN, PASSWORD), "login-all", 12, 300)


@row("R1")
def test_the_form_of_the_site_has_the_same_limit(limited: Limited) -> None:
    target = limited()
    browser = client(target, HERE)
    for status in [422] * 10 + [429]:
        form = browser.get("/auth/login").forms[0]
        form["email"], form["password"] = ANN, "not this one"
        page = form.submit(status=status)
    assert "Too many attempts to log in. Try again in 5 minutes." in page
    assert page.forms[0]["email"].value == ANN
    tells_when_to_come_back(page, "login", 10, 300)
    assert log_in(client(target, THERE), ANN, PASSWORD).status_code == 429


@row("R1")
def test_what_succeeds_is_not_counted(limited: Limited) -> None:
    here = client(limited(), HERE)
    assert [log_in(here, ANN, PASSWORD).status_code for _ in range(15)] == [200] * 15


@row("R1")
def test_spelling_an_address_otherwise_is_no_new_account(limited: Limited) -> None:
    target = limited()
    spellings = [ANN, ANN.upper(), f" {ANN}", f"{ANN} ", "Ann@Example.com"] * 2
    for number, spelling in enumerate(spellings):
        assert log_in(client(target, f"198.51.100.{number}"), spelling).status_code == 400
    assert log_in(client(target, THERE), "aNN@example.com").status_code == 429


@row("R1")
def test_of_many_guesses_at_once_ten_learn_the_outcome(limited: Limited) -> None:
    target = limited(auth__local__wait_seconds="30")
    guesses = [lambda n=n: log_in(client(target, f"198.51.100.{n}"), ANN).status_code for n in range(24)]
    assert Counter(in_threads(*guesses, patience=30)) == {400: 10, 429: 14}


@row("R2")
def test_the_right_password_of_a_blocked_account_is_429_too_and_others_are_let_in(limited: Limited) -> None:
    target = limited()
    for number in range(10):
        log_in(client(target, f"198.51.100.{number}"), ANN)
    wrong, right = log_in(client(target, HERE), ANN), log_in(client(target, HERE), ANN, PASSWORD)
    assert (wrong.status_code, right.status_code) == (429, 429)
    assert {**wrong.json} == {**right.json}
    assert log_in(client(target, HERE), BEN, PASSWORD).status_code == 200


class SlowToSayYes(LocalAuth):
    """It holds back that a password is right until the test says so."""

    known, told = Event(), Event()

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        found = super().check_password(session, email, password)
        if found is not None:
            self.known.set()
            self.told.wait(30)
        return found


@row("R2")
def test_a_right_password_that_was_under_way_while_the_others_failed_is_429(limited: Limited) -> None:
    target = limited(auth__backend=f"{__name__}:SlowToSayYes")
    with ThreadPoolExecutor(1) as pool:
        right = pool.submit(log_in, client(target, HERE), ANN, PASSWORD)
        assert SlowToSayYes.known.wait(30)
        statuses = [log_in(client(target, f"198.51.100.{number}"), ANN).status_code for number in range(10)]
        SlowToSayYes.told.set()
        assert (statuses, right.result(30).status_code) == ([400] * 10, 429)


@row("R2")
def test_a_change_of_password_is_no_way_around(limited: Limited) -> None:
    """Whoever has found somebody's browser open guesses no faster."""
    here = client(limited(), HERE)
    ann = token(here, ANN)
    change = {"current_password": "not this one", "new_password": "another horse battery"}
    for status in [403] * 10 + [429]:
        answer = here.patch_json("/api/users/me", change, headers=ann, status=status)
    assert answer.json["code"] == "too_many_attempts"
    tells_when_to_come_back(answer, "login", 10, 300)


@row("R2")
def test_what_is_blocked_does_not_prolong_the_block(limited: Limited) -> None:
    target = limited(auth__login_attempts="2/2 seconds", auth__login_attempts_all="off")
    statuses: list[int] = []
    while 200 not in statuses:
        wrong = 400 if len(statuses) < 2 else 429
        statuses.append(log_in(client(target, HERE), ANN, "wrong" if wrong == 400 else PASSWORD).status_code)
        assert statuses[-1] in (wrong, 200)
    assert statuses[:3] == [400, 400, 429]


@row("R5")
def test_an_address_makes_ten_accounts_an_hour_and_learns_of_ten_whether_they_are_taken(limited: Limited) -> None:
    target = limited()
    here = client(target, HERE)
    body = {"password": PASSWORD}
    for _ in range(3):
        here.post_json(REGISTER, {"email": "no address", **body}, status=422)
    for number in range(5):
        here.post_json(REGISTER, {"email": f"{number}@example.com", **body}, status=201)
        here.post_json(REGISTER, {"email": ANN, **body}, status=409)
    for email in (ANN, "free@example.com"):
        answer = here.post_json(REGISTER, {"email": email, **body}, status=429)
        assert answer.json["code"] == "too_many_requests"
        assert answer.content_type == "application/problem+json"
        tells_when_to_come_back(answer, "register", 10, 3600)
    form = here.get("/auth/register").forms[0]
    form["email"], form["password"] = "free@example.com", PASSWORD
    page = form.submit(status=429)
    assert "Too many attempts to create an account from your address." in page
    client(target, THERE).post_json(REGISTER, {"email": "free@example.com", **body}, status=201)


@row("R6")
def test_fifty_logins_at_once_are_answered_and_the_others_not_held_up(limited: Limited) -> None:
    target = limited(auth__local__time_cost="8", auth__local__wait_seconds="0.2", api__rate_limits="false")
    logins = [lambda: log_in(client(target, HERE), ANN, PASSWORD) for _ in range(50)]
    answers = in_threads(*logins, patience=60)
    assert {answer.status_code for answer in answers} == {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert (answer.json["code"], answer.headers["Retry-After"]) == ("auth_unavailable", "5")
    client(target, HERE).get("/livez", status=200)


@pytest.mark.parametrize("peer", [HERE, "::ffff:203.0.113.7"])
@row("R7")
def test_a_peer_that_nobody_trusts_is_one_address_whatever_it_forwards(limited: Limited, peer: str) -> None:
    target = limited(site__trusted_proxies=PROXY)
    for number in range(10):
        assert log_in(client(target, peer, f"198.51.100.{number}"), f"{number}@example.com").status_code == 400
    assert log_in(client(target, peer, THERE), BEN, PASSWORD).status_code == 429


@row("R7")
def test_behind_a_trusted_proxy_what_clients_wrote_themselves_does_not_count(limited: Limited) -> None:
    target = limited(site__trusted_proxies=f"{PROXY}, 10.0.0.0/8")
    for number in range(10):
        forwarded = f"198.51.100.{number}, {HERE}, 10.1.2.3"
        assert log_in(client(target, PROXY, forwarded), f"{number}@example.com").status_code == 400
    assert log_in(client(target, PROXY, HERE), BEN, PASSWORD).status_code == 429
    assert log_in(client(target, PROXY, THERE), BEN, PASSWORD).status_code == 200


@row("R7")
def test_an_ipv6_customer_is_one_address(limited: Limited) -> None:
    target = limited()
    for number in range(10):
        assert log_in(client(target, f"2001:db8:1:2::{number}"), f"{number}@example.com").status_code == 400
    assert log_in(client(target, "2001:db8:1:2:ffff::1"), BEN, PASSWORD).status_code == 429
    assert log_in(client(target, "2001:db8:1:3::1"), BEN, PASSWORD).status_code == 200


@row("R8")
def test_a_user_asks_for_sixty_jobs_a_minute_and_others_are_not_held_up(limited: Limited) -> None:
    target = limited(jobs__local__threads="0")
    here = client(target, HERE)
    ann, ben = token(here, ANN), token(here, BEN)
    owner = here.get("/api/tasks", headers=ann, status=200)
    assert owner.json["total"] == 0
    mine = here.post_json("/api/tasks", {"title": "whose"}, headers=ann).json["owner_id"]
    for _ in range(60):
        here.post_json(REPORT, {"owner_id": mine}, headers=ann, status=202)
    answer = here.post_json(REPORT, {"owner_id": mine}, headers=ann, status=429)
    assert answer.json["code"] == "too_many_requests"
    tells_when_to_come_back(answer, "jobs", 60, 60)
    theirs = here.post_json("/api/tasks", {"title": "whose"}, headers=ben).json["owner_id"]
    here.post_json(REPORT, {"owner_id": theirs}, headers=ben, status=202)
    here.get("/api/jobs", headers=ann, status=200)


@row("R8")
def test_the_site_counts_with_the_api(limited: Limited) -> None:
    target = limited(api__job_requests="1/hour", jobs__local__threads="0")
    browser = client(target, HERE)
    form = browser.get("/auth/login").forms[0]
    form["email"], form["password"] = ANN, PASSWORD
    form.submit(status=303)
    browser.get("/reports").forms["generate"].submit(status=303)
    csrf = browser.get("/account").forms["logout"]["csrf_token"].value
    assert "Too many jobs" in browser.post("/reports", {"csrf_token": csrf}, status=429)


def test_limits_are_off_where_the_settings_say_so(limited: Limited) -> None:
    here = client(limited(auth__login_attempts="off"), HERE)
    assert {log_in(here, ANN).status_code for _ in range(12)} == {400}


FORMS = {
    "change-email": {"email": "new@example.com", "current_password": "not this one"},
    "change-password": {"current_password": "not this one", "new_password": "staple wrong donkey"},
    "delete-account": {"proof": "not this one"},
}


@pytest.mark.parametrize("name", FORMS, ids=[f"R1-{name}" for name in FORMS])
def test_wrong_passwords_on_the_account_page_are_failed_logins(limited: Limited, name: str) -> None:
    browser = client(limited(auth__login_attempts="3/5 minutes"), HERE)
    login = browser.get("/auth/login").forms[0]
    login["email"], login["password"] = ANN, PASSWORD
    login.submit(status=303)

    def send() -> Any:
        form = browser.get("/account").forms[name]
        for field, value in FORMS[name].items():
            form[field] = value
        return form.submit(status="*")

    assert [send().status_int for _ in range(4)] == [422] * 3 + [429]
    page = send()
    assert "Too many attempts to log in." in page.text
    assert "Retry-After" in page.headers
    assert name != "change-email" or page.forms[name]["email"].value == "new@example.com"
    form = browser.get("/account").forms[name]
    fields = {**FORMS[name], "csrf_token": form["csrf_token"].value}
    assert "<html" not in browser.post(form.action, fields, headers={"HX-Request": "true"}, status=429)
    assert log_in(client(browser.app, THERE), ANN, PASSWORD).status_code == 429
