"""A Postgres that locks, hangs up, dies, freezes, or is asked the same thing at once: a 503 at the worst, and soon."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event, text
from webtest import TestApp

import intermediate
from alembic import command
from intermediate import accounts, import_job, ledger
from intermediate.db import SchemaInUseError, alembic_config, migrate, schema_state
from intermediate.engines import make_engine
from intermediate.leases import Leases
from intermediate.models.base import Base
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from intermediate.testing.contract import in_threads
from tests.functional.conftest import PASSWORD, Api, make_api, new_email
from tests.functional.test_tasks import log_in
from tests.services import or_skip
from tests.services.postgres import Server, own_server
from tests.serving import Served, wait_until

SOON = 10.0
THREADS = 8  # that development.ini gives the server
CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
TASK = {"title": "one", "tags": ["a", "b"]}


@contextmanager
def application(url: str, folder: Path) -> Iterator[Any]:
    settings = {"database.url": url, "database.migrate": "true", "jobs.local.threads": "0"}
    settings |= {"session.secure_cookie": "false"}
    app = intermediate.main({"here": str(folder)}, **settings)
    yield app
    intermediate.close(app)


@pytest.fixture
def app(postgres_url: str, tmp_path: Path) -> Iterator[Any]:
    with application(postgres_url, tmp_path) as app:
        yield app


@pytest.fixture
def server() -> Iterator[Server]:
    """One that may be done harm."""
    with or_skip(own_server()) as server:
        yield server


@pytest.fixture
def outside(postgres_url: str) -> Iterator[Any]:
    """A connection that is not the application's."""
    connection = psycopg2.connect(postgres_url)
    yield connection
    connection.close()


def run(outside: Any, statement: str) -> int:
    """Run a statement, in a transaction that is left open. How many rows it had."""
    with outside.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def waiting(app: Any) -> int:
    """How many transactions wait for a lock."""
    with app.registry.engine.connect() as connection:
        return int(connection.scalar(text(WAITING)))


def is_told(answer: Any) -> None:
    """The client hears that it may try again."""
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["code"].endswith("_unavailable")


def titles(api: Api) -> list[str]:
    return [task["title"] for task in api.get("/api/tasks", status=200).json["items"]]


@contextmanager
def at(app: Any, moment: str, harm: Callable[[], object]) -> Iterator[None]:
    """Do harm once, when a task was written and a statement that begins with `moment` is about to be sent."""
    engine = app.registry.engine
    wrote: list[str] = []
    harmed: list[object] = []

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if wrote and not harmed and statement.startswith(moment):
            harmed.append(harm())
        if "INSERT INTO tasks" in statement:  # with its tags, in one statement
            wrote.append(statement)

    def on_commit(_connection: Any) -> None:
        on_statement(None, None, "COMMIT")

    with ExitStack() as stack:
        for name, listener in (("before_cursor_execute", on_statement), ("commit", on_commit)):
            event.listen(engine, name, listener)
            stack.callback(event.remove, engine, name, listener)
        yield
    assert harmed


@pytest.mark.parametrize("lock", ["SELECT id FROM tasks FOR UPDATE", "SELECT id FROM users ORDER BY id FOR UPDATE"])
def test_a_row_that_somebody_holds_is_not_waited_for_without_end(app: Any, outside: Any, lock: str) -> None:
    api = make_api(app)
    path = f"/api/tasks/{api.post_json('/api/tasks', TASK).json['id']}"
    began = time.monotonic()
    assert run(outside, lock) == 1
    other = make_api(app)
    is_told(api.patch_json(path, {"title": "two"}, status=503))
    other.post_json("/api/tasks", {"title": "of another owner"}, status=201)
    assert time.monotonic() - began < SOON
    outside.rollback()
    assert api.patch_json(path, {"title": "three"}, status=200).json["version"] == 2


@pytest.mark.parametrize("table", ["tasks", "users"])
def test_a_table_that_somebody_locks_is_not_waited_for_without_end(app: Any, outside: Any, table: str) -> None:
    api = make_api(app)
    api.post_json("/api/tasks", TASK, status=201)
    run(outside, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    asks: list[Callable[[], Any]] = [
        lambda: api.get("/api/tasks?q=one", status=503),
        lambda: api.post_json("/api/tasks", {"title": "locked out"}, status=503),
    ]
    for ask in asks:
        began = time.monotonic()
        is_told(ask())
        assert time.monotonic() - began < SOON
    assert api.get("/livez").json == {"status": "ok"}
    outside.rollback()
    api.post_json("/api/tasks", {"title": "two"}, status=201)
    assert titles(api) == ["two", "one"]


def test_a_migration_does_not_wait_without_end_for_a_table_that_somebody_locks(postgres_url: str, outside: Any) -> None:
    engine = make_engine(postgres_url)
    migrate(engine)
    config = alembic_config("")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    # As whoever has read them, in a transaction left open. Which of them it changes depends on the newest migration.
    run(outside, f"LOCK TABLE {', '.join(Base.metadata.tables)} IN ACCESS SHARE MODE")
    began = time.monotonic()
    with pytest.raises(SchemaInUseError):
        migrate(engine)
    assert time.monotonic() - began < SOON
    assert schema_state(engine) == "behind"
    outside.rollback()
    migrate(engine)
    assert schema_state(engine) == "current"
    engine.dispose()


def test_idle_connections_that_are_cut_cost_no_request(app: Any, outside: Any) -> None:
    api = make_api(app)
    for number in range(3):
        assert run(outside, CUT) > 0
        outside.rollback()
        api.post_json("/api/tasks", {"title": str(number)}, status=201)
    assert titles(api) == ["2", "1", "0"]


@pytest.mark.parametrize("moment", ["UPDATE users", "COMMIT"])
def test_a_connection_that_is_cut_in_its_transaction_leaves_nothing_half_written(
    app: Any, outside: Any, moment: str
) -> None:
    api = make_api(app)
    with at(app, moment, lambda: run(outside, CUT)):
        is_told(api.post_json("/api/tasks", TASK, status=503))
    assert titles(api) == []
    assert api.post_json("/api/tasks", TASK, status=201).json["tags"] == TASK["tags"]
    assert titles(api) == ["one"]


@pytest.mark.parametrize("moment", ["UPDATE users", "COMMIT"])
def test_a_server_that_is_killed_in_a_transaction_is_used_again_when_it_is_back(
    server: Server, tmp_path: Path, moment: str
) -> None:
    with application(server.url, tmp_path) as app:
        api = make_api(app)
        with at(app, moment, server.kill):
            is_told(api.post_json("/api/tasks", TASK, status=503))
        is_told(api.get("/api/tasks", status=503))
        assert api.get("/livez").json == {"status": "ok"}
        server.start()
        assert titles(api) == []
        api.post_json("/api/tasks", TASK, status=201)
        assert titles(api) == ["one"]


@pytest.mark.parametrize("moment", ["UPDATE users", "COMMIT"])
def test_a_server_that_freezes_in_a_transaction_holds_the_request_for_some_seconds(
    server: Server, tmp_path: Path, moment: str
) -> None:
    with application(server.url, tmp_path) as app:
        api = make_api(app)
        began = time.monotonic()
        with at(app, moment, server.freeze):
            is_told(api.post_json("/api/tasks", TASK, status=503))
        assert time.monotonic() - began < SOON
        server.thaw()
        # A commit that was sent may be done when the server goes on. The client was told to look.
        assert titles(api) == [] or moment == "COMMIT"
        assert api.post_json("/api/tasks", TASK, status=201).json["tags"] == TASK["tags"]
        assert all(task["tags"] == TASK["tags"] for task in api.get("/api/tasks").json["items"])


@pytest.fixture
def served(server: Server, tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, INTERMEDIATE_DATABASE_URL=server.url)
    yield served.start()
    served.stop()


def ask_for_tasks(api: Api) -> float:
    """For how many seconds a client waits to be told that the database is away."""
    began = time.monotonic()
    is_told(replace(api, app=TestApp(api.app.app)).get("/api/tasks", status=503))
    return time.monotonic() - began


def lives(api: Api) -> None:
    began = time.monotonic()
    assert api.get("/livez").json == {"status": "ok"}
    assert time.monotonic() - began < 3


def test_while_the_server_is_frozen_what_needs_no_database_is_answered(served: Served, server: Server) -> None:
    api = make_api(served.address)
    several = range(THREADS - 2)
    in_threads(*[lambda: titles(replace(api, app=TestApp(served.address))) for _ in several], patience=SOON)
    server.freeze()
    with ThreadPoolExecutor(len(several)) as threads:
        asked = [threads.submit(ask_for_tasks, api) for _ in several]
        while wait(asked, 0.1).not_done:
            lives(api)
        assert 1 < max(each.result() for each in asked) < SOON
    assert api.get("/healthz", status=503).json["checks"]["database"]["status"] == "unavailable"
    server.thaw()
    is_back(api)


def test_more_requests_than_threads_do_not_keep_a_frozen_server_from_being_left_alone(
    served: Served, server: Server
) -> None:
    api = make_api(served.address)
    server.freeze()
    over = Event()

    def insist() -> None:
        while not over.is_set():
            ask_for_tasks(api)

    with ThreadPoolExecutor(2 * THREADS) as threads:
        asked = [threads.submit(insist) for _ in range(2 * THREADS)]
        try:
            wait_until(lambda: "database_away" in served.log.read_text(), SOON)
            began = time.monotonic()
            while time.monotonic() - began < 5:
                lives(api)
        finally:
            over.set()
        for each in asked:
            each.result()
    server.thaw()
    is_back(api)


def is_back(api: Api) -> None:
    wait_until(lambda: api.get("/healthz", status="*").status_int == 200, 5)
    assert titles(api) == []


def test_a_pool_without_a_free_connection_is_not_waited_for_without_end(app: Any) -> None:
    api = make_api(app)
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(app.registry.engine.connect())
        began = time.monotonic()
        is_told(api.get("/api/tasks", status=503))
        is_told(api.post_json("/api/tasks", TASK, status=503))
        assert time.monotonic() - began < SOON
    assert titles(api) == []


def test_one_of_fifty_who_register_an_address_at_once_gets_it(app: Any) -> None:
    body = {"email": new_email(), "password": PASSWORD}

    def register() -> int:
        for _ in range(30):
            status: int = TestApp(app).post_json("/api/auth/register", body, status="*").status_int
            if status != 503:  # that too many passwords wait to be hashed: a busy machine says so to some
                break
        return status

    assert Counter(in_threads(*[register] * 50, patience=60)) == {201: 1, 409: 49}


def test_an_account_is_deleted_while_its_file_is_imported_and_neither_waits_for_the_other(app: Any) -> None:
    with request_for(app.registry) as request:
        owner = accounts.create(request.db, new_email(), None).id
        job_id = ledger.add(request.db, import_job.KIND, owner, {}, request.id)
    claim = Leases(app.registry.engine, app.registry.app_settings.jobs).claim(job_id)
    assert claim

    def remove() -> None:
        with request_for(app.registry) as request:
            accounts.remove(request.db, request.tasks, owner, request.id)

    with ThreadPoolExecutor(1) as pool:
        with request_for(app.registry) as importing:
            importing.tasks.add(owner, [NewTask("one")])
            removal = pool.submit(remove)
            wait_until(lambda: waiting(app) == 1, SOON)
            claim.keep(importing.db, progress=50)
        removal.result(SOON)
    with request_for(app.registry) as request, pytest.raises(KeyError):
        accounts.get(request.db, owner)


def test_sample_tasks_that_are_asked_for_twice_at_once_are_added_once(app: Any, outside: Any) -> None:
    api, browser = make_api(app), TestApp(app)
    log_in(browser, api)
    form = {"csrf_token": browser.get("/notes").forms["add"]["csrf_token"].value}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    run(outside, "SELECT FROM users FOR UPDATE")
    with ThreadPoolExecutor(2) as threads:
        for _ in range(2):
            threads.submit(TestApp(app).post, "/notes/samples", form, headers, status=303)
        wait_until(lambda: waiting(app) == 2, SOON)
        outside.rollback()
    assert len(titles(api)) == 10
