"""Every command in the documentation is run by a test, or the page states why it cannot be."""

import re
import subprocess

from tests.functional.packages import FENCE
from tests.serving import ROOT

ASKED = re.compile(r"(?:blocks|steps)\(\s*\"([^\"]+)\"")
COMMAND = re.compile(r"^\s*(make|intermediate|alembic|pytest|pip|curl|docker|\.venv/bin/\w+) ", re.MULTILINE)


def pages() -> list[str]:
    """Return all pages that git tracks."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return [page for page in done.stdout.splitlines() if (ROOT / page).exists()]


def test_each_page_with_commands_is_run_by_a_test() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    run = set(ASKED.findall(tests))
    fences = {page: FENCE.findall((ROOT / page).read_text()) for page in pages()}
    told = {page for page, found in fences.items() if any(word == "sh" and not why for why, word, _ in found)}
    assert told == {page for page in run if page in fences}


def test_no_command_hides_in_a_fence_that_is_not_run() -> None:
    for page in pages():
        for why, word, block in FENCE.findall((ROOT / page).read_text()):
            assert word == "sh" or not COMMAND.search(block), (page, block)
            assert not why or len(why.split()) > 6, (page, why)


def test_every_fence_is_read() -> None:
    for page in pages():
        text = (ROOT / page).read_text()
        assert 2 * len(FENCE.findall(text)) == len(re.findall(r"^ *```", text, re.MULTILINE)), page
