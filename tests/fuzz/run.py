"""`make fuzz`: schemathesis against the served application, and what became of it, in one table.

All of its phases and checks run, again and again until CASES requests were sent or LONGEST seconds are over. Each
operation must have succeeded at least once, and each status that it documents must have been seen, but for those in
`unseen.py`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from intermediate.engines import make_engine
from intermediate.models import Job, User
from intermediate.models.base import utcnow
from tests.fuzz.unseen import unseen
from tests.serving import BIN, Served

HERE = Path(__file__).parent
CASES = 5000
SECONDS = 100
LONGEST = 480
WAITING_JOBS = 500
Seen = defaultdict[str, Counter[int]]
SETTINGS = {
    "INTERMEDIATE_API_RATE_LIMITS": "false",
    "INTERMEDIATE_AUTH_LOCAL_TIME_COST": "1",
    "INTERMEDIATE_AUTH_LOCAL_MEMORY_KIB": "4096",
    "INTERMEDIATE_API_EVENT_STREAM_SECONDS": "1",
}


def prepare(server: Served) -> dict[str, str]:
    """An administrator with a report, and jobs whose time has not come, which can be cancelled."""
    os.environ |= {"FUZZ_ADDRESS": server.address, "FUZZ_ADMIN": "", "FUZZ_OWNER": "1", "FUZZ_WAITING": ""}
    from tests.fuzz import hooks

    token = hooks.log_in(hooks.new_account())["access_token"]
    engine = make_engine(f"sqlite:///{server.database}")
    hooks.send("POST", "/api/jobs/task-report", hooks.JSON, '{"owner_id": 1}', token)
    while hooks.send("GET", "/api/jobs/1", hooks.JSON, token=token)["status"] != "finished":
        pass
    later = utcnow().replace(year=2100)
    with engine.begin() as connection:
        connection.execute(update(User).values(role="admin"))
        rows = [
            {"kind": "task-report", "owner_id": 1, "args": {}, "run_at": later, "request_id": "fuzz"}
        ] * WAITING_JOBS
        ids = connection.execute(insert(Job).returning(Job.id), rows).scalars().all()
    engine.dispose()
    return {
        "FUZZ_ADDRESS": server.address,
        "FUZZ_ADMIN": token,
        "FUZZ_OWNER": "1",
        "FUZZ_WAITING": ",".join(map(str, ids)),
    }


def run(server: Served, environ: dict[str, str]) -> bool:
    """One run of all phases, each time with other requests. Whether it found nothing wrong."""
    words = [BIN / "st", "--config-file", HERE / "schemathesis.toml", "run", f"{server.address}/openapi.json"]
    # It would leave out the document itself, unless it is told that every path counts.
    options = ["--max-time", SECONDS, "--continue-on-failure", "--include-path-regex", "^/"]
    return subprocess.run([*map(str, [*words, *options])], env=environ, check=False).returncode == 0


def answers(file: Path) -> Seen:
    """Method and path as documented, to how often each status was answered. `hooks` writes them down."""
    seen = Seen(Counter)
    for line in file.read_text().splitlines():
        name, _, status = line.rpartition(" ")
        seen[name][int(status)] += 1
    return seen


def documented(document: dict[str, Any]) -> dict[str, set[int]]:
    return {
        f"{method.upper()} {path}": {int(status) for status in operation["responses"]}
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def show(document: dict[str, Any], seen: Seen) -> None:
    for name in sorted(documented(document)):
        print(f"{name:<40} " + "  ".join(f"{status}: {count}" for status, count in sorted(seen[name].items())))
    good = sum(count for counts in seen.values() for status, count in counts.items() if 200 <= status < 300)
    print(f"\n{total(seen):,} requests, {good / max(1, total(seen)):.0%} of them answered 2xx")


def lacking(document: dict[str, Any], seen: Seen) -> list[str]:
    """What is yet to be seen."""
    found = [f"only {total(seen):,} requests of {CASES:,} were sent"] if total(seen) < CASES else []
    for name, statuses in sorted(documented(document).items()):
        if not any(200 <= status < 300 for status in seen[name]):
            found.append(f"{name} never succeeded")
        if missing := statuses - set(seen[name]) - unseen(name):
            found.append(f"{name} documents {sorted(missing)}, which no request got")
    return found


def main() -> None:
    deadline, good, seen = time.monotonic() + LONGEST, True, Seen(Counter)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        server, file = Served(Path(folder), **SETTINGS).start(), Path(folder) / "answers"
        try:
            hooks = {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(HERE.parents[1])}
            environ = {**os.environ, **prepare(server), **hooks, "FUZZ_ANSWERS": str(file)}
            document = json.loads(document_of(server))
            while good and (wrong := lacking(document, seen)) and time.monotonic() < deadline:
                good = run(server, environ)
                seen = answers(file)
                wrong = lacking(document, seen)
        finally:
            server.stop()
    show(document, seen)
    print(*wrong, sep="\n")
    sys.exit(bool(wrong) or not good)


def total(seen: Seen) -> int:
    return sum(counts.total() for counts in seen.values())


def document_of(server: Served) -> str:
    from urllib.request import urlopen

    with urlopen(f"{server.address}/openapi.json", timeout=30) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    main()
