"""Rows R5, R6 and R8 of the attack table: limits for registrations, password checks and jobs."""

import pytest

from intermediate.testing.contract import in_threads
from tests.functional.conftest import PASSWORD
from tests.functional.limits.conftest import (
    ANN,
    BEN,
    HERE,
    REGISTER,
    REPORT,
    THERE,
    Limited,
    client,
    log_in,
    tells_when_to_come_back,
    token,
)
from tests.rows import row

pytestmark = pytest.mark.slow


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


@row("R8")
@pytest.mark.usefixtures("clock")
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
