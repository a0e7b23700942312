"""The default order of tasks uses an index, for the first page and after a position, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from intermediate import db
from intermediate.engines import make_engine
from intermediate.models.base import utcnow
from intermediate.plugins.tasks import sql_queries as queries
from intermediate.plugins.tasks.interface import Position, TaskQuery

PLAINLY = ("seqscan", "bitmapscan", "sort")  # what Postgres prefers for an empty table


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Engine]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else f"sqlite:///{tmp_path}/i.sqlite"
    engine = make_engine(url)
    db.migrate(engine)
    yield engine
    engine.dispose()


def plan(engine: Engine, statement: Any) -> str:
    said = str(statement.limit(20).compile(engine, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            return "\n".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {said}")))
        for way in PLAINLY:
            connection.execute(text(f"SET enable_{way} = off"))
        return "\n".join(row[0] for row in connection.execute(text(f"EXPLAIN {said}")))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
@pytest.mark.parametrize(("status", "index"), [(None, "ix_tasks_newest"), ("pending", "ix_tasks_status")])
def test_a_page_is_a_range_of_an_index(engine: Engine, sort: str, status: Any, index: str) -> None:
    query = TaskQuery(sort=sort, status=status)
    first = queries.ordered(queries.matching(1, query), sort)
    beyond = "<" if sort.startswith("-") else ">"
    for rows in (first, queries.behind(first, sort, Position(utcnow(), 7))):
        found = plan(engine, rows)
        assert index in found
        assert "SORT" not in found.upper()
        assert "TEMP B-TREE" not in found
    assert f"created_at{beyond}?" in found or f"ROW(created_at, id) {beyond} ROW(" in found
