"""Compare the last page of many tasks, by cursor and by offset, with the first; and measure the memory of an export.

Pages are read from the store, without the cache, on SQLite. BENCH_TASKS sets the number of tasks (1,000,000),
BENCH_ROUNDS how often each page is read (100).
"""

import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from common import OWNER, application, database, folder, number, show
from report import fill, memory

from intermediate import accounts
from intermediate.exporting import FORMATS, Export
from intermediate.plugins.tasks.interface import Page, Position, TaskQuery
from intermediate.scripting import request_for

ARGUMENT = "measure-memory"
LIMIT = 20
SLOW_ROUNDS = 3  # for pages that count or skip tasks
NEWEST = TaskQuery(limit=LIMIT)


def read(registry: Any, query: TaskQuery) -> tuple[float, Page]:
    with request_for(registry) as request:
        began = time.perf_counter()
        page = request.tasks.page(OWNER, query)
        return time.perf_counter() - began, page


def pages(registry: Any, count: int) -> dict[str, TaskQuery]:
    """Return queries for the first page, the second one by cursor, and the last one by cursor and by offset."""
    _, first = read(registry, NEWEST)
    _, oldest = read(registry, replace(NEWEST, sort="created_at", limit=LIMIT + 1))
    last = oldest.items[LIMIT - 1 :: -1]
    queries = {
        "first page, which counts": NEWEST,
        "second page by cursor": replace(NEWEST, after=Position.behind(first.items[-1], NEWEST.sort)),
        "last page by cursor": replace(NEWEST, after=Position.behind(oldest.items[-1], NEWEST.sort)),
        "last page by offset": replace(NEWEST, offset=count - LIMIT),
    }
    for name in ("last page by cursor", "last page by offset"):
        if read(registry, queries[name])[1].items != last:
            raise SystemExit(f"The {name} is another")
    return queries


def times(registry: Any, queries: dict[str, TaskQuery]) -> dict[str, float]:
    """Return the median seconds of each page. The reads alternate; slow pages are read only in the first rounds."""
    taken: dict[str, list[float]] = {name: [] for name in queries}
    for index in range(number("BENCH_ROUNDS", 100)):
        for name, query in queries.items():
            if query.after or index < SLOW_ROUNDS:
                taken[name].append(read(registry, query)[0])
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def measure_memory(url: str) -> None:
    with application(url) as app:
        with request_for(app.registry) as request:
            nobody = accounts.create(request.db, "nobody@example.com", None).id
        write(app.registry, nobody)  # warm up: import, connect and compile everything
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # reset the peak
        began = time.perf_counter()
        size = write(app.registry, OWNER)
        print(f"{memory('VmHWM') - before:.1f} {size / 1e6:.0f} {time.perf_counter() - began:.1f}")


def write(registry: Any, owner: int) -> int:
    """Export all tasks of an owner, discard the output, and return its size in bytes."""
    export = Export(registry, owner, NEWEST, FORMATS["csv"])
    size = sum(len(piece) for piece in export)
    export.close()
    return size


def main() -> None:
    count = number("BENCH_TASKS", 1_000_000)
    with folder() as where:
        url = database(where)
        fill(where / "bench.sqlite", count)
        with application(url) as app:
            queries = pages(app.registry, count)
            took = times(app.registry, queries)
        command = [sys.executable, __file__, ARGUMENT, url]
        growth, size, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    ratio = took["last page by cursor"] / took["second page by cursor"]
    show(
        f"Pages of {LIMIT} of {count:,} tasks",
        **{name: f"{seconds_ * 1000:.2f} ms" for name, seconds_ in took.items()},
        ratio_of_the_last_to_the_second=f"{ratio:.2f}  (wanted: about 1)",
    )
    show(
        f"Export of {count:,} tasks as CSV",
        size=f"{size} MB",
        time=f"{seconds} s",
        growth_of_memory=f"{growth} MB  (wanted: below 50)",
    )


if __name__ == "__main__":
    if sys.argv[1:2] == [ARGUMENT]:
        measure_memory(sys.argv[2])
    else:
        main()
