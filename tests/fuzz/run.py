"""`make fuzz`: schemathesis against the served application, and what became of it, in one table.

All of its phases and checks run, for as long as it takes to send CASES requests. Each operation must have succeeded at
least once, and each status that it documents must have been seen, but for those in UNSEEN.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
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
SECONDS = 240
WAITING_JOBS = 200
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


def run(server: Served, report: Path) -> int:
    environ = {
        **os.environ,
        **prepare(server),
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "PYTHONPATH": str(HERE.parents[1]),
    }
    words = [BIN / "st", "--config-file", HERE / "schemathesis.toml", "run", f"{server.address}/openapi.json"]
    options = ["--max-time", SECONDS, "--continue-on-failure", "--report", "ndjson", "--report-ndjson-path", report]
    return subprocess.run([*map(str, [*words, *options])], env=environ, check=False).returncode


def answers(report: Path) -> Iterator[tuple[str, int]]:
    """Method and path as documented, and the status of each answer."""
    with report.open() as lines:
        for line in lines:
            recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder")
            for case_id, interaction in (recorder or {}).get("interactions", {}).items():
                case = recorder["cases"][case_id]["value"]
                if interaction["response"]:
                    yield f"{case['method']} {case['path']}", interaction["response"]["status_code"]


def documented(document: dict[str, Any]) -> dict[str, set[int]]:
    return {
        f"{method.upper()} {path}": {int(status) for status in operation["responses"]}
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def judge(document: dict[str, Any], report: Path) -> list[str]:
    """Print what was answered to what, and give what is wrong with it."""
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    for name, status in answers(report):
        seen[name][status] += 1
    wrong = []
    for name, statuses in sorted(documented(document).items()):
        print(f"{name:<40} " + "  ".join(f"{status}: {count}" for status, count in sorted(seen[name].items())))
        if not any(200 <= status < 300 for status in seen[name]):
            wrong.append(f"{name} never succeeded")
        if missing := statuses - set(seen[name]) - unseen(name):
            wrong.append(f"{name} documents {sorted(missing)}, which no request got")
    total = sum(sum(counts.values()) for counts in seen.values())
    good = sum(count for counts in seen.values() for status, count in counts.items() if 200 <= status < 300)
    print(f"\n{total:,} requests, {good / max(1, total):.0%} of them answered 2xx")
    if total < CASES:
        wrong.append(f"only {total:,} requests of {CASES:,} were sent")
    return wrong


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        server, report = Served(Path(folder), **SETTINGS).start(), Path(folder) / "report.ndjson"
        try:
            failed = run(server, report)
            wrong = judge(json.loads(document_of(server)), report)
        finally:
            server.stop()
    print(*wrong, sep="\n")
    sys.exit(bool(failed or wrong))


def document_of(server: Served) -> str:
    from urllib.request import urlopen

    with urlopen(f"{server.address}/openapi.json", timeout=30) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    main()
