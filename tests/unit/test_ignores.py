"""Every exception for a linter, the type checker or Python's warnings states its reason."""

import re
import subprocess
import tomllib

from tests.serving import ROOT

TOLD = re.compile(r"# (?:noqa|type: ignore)\b(?!`)")
WITH_REASON = re.compile(r"# (?:noqa: [A-Z0-9]+(?:, ?[A-Z0-9]+)*|type: ignore\[[a-z-]+(?:, ?[a-z-]+)*\]  #)  ?\w")
SHIPPED = ("intermediate", "alembic", "examples")


def test_each_line_that_is_overlooked_says_why() -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *(f"{name}/**.py" for name in SHIPPED)]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    lines = [
        (path, line) for path in files if (ROOT / path).exists() for line in (ROOT / path).read_text().splitlines()
    ]
    overlooked = [(path, line) for path, line in lines if TOLD.search(line)]
    assert len(overlooked) > 20
    assert [(path, line) for path, line in overlooked if not WITH_REASON.search(line)] == []


def test_each_entry_of_the_lists_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    tools = tomllib.loads(text)["tool"]
    warnings = [one for one in tools["pytest"]["ini_options"]["filterwarnings"] if one.startswith("ignore")]
    entries = [*tools["ruff"]["lint"]["ignore"], *tools["ruff"]["lint"]["per-file-ignores"], *warnings]
    assert len(entries) > 15
    for entry in entries:
        [line] = [line for line in text.splitlines() if f'"{entry}"' in line.partition("#")[0]]
        assert len(line.partition(" # ")[2].split()) > 1, line
