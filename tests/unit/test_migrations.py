"""Models and migrations match, migrations work in both directions with any data, and concurrent ones take turns."""

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from alembic import command
from intermediate.db import SchemaInUseError, alembic_config, is_current, migrate, schema_state
from intermediate.engines import make_engine, postgres, take_turns
from intermediate.models import LoginSession, User
from intermediate.models.base import utcnow

# Values for columns that do not accept every value of their type.
SAMPLES = {
    "jobs.status": "queued",
    "sessions.kind": "site",
    "sessions.name": None,
    "tasks.priority": "normal",
    "tasks.status": "pending",
    "users.role": "user",
}
# Alembic keeps its state in a module, so concurrent migrations need separate processes.
MIGRATOR = """
import sys
from intermediate import db, engines

engine = engines.make_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
db.migrate(engine)
"""
# Revisions with which the previous release cannot work, and why that is acceptable.
CONTRACTING = {"0010": "No release was before it."}
REVISIONS = [script.revision for script in ScriptDirectory.from_config(alembic_config("")).walk_revisions()][::-1]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


def run(engine: Engine, what: Any, *args: Any) -> None:
    """Run a command of Alembic."""
    config = alembic_config("")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        what(config, *args)


def tables(engine: Engine) -> list[Table]:
    """Return all tables except Alembic's, with referenced tables first."""
    metadata = MetaData()
    metadata.reflect(engine)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def sample(column: Column[Any]) -> Any:
    name = f"{column.table.name}.{column.name}"
    if name in SAMPLES:
        return SAMPLES[name]
    match column.type:
        case Boolean():
            return True
        case Integer():
            return 1
        case DateTime():
            return utcnow()
        case LargeBinary():
            return b"x"
        case JSON():
            return {"a": ["b"]}
    return "x"


def fill(engine: Engine) -> None:
    """Insert a row with a value in each column into every empty table."""
    with engine.begin() as connection:
        for table in tables(engine):
            if not connection.scalar(select(func.count()).select_from(table)):
                connection.execute(insert(table).values({column.name: sample(column) for column in table.columns}))


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables(engine)}


def test_the_newest_revision_is_what_the_models_say(engine: Engine) -> None:
    assert not is_current(engine)
    migrate(engine)
    assert is_current(engine)
    run(engine, command.check)


def test_every_revision_goes_both_ways_and_leaves_the_rows_of_other_tables(engine: Engine) -> None:
    for before, revision in zip(["base", *REVISIONS], REVISIONS, strict=False):
        old = rows(engine)
        run(engine, command.upgrade, revision)
        assert rows(engine).items() >= {name: count for name, count in old.items() if name in rows(engine)}.items()
        fill(engine)
        run(engine, command.downgrade, before)
        assert rows(engine) == old
        run(engine, command.upgrade, revision)
        fill(engine)
    assert set(rows(engine).values()) == {1}
    run(engine, command.downgrade, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_revisions_are_numbers_that_rise() -> None:
    """Older code recognizes a newer schema by them (`db.schema_state`)."""
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS


def test_what_the_release_before_reads_and_writes_is_there_after_each_revision(engine: Engine) -> None:
    """The previous release still runs: expand first, contract in a later release (docs/operations.md)."""
    refused = {}
    for before, revision in pairwise(REVISIONS):
        run(engine, command.upgrade, before)
        known = tables(engine)
        run(engine, command.upgrade, revision)
        try:
            with engine.begin() as connection:
                for table in known:
                    connection.execute(insert(table).values({column.name: sample(column) for column in table.columns}))
                for table in reversed(known):
                    assert len(connection.execute(select(table)).all()) == 1
                    connection.execute(update(table).values({c.name: sample(c) for c in table.columns}))
                    connection.execute(delete(table))
        except DBAPIError as error:
            refused[revision] = str(error.orig)
    assert refused.keys() == CONTRACTING.keys(), refused


def test_the_schema_of_a_newer_release_is_left_as_it_is(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert schema_state(engine) == "newer"
    migrate(engine)
    assert schema_state(engine) == "newer"


def test_a_table_that_a_migration_changes_keeps_the_rows_that_point_to_it(engine: Engine) -> None:
    migrate(engine)
    fill(engine)
    with engine.begin() as connection:
        take_turns(connection)
        with Operations(MigrationContext.configure(connection)).batch_alter_table(
            "users",
        ) as batch:
            batch.alter_column("password_hash", existing_type=String(255), type_=Text())
    assert set(rows(engine).values()) == {1}
    with pytest.raises(IntegrityError), engine.begin() as connection:  # foreign keys are enforced again
        connection.execute(update(User).values(id=2))


def test_logins_outlive_the_named_tokens_that_came_and_went(engine: Engine) -> None:
    run(engine, command.upgrade, "0001")
    fill(engine)
    run(engine, command.upgrade, "0002")
    token = {"id": "t", "user_id": 1, "kind": "token", "family": "t", "name": "a program"}
    with engine.begin() as connection:
        connection.execute(insert(LoginSession).values(**token))
    run(engine, command.downgrade, "0001")
    with engine.connect() as connection:
        assert connection.scalars(select(LoginSession.kind)).all() == ["site"]
        assert "name" not in {column["name"] for column in inspect(connection).get_columns("sessions")}


def test_a_jobs_number_is_not_given_again_when_its_table_is_made_anew(engine: Engine) -> None:
    run(engine, command.upgrade, "0004")
    fill(engine)
    jobs = {table.name: table for table in tables(engine)}["jobs"]
    with engine.begin() as connection:
        connection.execute(delete(jobs))
    row = {column.name: sample(column) for column in jobs.columns if column.name != "id"}

    def number() -> int:
        with engine.begin() as connection:
            given = connection.scalar(insert(jobs).values(row | {"joinable": None}).returning(jobs.c.id))
            connection.execute(delete(jobs).where(jobs.c.id == given))
            return given or 0

    numbers = [number()]
    for what, revision in ((command.upgrade, "0005"), (command.downgrade, "0004")):
        run(engine, what, revision)
        numbers.append(number())
    assert numbers == sorted(set(numbers))


def test_tags_and_what_searches_look_in_are_composed_once(engine: Engine) -> None:
    run(engine, command.upgrade, "0008")
    fill(engine)
    found = {table.name: table for table in tables(engine)}
    tasks, tags, decomposed = found["tasks"], found["task_tags"], "cafe\u0301"
    with engine.begin() as connection:
        task = dict(connection.execute(select(tasks)).mappings().one())
        connection.execute(insert(tasks).values(task | {"id": 2, "search": decomposed}))
        connection.execute(delete(tags))
        for task_id, tag in ((1, decomposed), (1, "café"), (1, "x"), (2, decomposed), (2, "\u0958" * 40)):
            connection.execute(insert(tags).values(task_id=task_id, tag=tag))
    run(engine, command.upgrade, "0009")
    with engine.connect() as connection:
        kept = connection.execute(select(tags.c.task_id, tags.c.tag)).all()
        assert sorted(kept) == [(1, "café"), (1, "x"), (2, "café"), (2, "\u0958" * 40)]
        assert connection.scalars(select(tasks.c.search).order_by(tasks.c.id)).all() == ["x", "café"]
        assert connection.scalar(select(found["users"].c.tasks_version)) == 2


def test_what_deleted_accounts_left_is_left_out_where_accounts_must_be_there(engine: Engine) -> None:
    run(engine, command.upgrade, "0005")
    fill(engine)
    with engine.begin() as connection:
        connection.execute(delete(User))
    assert rows(engine)["jobs"] == rows(engine)["task_reports"] == 1
    run(engine, command.downgrade, "0004")
    assert rows(engine)["jobs"] == rows(engine)["task_reports"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 5])
def test_migrators_at_once_take_turns(engine: Engine, database_url: str, number: int) -> None:
    words = [sys.executable, "-c", MIGRATOR, database_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    migrators = [subprocess.Popen(words, text=True, **pipes) for _ in range(number)]  # type: ignore[call-overload]
    for one in migrators:
        assert one.stdout.readline() == "ready\n"
    for one in migrators:
        one.stdin.close()
        one.stdin = None
    assert [(one.communicate(timeout=60)[1], one.returncode) for one in migrators] == [("", 0)] * number
    assert is_current(engine)
    run(engine, command.check)


def test_a_migrator_does_not_wait_for_its_turn_without_end(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "TURN", "500ms")
    late = make_engine(database_url)
    if late.dialect.name == "sqlite":
        event.listen(late, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=200"))
    began = time.monotonic()
    with engine.begin() as connection:
        take_turns(connection)
        with pytest.raises(SchemaInUseError, match="another migration or a long transaction") as refusal:
            migrate(late)
    assert time.monotonic() - began < 30
    assert "\n" not in str(refusal.value)
    migrate(late)
    assert is_current(late)
    late.dispose()
