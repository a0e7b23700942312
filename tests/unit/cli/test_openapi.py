"""`intermediate openapi`."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Run


def test_the_command_prints_the_document(run: Run, owned: Path) -> None:
    done = run("openapi", owned)
    assert done.exit_code == 0
    assert "/api/tasks" in json.loads(done.output)["paths"]
