"""Run the commands of a documentation page, and install packages without a package index."""

import os
import re
import subprocess
from pathlib import Path
from textwrap import dedent

from tests.serving import BIN, QUIET, ROOT

WHEEL = "pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist {source}"


FENCE = re.compile(r"(?:<!-- (not run: .+?) -->\s+)?^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def blocks(page: str, language: str = "sh") -> list[str]:
    """Return the code blocks of a page, such as `docs/tutorial.md`, in this language, for a test to run.

    `tests/pages/test_commands.py` checks that there is a test for each page. A block that cannot be run states the
    reason above its fence.
    """
    return [block for word, block in steps(page) if word == language]


def steps(page: str) -> list[tuple[str, str]]:
    """Return all code blocks that can be run or written, with their languages, in the order of the page."""
    found = FENCE.findall((ROOT / page).read_text())
    return [(word, dedent(block)) for left_out, word, block in found if not left_out]


def bash(script: str, folder: Path, *, fails: bool = False, **environ: str) -> str:
    """Run commands and return what they print. Asserts that all succeed, or with `fails` that one fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **QUIET, "PATH": f"{BIN}:{os.environ['PATH']}", **environ},
        capture_output=True,
        text=True,
        timeout=300,  # a cold type checker on a busy machine takes minutes
        check=False,
    )
    assert bool(done.returncode) == fails, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def installed(source: Path, site: Path) -> str:
    """Install the wheel of a source into a folder, and return it for PYTHONPATH. Dependencies come from this
    environment."""
    bash(WHEEL.format(source=source), site)
    bash("pip install --quiet --no-deps --target . dist/*.whl", site)
    return str(site)
