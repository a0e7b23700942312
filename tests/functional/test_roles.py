"""Z8: every resource, view and method, for every role; and H1: every method."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import intermediate
from tests.conftest import NewDatabase
from tests.functional.conftest import Target, make_admin, serving
from tests.functional.roles import ROLES, Line, Things, read
from tests.rows import row

LINES = read()
ADDRESSES = list({line.address: line for line in LINES}.values())
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")]
QUICK = {"auth.local.time_cost": "1", "auth.local.memory_kib": "4096", "jobs.backend": "inline", "site.metrics": "open"}


@pytest.fixture(scope="module")
def house(
    new_database: NewDatabase, is_served: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Target, str]]:
    """An application whose jobs have finished when the request for them ends, and its database."""
    folder = tmp_path_factory.mktemp("roles")
    with (
        new_database(folder) as url,
        serving(is_served, folder, **{"database.url": url, **QUICK}) as target,
    ):
        make_admin(target, url)  # the last administrator cannot be deleted
        yield target, url


@pytest.fixture
def things(house: tuple[Target, str]) -> Things:
    return Things.make(*house)


@row("Z8")
def test_every_view_has_its_line(tmp_path: Path) -> None:
    app = intermediate.main({"here": str(tmp_path)}, **{"database.url": f"sqlite:///{tmp_path}/x.sqlite"})
    registered = {
        (surface, resource.__name__, view, method)
        for (resource, view, surface), methods in app.registry.methods.entries().items()
        for method in methods
    }
    intermediate.close(app)
    assert {line[:4] for line in LINES} == registered


@pytest.mark.parametrize("line", LINES, ids=str)
@row("Z8")
def test_each_role_gets_what_the_table_says(things: Things, line: Line) -> None:
    # Refused roles come first, so that the object still exists for them.
    for role in sorted(ROLES, key=lambda role: line.expected[role] < "400"):
        answer = things.send(line, role)
        to_login = answer.status_int == 303 and "/auth/login?" in answer.location + "?"
        signed_out = line.view == "logout"
        found = "login" if to_login and not signed_out else str(answer.status_int)
        assert found == line.expected[role], (role, answer.text[:1000])


@pytest.mark.parametrize("line", ADDRESSES, ids=lambda line: f"{line.surface} {line.address}")
@row("H1")
def test_other_methods_are_405_with_what_is_allowed(things: Things, line: Line, is_served: bool) -> None:
    allowed = {other.method for other in LINES if other[:3] == line[:3]} | {"OPTIONS"}
    if "GET" in allowed:
        allowed.add("HEAD")
    role = "admin" if line.expected["owner"] == "403" else "owner"
    for method in METHODS[: METHODS.index("TRACE")] if is_served else METHODS:  # the client over HTTP supports no more
        if method not in allowed:
            answer = things.send(line, role, method)
            assert (answer.status_int, answer.headers["Allow"]) == (405, ", ".join(sorted(allowed))), method
    options = things.send(line, role, "OPTIONS")
    assert (options.status_int, options.body) == (204, b"")
    assert options.headers["Allow"] == ", ".join(sorted(allowed))


@pytest.mark.parametrize("line", [line for line in LINES if line.method == "GET"], ids=str)
@row("H1")
def test_head_is_get_without_its_body(things: Things, line: Line) -> None:
    for role in ROLES:
        got, head = things.send(line, role), things.send(line, role, "HEAD")
        assert (head.status_int, head.body) == (got.status_int, b"")
        assert head.content_type == got.content_type
