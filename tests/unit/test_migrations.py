"""Models and migrations say the same, and migrations go both ways."""

from typing import Any

from sqlalchemy import Engine, inspect, text

from alembic import command
from intermediate.db import alembic_config, is_current, migrate
from intermediate.engines import make_engine


def test_the_newest_revision_is_what_the_models_say(database_url: str) -> None:
    engine = make_engine(database_url)
    assert not is_current(engine)
    migrate(engine)
    assert is_current(engine)
    config = alembic_config(database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    engine.dispose()


def test_what_is_made_can_be_taken_back(database_url: str) -> None:
    engine = make_engine(database_url)
    migrate(engine)
    config = alembic_config(database_url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def go(engine: Engine, to: Any, revision: str) -> None:
    config = alembic_config("")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        to(config, revision)


def test_logins_outlive_the_named_tokens_that_came_and_went(database_url: str) -> None:
    engine = make_engine(database_url)
    go(engine, command.upgrade, "0001")
    now = "CURRENT_TIMESTAMP" if engine.dialect.name == "postgresql" else "0"
    login = f"""INSERT INTO sessions (id, user_id, kind, family, created_at, seen_at, expires_at)
        VALUES ('a', 1, 'api', 'a', {now}, {now}, {now})"""
    token = f"""INSERT INTO sessions (id, user_id, kind, family, created_at, seen_at, name)
        VALUES ('t', 1, 'token', 't', {now}, {now}, 'a program')"""
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO users (id, email, created_at) VALUES (1, 'a@example.com', {now})"))
        connection.execute(text(login))
    go(engine, command.upgrade, "head")
    with engine.begin() as connection:
        connection.execute(text(token))
    go(engine, command.downgrade, "0001")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, kind FROM sessions")).all() == [("a", "api")]
        assert "name" not in {column["name"] for column in inspect(connection).get_columns("sessions")}
    go(engine, command.upgrade, "head")
    assert is_current(engine)
    engine.dispose()
