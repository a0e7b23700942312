"""Rows R1 and R2 of the attack table: failed logins."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy.orm import Session

from intermediate.plugins.auth.local import LocalAuth
from intermediate.testing.contract import in_threads
from tests.clock import Clock
from tests.functional.conftest import PASSWORD
from tests.functional.limits.conftest import (
    ANN,
    BEN,
    HERE,
    THERE,
    Limited,
    client,
    log_in,
    tells_when_to_come_back,
    token,
)
from tests.rows import row

pytestmark = pytest.mark.slow


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
    """Delays the result of a correct password until the test releases it."""

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
    """An attacker with access to an open browser cannot guess passwords any faster."""
    here = client(limited(), HERE)
    ann = token(here, ANN)
    change = {"current_password": "not this one", "new_password": "another horse battery"}
    for status in [403] * 10 + [429]:
        answer = here.patch_json("/api/users/me", change, headers=ann, status=status)
    assert answer.json["code"] == "too_many_attempts"
    tells_when_to_come_back(answer, "login", 10, 300)


@row("R2")
def test_what_is_blocked_does_not_prolong_the_block(limited: Limited, clock: Clock) -> None:
    target = limited(auth__login_attempts="2/minute", auth__login_attempts_all="off")
    assert [log_in(client(target, HERE), ANN).status_code for _ in range(2)] == [400] * 2
    for _ in range(3):
        clock.now += 19
        assert log_in(client(target, HERE), ANN, PASSWORD).status_code == 429
    clock.now += 4
    assert log_in(client(target, HERE), ANN, PASSWORD).status_code == 200


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
