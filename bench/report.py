"""Compare a report over many tasks of one owner with the same aggregates in hand-written SQL, and measure its memory.

BENCH_TASKS sets the number of tasks (1,000,000), BENCH_ROUNDS the rounds (3).
"""

import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from common import OWNER, application, database, folder, number, show

from intermediate import accounts, ledger, queueing, reports
from intermediate.models.base import EPOCH, MICROSECOND, utcnow
from intermediate.scripting import request_for

DAY = 86_400_000_000
WEEK = 7 * DAY
MONDAY = 4 * DAY  # 1970-01-05, in microseconds
ARGUMENT = "measure-memory"

COUNTS = """
SELECT count(*), sum(status = 'pending'), sum(status = 'in_progress'), sum(status = 'completed'),
       sum(status <> 'completed' AND due_at < :now)
FROM tasks WHERE owner_id = :owner AND deleted_at IS NULL
"""
MEDIAN = """
SELECT completed_at - created_at AS took FROM tasks
WHERE owner_id = :owner AND deleted_at IS NULL AND completed_at IS NOT NULL
ORDER BY took LIMIT 1 OFFSET (
    SELECT (count(*) - 1) / 2 FROM tasks WHERE owner_id = :owner AND deleted_at IS NULL AND completed_at IS NOT NULL)
"""
WEEKS = """
SELECT ({column} - {monday}) / {week} AS number, count(*) FROM tasks
WHERE owner_id = :owner AND deleted_at IS NULL AND {column} >= :since GROUP BY number
"""


def rows(count: int, now: int) -> Iterator[tuple[object, ...]]:
    """Yield rows of the table: tasks of three years, most of them completed."""
    draw = random.Random(7)
    for index in range(count):
        created = now - draw.randrange(3 * 365 * DAY)
        status = draw.choice(("completed", "completed", "completed", "in_progress", "pending"))
        done = min(now, created + int(draw.expovariate(1 / (5 * DAY)))) if status == "completed" else None
        due = created + draw.randrange(60 * DAY) if index % 3 == 0 else None
        title = f"Task number {index} of a long history"
        yield OWNER, title, status, "normal", due, title.casefold(), created, created, done, 1


def fill(path: Path, count: int) -> None:
    names = "owner_id, title, status, priority, due_at, search, created_at, updated_at, completed_at, version"
    connection = sqlite3.connect(path)
    now = (utcnow() - EPOCH) // MICROSECOND
    statement = f"INSERT INTO tasks ({names}) VALUES ({', '.join('?' * 10)})"
    with connection:
        connection.executemany(statement, rows(count, now))
    connection.close()


def bare(path: Path) -> tuple[float, list[object]]:
    """Return the seconds of the aggregates on a new connection, and their results."""
    connection = sqlite3.connect(path)
    now = datetime.now(UTC)
    this = (now - EPOCH) // MICROSECOND
    since = (this - MONDAY) // WEEK * WEEK + MONDAY - 103 * WEEK
    values = {"owner": OWNER, "now": this, "since": since}
    began = time.perf_counter()
    found = [
        connection.execute(COUNTS, values).fetchone(),
        connection.execute(MEDIAN, values).fetchone()[0],
        *(
            sum(count for _, count in connection.execute(WEEKS.format(column=column, monday=MONDAY, week=WEEK), values))
            for column in ("created_at", "completed_at")
        ),
    ]
    took = time.perf_counter() - began
    connection.close()
    return took, found


def make_report(registry: Any, owner: int) -> tuple[float, dict[str, Any]]:
    """Return the seconds that a worker needs for the job, from claim to end, and the report."""
    with request_for(registry) as request:
        job_id = queueing.ask(request, reports.KIND, owner).id
    began = time.perf_counter()
    registry.worker.run(job_id)
    took = time.perf_counter() - began
    with request_for(registry) as request:
        assert ledger.get(request.db, job_id).status == "finished"
        return took, reports.latest(request.db, owner) or {}


def ours(url: str) -> tuple[float, list[object]]:
    """Return the seconds of the whole job, and the figures of its report."""
    with application(url) as app:
        took, made = make_report(app.registry, OWNER)
    counts = tuple(made[f"{name}_tasks"] for name in ("total", "pending", "in_progress", "completed", "overdue"))
    median, weeks = timedelta(seconds=made["median_completion_seconds"]) // MICROSECOND, made["created_per_week"]
    return took, [counts, median, *(sum(week[name] for week in weeks) for name in ("created", "completed"))]


def memory(name: str) -> float:
    """Return VmRSS (current memory) or VmHWM (peak memory) of this process, in MB."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) / 1024


def measure_memory(url: str) -> None:
    with application(url) as app:
        with request_for(app.registry) as request:
            nobody = accounts.create(request.db, "nobody@example.com", None).id
        make_report(app.registry, nobody)  # warm up: import, connect and compile everything
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # reset the peak
        make_report(app.registry, OWNER)
        print(f"{memory('VmHWM') - before:.1f}")


def main() -> None:
    count = number("BENCH_TASKS", 1_000_000)
    with folder() as where:
        url = database(where)
        path = where / "bench.sqlite"
        fill(path, count)
        if ours(url)[1] != bare(path)[1]:
            raise SystemExit(f"The report and the SQL disagree: {ours(url)[1]} {bare(path)[1]}")
        pairs = [(ours(url)[0], bare(path)[0]) for _ in range(number("BENCH_ROUNDS", 3))]
        command = [sys.executable, __file__, ARGUMENT, url]
        growth = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    report, aggregates = (statistics.median(times) for times in zip(*pairs, strict=True))
    show(
        f"Report over {count:,} tasks",
        report=f"{report:.3f} s",
        bare_aggregates=f"{aggregates:.3f} s",
        ratio=f"{report / aggregates:.2f}  (wanted: at most 1.3)",
        growth_of_memory=f"{growth} MB  (wanted: below 50)",
    )


if __name__ == "__main__":
    if sys.argv[1:2] == [ARGUMENT]:
        measure_memory(sys.argv[2])
    else:
        main()
