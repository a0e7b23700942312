"""Compare an import, including validation, with a bare insert() of the same rows by SQLAlchemy Core, on SQLite.

The rows come from the file in TEST_DATA_DIR, otherwise they are generated. BENCH_ROUNDS sets the rounds (5).
"""

import csv
import os
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from common import OWNER, application, database, folder, number, show
from sqlalchemy import insert, select

from intermediate import db
from intermediate.importing import Importer
from intermediate.models import TaskRow
from intermediate.scripting import request_for

BATCH = 1000
TABLE: Any = TaskRow.__table__
COLUMNS = [column for column in TABLE.columns if column.name != "id"]


def make_file(path: Path, rows: int) -> None:
    """Generate a file like a commit history: short titles, some descriptions, one title in thirty too long."""
    draw = random.Random(7)
    words = ("add", "fix", "the", "view", "test", "docs", "route", "merge", "request", "branch", "coverage", "über")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "description", "status", "created_at"])
        for number_ in range(rows):
            title = " ".join(draw.choices(words, k=60 if number_ % 30 == 0 else 8))
            description = " ".join(draw.choices(words, k=25)) if number_ % 4 == 0 else ""
            at = datetime(2008, 7, 4, tzinfo=UTC) + timedelta(hours=16 * number_)
            status = draw.choice(["completed"] * 9 + ["pending"])
            writer.writerow([title, description, status, at.strftime("%Y-%m-%dT%H:%M:%SZ")])


def import_file(file: Path) -> tuple[float, list[dict[str, Any]]]:
    """Return the seconds of an import, including the commit, and the rows that it created."""
    with folder() as where, application(database(where)) as app:
        began = time.perf_counter()
        with file.open("rb") as source, request_for(app.registry) as request:
            Importer(request.tasks, OWNER, lambda _line, _why: None, truncate_titles=True).run(source)
        took = time.perf_counter() - began
        with app.registry.engine.connect() as connection:
            return took, [dict(row._mapping) for row in connection.execute(select(*COLUMNS).order_by(TABLE.c.id))]


def insert_rows(rows: list[dict[str, Any]]) -> float:
    """Return the seconds in which Core inserts the same rows, with all columns, in one transaction."""
    with folder() as where:
        engine = db.make_engine(database(where))
        began = time.perf_counter()
        with engine.begin() as connection:
            for start in range(0, len(rows), BATCH):
                connection.execute(insert(TABLE), rows[start : start + BATCH])
        took = time.perf_counter() - began
        engine.dispose()
        return took


def main() -> None:
    with folder() as where:
        file = Path(os.environ.get("TEST_DATA_DIR", where)) / "pyramid_history_tasks.csv"
        if not file.exists():
            make_file(file, 10_000)
        _, rows = import_file(file)
        insert_rows(rows)
        pairs = [(import_file(file)[0], insert_rows(rows)) for _ in range(number("BENCH_ROUNDS", 5))]
    ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    show(
        f"Import of {len(rows):,} rows",
        import_=f"{ours:.3f} s",
        bare_insert=f"{bare:.3f} s",
        ratio=f"{ours / bare:.2f}  (wanted: at most 2)",
    )


if __name__ == "__main__":
    main()
