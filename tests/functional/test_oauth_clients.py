"""OAuth 2 with an independent client: unmodified requests-oauthlib against a served application."""

import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

from tests.functional.conftest import PASSWORD, Api, make_api
from tests.serving import Served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("oauth"))
    try:
        yield served.start()
    finally:
        served.stop()


@pytest.fixture
def account(served: Served, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # served over plain HTTP on this machine
    return make_api(served.address)


def session(**more: Any) -> OAuth2Session:
    return OAuth2Session(client=LegacyApplicationClient(client_id="a program"), **more)


def fetch(oauth: OAuth2Session, served: Served, account: Api, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    url = f"{served.address}/api/auth/login"
    token: dict[str, Any] = oauth.fetch_token(url, username=account.email, password=password, **more)
    return token


@pytest.mark.parametrize("more", [{}, {"include_client_id": True}], ids=["client in Basic", "client in the form"])
def test_a_token_is_fetched_and_used(served: Served, account: Api, more: dict[str, Any]) -> None:
    oauth = session()
    token = fetch(oauth, served, account, **more)
    assert (token["token_type"], token["expires_in"]) == ("bearer", 900)
    me = oauth.get(f"{served.address}/api/users/me")
    assert (me.status_code, me.json()["email"]) == (200, account.email)


def test_a_wrong_password_is_an_invalid_grant(served: Served, account: Api) -> None:
    with pytest.raises(InvalidGrantError, match="Incorrect username or password"):
        fetch(session(), served, account, password="not it, no")


def test_a_token_is_refreshed_and_the_old_one_is_spent(served: Served, account: Api) -> None:
    oauth = session()
    old, refresh = fetch(oauth, served, account), f"{served.address}/api/auth/refresh"
    new = oauth.refresh_token(refresh)
    assert new["refresh_token"] != old["refresh_token"]
    assert oauth.get(f"{served.address}/api/users/me").status_code == 200
    with pytest.raises(InvalidGrantError):
        session().refresh_token(refresh, refresh_token=old["refresh_token"])
    assert oauth.get(f"{served.address}/api/users/me").status_code == 401  # used twice, so its family is revoked


def test_an_expired_token_is_refreshed_by_itself(served: Served, account: Api) -> None:
    kept: list[dict[str, Any]] = []
    oauth = session(auto_refresh_url=f"{served.address}/api/auth/refresh", token_updater=kept.append)
    old = fetch(oauth, served, account)
    oauth.token = {**old, "expires_at": time.time() - 1}
    assert oauth.post(f"{served.address}/api/tasks", json={"title": "x"}).status_code == 201
    [new] = kept
    assert new["access_token"] != old["access_token"]
    oauth.token = new
    assert oauth.get(f"{served.address}/api/tasks").json()["total"] == 1


def test_after_logging_out_neither_token_is_worth_anything(served: Served, account: Api) -> None:
    oauth = session()
    fetch(oauth, served, account)
    assert oauth.post(f"{served.address}/api/auth/logout").status_code == 204
    assert oauth.get(f"{served.address}/api/users/me").status_code == 401
    with pytest.raises(InvalidGrantError):
        oauth.refresh_token(f"{served.address}/api/auth/refresh")
    fetch(oauth, served, account)
    assert oauth.get(f"{served.address}/api/users/me").status_code == 200


@pytest.mark.parametrize("second", ["the same", "another"], ids=["A17-two-headers", "A17-two-tokens"])
def test_two_headers_with_tokens_are_a_bad_request(served: Served, account: Api, second: str) -> None:
    token = account.token if second == "the same" else make_api(served.address).token
    with closing(HTTPConnection(served.address.removeprefix("http://"), timeout=30)) as connection:
        connection.putrequest("GET", "/api/users/me")
        for each in (account.token, token):
            connection.putheader("Authorization", f"Bearer {each}")
        connection.endheaders()
        assert connection.getresponse().status == 400
