"""`make fuzz`: schemathesis against the served application, and what became of it, in one table.

All of its phases and checks run, once as an administrator and once as an ordinary user. Each operation must have
succeeded at least once, and what operations document and what they answered must be the same, but for `unseen.py`.

How many cases there are does not depend on how fast the machine is, and which ones only on FUZZ_SEED. What takes
longer than FUZZ_LONGEST seconds has failed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.fuzz import outcomes
from tests.fuzz.caller import Caller
from tests.fuzz.outcomes import Answer
from tests.fuzz.prepare import prepare
from tests.fuzz.unseen import all_excuses
from tests.serving import BIN, Served

HERE = Path(__file__).parent
ROLES = ("admin", "user")
CASES = 5000
STEPS = 200
"""Of each role, in sequences of requests."""
EXAMPLES = 60
"""Of each operation, in the phases that go on at will. With the other phases' it makes more than CASES."""
SEED = int(os.environ.get("FUZZ_SEED", "1"))
LONGEST = int(os.environ.get("FUZZ_LONGEST", "300"))
HINT = "Bring about what no case got in situations.py, or name its test in unseen.py."
SETTINGS = {
    "INTERMEDIATE_API_RATE_LIMITS": "false",
    "INTERMEDIATE_AUTH_LOCAL_TIME_COST": "1",
    "INTERMEDIATE_AUTH_LOCAL_MEMORY_KIB": "4096",
    "INTERMEDIATE_API_EVENT_STREAM_SECONDS": "1",
    "INTERMEDIATE_IMPORT_MAX_BYTES": str(1024 * 1024),
}


def fuzz(server: Served, role: str, answers: Path) -> bool:
    """All phases as this role. Whether nothing was found wrong.

    Sequences come to an early end when the same requests get other answers than before, as they may. Then there are
    more of them, with other seeds.
    """
    caller, before = prepare(server, role), outcomes.steps(outcomes.read(answers))
    good = run(caller, answers, SEED)
    for seed in range(SEED + 1, SEED + 6):
        if good and outcomes.steps(outcomes.read(answers)) < before + STEPS:
            good = run(caller, answers, seed, "--phases", "stateful")
    return good


def run(caller: Caller, answers: Path, seed: int, *more: str) -> bool:
    words = [BIN / "st", "--config-file", HERE / "schemathesis.toml", "run", f"{caller.address}/openapi.json"]
    options = ["--seed", seed, "--max-examples", EXAMPLES, "--continue-on-failure", "--generation-database", "none"]
    # It would leave out the document itself, unless it is told that every path counts.
    options += ["--include-path-regex", "^/", *more]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(HERE.parents[1])}
    environ = {**os.environ, **hooks, **caller.environment(), "FUZZ_ANSWERS": str(answers)}
    try:
        done = subprocess.run([*map(str, [*words, *options])], env=environ, check=False, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        print(f"It took longer than {LONGEST} seconds. If that is the machine's fault, set FUZZ_LONGEST to more.")
        return False
    return done.returncode == 0


def wrong(document: dict[str, Any], answers: list[Answer]) -> Iterator[str]:
    if len(answers) < CASES:
        yield f"only {len(answers):,} cases of {CASES:,} were sent"
    if (steps := outcomes.steps(answers)) < STEPS * len(ROLES):
        yield f"only {steps:,} steps of {STEPS * len(ROLES):,} were sent in sequences"
    promised = outcomes.documented(document)
    yield from outcomes.differences(promised, outcomes.counted(answers), all_excuses(promised))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        server, file = Served(Path(folder), **SETTINGS).start(), Path(folder) / "answers"
        file.touch()
        try:
            good = [fuzz(server, role, file) for role in ROLES]
            with urlopen(f"{server.address}/openapi.json", timeout=30) as answer:
                document = json.load(answer)
            answers = outcomes.read(file)
        finally:
            server.stop()
    print(*outcomes.table(outcomes.counted(answers)), sep="\n")
    found = list(wrong(document, answers))
    print(*found, *([HINT] if found else []), sep="\n")
    sys.exit(bool(found) or not all(good))


if __name__ == "__main__":
    main()
