"""`make fuzz`: schemathesis against the served application, and what became of it, in one table.

All of its phases and checks run, once as an administrator and once as an ordinary user. Each operation must have
succeeded at least once, and what operations document and what they answered must be the same, but for `unseen.py`.

How many cases there are does not depend on how fast the machine is, and which ones only on FUZZ_SEED. A run that takes
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
from tests.fuzz.prepare import prepare
from tests.fuzz.unseen import all_excuses
from tests.serving import BIN, Served

HERE = Path(__file__).parent
CASES = 5000
EXAMPLES = 60
"""Of each operation, in the phases that go on at will. With the other phases' it makes more than CASES."""
SEED = os.environ.get("FUZZ_SEED", "1")
LONGEST = int(os.environ.get("FUZZ_LONGEST", "300"))
SETTINGS = {
    "INTERMEDIATE_API_RATE_LIMITS": "false",
    "INTERMEDIATE_AUTH_LOCAL_TIME_COST": "1",
    "INTERMEDIATE_AUTH_LOCAL_MEMORY_KIB": "4096",
    "INTERMEDIATE_API_EVENT_STREAM_SECONDS": "1",
    "INTERMEDIATE_IMPORT_MAX_BYTES": str(1024 * 1024),
}


def run(caller: Caller, answers: Path) -> bool:
    """All phases. Whether schemathesis found nothing wrong."""
    words = [BIN / "st", "--config-file", HERE / "schemathesis.toml", "run", f"{caller.address}/openapi.json"]
    options = ["--seed", SEED, "--max-examples", EXAMPLES, "--continue-on-failure", "--generation-database", "none"]
    # It would leave out the document itself, unless it is told that every path counts.
    options += ["--include-path-regex", "^/"]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(HERE.parents[1])}
    environ = {**os.environ, **hooks, **caller.environment(), "FUZZ_ANSWERS": str(answers)}
    return subprocess.run([*map(str, [*words, *options])], env=environ, check=False, timeout=LONGEST).returncode == 0


def wrong(document: dict[str, Any], seen: outcomes.Outcomes) -> Iterator[str]:
    if outcomes.total(seen) < CASES:
        yield f"only {outcomes.total(seen):,} cases of {CASES:,} were sent"
    promised = outcomes.documented(document)
    yield from outcomes.differences(promised, seen, all_excuses(promised))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        server, answers = Served(Path(folder), **SETTINGS).start(), Path(folder) / "answers"
        answers.touch()
        try:
            good = [run(prepare(server, role), answers) for role in ("admin", "user")]
            with urlopen(f"{server.address}/openapi.json", timeout=30) as answer:
                document = json.load(answer)
            seen = outcomes.read(answers)
        finally:
            server.stop()
    print(*outcomes.table(seen), sep="\n")
    found = list(wrong(document, seen))
    print(*found, sep="\n")
    sys.exit(bool(found) or not all(good))


if __name__ == "__main__":
    main()
