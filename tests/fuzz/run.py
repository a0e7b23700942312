"""`make fuzz`: run schemathesis against the served application, and print the outcomes in a table.

All phases and checks run twice, as an administrator and as a regular user. Each operation must succeed at least once,
and the observed outcomes must be exactly the documented ones, except those in `unseen.py`.

The number of cases does not depend on the speed of the machine, and their content only on FUZZ_SEED. A run that takes
longer than FUZZ_LONGEST seconds fails.
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
"""The minimum of requests in sequences, for each role."""
EXAMPLES = 60
"""The number of cases per operation in the phases without a natural end. With the other phases, CASES are exceeded."""
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
    """Run all phases as this role, and return whether they found no error.

    Sequences end early if the same requests get other responses than before, which is legitimate. Then more of them
    are run, with other seeds.
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
    # By default schemathesis leaves out the path of the OpenAPI document itself.
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
