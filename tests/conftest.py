"""Options, hooks and fixtures that all tests share."""

import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path

import pytest

from tests import planted, serving
from tests.differential.summary import pytest_terminal_summary  # noqa: F401  a hook, which pytest finds here
from tests.services import or_skip, postgres

NewDatabase = Callable[[Path], AbstractContextManager[str]]

# Processes that a shell starts in the background ignore SIGINT, and the servers of the tests would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Ignore settings of the developer's shell.
for name in [name for name in os.environ if name.startswith("INTERMEDIATE_")]:
    del os.environ[name]
# Tests create many accounts from one address. Tests of the limits turn them on.
os.environ["INTERMEDIATE_API_RATE_LIMITS"] = "false"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--served", action="store_true", help="run the functional tests over HTTP against a server")
    parser.addoption(
        "--server", default="waitress", choices=serving.SERVERS, help="what serves where tests want a server"
    )
    parser.addoption(
        "--database",
        default="sqlite",
        choices=["sqlite", "postgres"],
        help="what the tests of the core run on",
    )
    parser.addoption(
        "--backends",
        default="embedded",
        choices=["embedded", "production"],
        help="what the site that the browser sees is served on",
    )


def pytest_configure(config: pytest.Config) -> None:
    serving.Served.server = config.getoption("--server")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that has logged a secret in this process."""
    report = yield
    if call.when == "teardown" and report.passed:
        logged = [(title, text) for title, text in report.sections if "stderr" in title or "log" in title]
        found = [one for title, text in logged for one in planted.found_in(text, f"{report.nodeid}: {title}")]
        if found:
            report.outcome, report.longrepr = "failed", "\n".join(["A secret was logged.", *found])
    return report


@pytest.fixture(scope="session", autouse=True)
def no_secret_in_logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the run if servers have logged a secret. Autouse, so that it is torn down after the servers."""
    yield
    planted.look(tmp_path_factory.getbasetemp())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark slow tests of the contract suites: those with unresponsive services, and the repetitions on Postgres."""
    for item in items:
        if item.name.startswith("test_unreachable_") or "OnPostgres::" in item.nodeid:
            item.add_marker(pytest.mark.slow)


def service_url(name: str) -> Iterator[str]:
    with or_skip(import_module(f"tests.services.{name}").serve()) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server."""
    yield from service_url("postgres")


@pytest.fixture(scope="class")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a new database, for one class or one test function."""
    with postgres.fresh(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """A context manager that creates an empty database, of the kind in --database, in a folder."""
    on_postgres = request.config.getoption("--database") == "postgres"
    server = request.getfixturevalue("postgres_server") if on_postgres else None
    return lambda folder: postgres.fresh(server) if server else nullcontext(f"sqlite:///{folder}/test.sqlite")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a real Redis server. Use unique keys, and never flush it."""
    yield from service_url("redis")


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """The URL of a real MongoDB-compatible server, with a database name that is unique to the run."""
    yield from service_url("mongo")
