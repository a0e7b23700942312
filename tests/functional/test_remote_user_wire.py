"""Auth `remote_user` on the wire: whose header counts behind a waitress that trusts forwarded addresses."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.functional.conftest import new_email
from tests.serving import Served

pytestmark = pytest.mark.slow

ELSEWHERE = "192.0.2.1"  # reserved for documentation


@contextmanager
def served(folder: Path, **environ: str) -> Iterator[Served]:
    """A server that takes the client address from X-Forwarded-For, from any peer."""
    server = Served(folder, server="waitress", INTERMEDIATE_AUTH_BACKEND="remote_user", **environ)
    believes = "trusted_proxy = *\ntrusted_proxy_headers = x-forwarded-for\n[pshell]"
    server.ini.write_text(server.ini.read_text().replace("[pshell]", believes))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose proxy is on this machine."""
    with served(tmp_path_factory.mktemp("trusting")) as server:
        yield server


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose proxy is on another machine, so that no local client is trusted."""
    with served(tmp_path_factory.mktemp("elsewhere"), INTERMEDIATE_AUTH_REMOTE_USER_TRUSTED=ELSEWHERE) as server:
        yield server


def notes(server: Served, *headers: tuple[str, str]) -> tuple[int, str]:
    """Return the status and the body of /notes, for exactly these headers."""
    with closing(HTTPConnection(server.address.removeprefix("http://"), timeout=30)) as connection:
        connection.putrequest("GET", "/notes")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_the_proxy_names_the_user_whatever_address_it_forwards(trusting: Served) -> None:
    email = new_email()
    for forwarded in ((), (("X-Forwarded-For", "203.0.113.9"),)):
        status, page = notes(trusting, ("X-Remote-User", email), *forwarded)
        assert (status, email in page) == (200, True)


@pytest.mark.parametrize(
    "forged",
    [
        (),
        (("X-Forwarded-For", ELSEWHERE),),
        (("X-Forwarded-For", f"{ELSEWHERE}, {ELSEWHERE}"), ("Forwarded", f"for={ELSEWHERE}")),
        (("X_Forwarded_For", ELSEWHERE), ("Remote-Addr", ELSEWHERE), ("X-Real-IP", ELSEWHERE)),
    ],
)
def test_the_header_of_another_peer_is_ignored(elsewhere: Served, forged: Sequence[tuple[str, str]]) -> None:
    for value in (new_email(), "", "no address"):
        status, page = notes(elsewhere, ("X-Remote-User", value), *forged)
        assert (status, "You are not signed in" in page) == (403, True)


def test_that_a_header_was_ignored_is_logged_once(elsewhere: Served) -> None:
    for _ in range(3):
        notes(elsewhere, ("X-Remote-User", new_email()))
    lines = [json.loads(line) for line in elsewhere.log.read_text().splitlines() if line.startswith("{")]
    [told] = [line for line in lines if line["event"] == "remote_user_ignored"]
    assert (told["level"], told["header"], told["peer"]) == ("warning", "X-Remote-User", "127.0.0.1")


def test_a_header_that_comes_twice_is_refused(trusting: Served) -> None:
    for second in ("X-Remote-User", "x-remote-user"):
        status, page = notes(trusting, ("X-Remote-User", new_email()), (second, new_email()))
        assert (status, "was sent more than once" in page) == (400, True)


def test_a_name_with_underscores_is_another_header(trusting: Served) -> None:
    email = new_email()
    assert notes(trusting, ("X_Remote_User", email))[0] == 403
    assert notes(trusting, ("REMOTE_USER", email), ("Remote-User", email))[0] == 403
    status, page = notes(trusting, ("X-Remote-User", email), ("X_Remote_User", new_email()))
    assert (status, email in page) == (200, True)
