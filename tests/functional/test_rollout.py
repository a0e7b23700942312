"""Rolling release upgrades: the new schema with the old code, and the new code with the old schema."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from webtest import TestApp

from alembic import command
from intermediate.db import alembic_config, migrate, schema_state
from intermediate.engines import make_engine
from tests.functional.conftest import PASSWORD, Target, health, make_api, new_email

# Examples of changes in the next release's migrations.
EXPANSION = (
    "ALTER TABLE tasks ADD COLUMN colour VARCHAR(10)",
    "ALTER TABLE users ADD COLUMN greeting VARCHAR(10) DEFAULT 'hello' NOT NULL",
    "CREATE TABLE colours (name VARCHAR(10) PRIMARY KEY, owner_id INTEGER REFERENCES users (id) ON DELETE CASCADE)",
    "CREATE INDEX ix_tasks_colour ON tasks (colour)",
    "UPDATE alembic_version SET version_num = '9999'",
)
TASK = {"title": "one", "tags": ["a"]}


@pytest.fixture
def engine(new_app: tuple[Target, str]) -> Iterator[Engine]:
    engine = make_engine(new_app[1])
    yield engine
    engine.dispose()


def test_the_release_before_goes_on_when_the_schema_is_expanded(new_app: tuple[Target, str], engine: Engine) -> None:
    api = make_api(new_app[0])
    task = api.post_json("/api/tasks", TASK, status=201).json
    with engine.begin() as connection:
        for statement in EXPANSION:
            connection.execute(text(statement))
    assert schema_state(engine) == "newer"
    assert health(api, "status", "ok")["schema"] == {"status": "ok"}
    api.patch_json(f"/api/tasks/{task['id']}", {"title": "two"}, status=200)
    api.post_json("/api/tasks", TASK, status=201)
    assert [found["title"] for found in api.get("/api/tasks").json["items"]] == ["one", "two"]
    other = make_api(new_app[0])
    other.post_json("/api/tasks", TASK, status=201)
    other.app.post("/api/auth/login", {"username": other.email, "password": PASSWORD}, status=200)
    migrate(engine)  # as the old release does when it restarts
    assert schema_state(engine) == "newer"


def test_a_release_whose_schema_is_not_there_yet_says_so_until_it_is(
    new_app: tuple[Target, str], engine: Engine
) -> None:
    app = TestApp(new_app[0])
    config = alembic_config("")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
    assert health(app, "schema", "schema_behind")["status"] == "unavailable"
    assert app.get("/livez").json == {"status": "ok"}
    account = {"email": new_email(), "password": PASSWORD}
    login = {"username": account["email"], "password": PASSWORD}
    app.post_json("/api/auth/register", account, status=201)
    refused = app.post("/api/auth/login", login, status=503)  # it writes a column that 0008 adds
    assert refused.json["code"] == "database_unavailable"
    assert int(refused.headers["Retry-After"]) > 0
    migrate(engine)
    app.post("/api/auth/login", login, status=200)
    health(app, "status", "ok")
