"""The commands of a page, and packages as they are installed, without an index of packages to ask."""

import os
import re
import subprocess
from pathlib import Path
from textwrap import dedent

from tests.serving import BIN, QUIET, ROOT

WHEEL = "pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist {source}"


FENCE = re.compile(r"(?:<!-- (not run: .+?) -->\s+)?^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def blocks(page: str, language: str = "sh") -> list[str]:
    """What stands in the fences of a page, such as `docs/tutorial.md`, to be run by the test that asks for it.

    `tests/pages/test_commands.py` sees to it that one does for each page. What cannot be run says why above its fence.
    """
    return [block for word, block in steps(page) if word == language]


def steps(page: str) -> list[tuple[str, str]]:
    """All that is to be run or written, each with its language, in the order of the page."""
    found = FENCE.findall((ROOT / page).read_text())
    return [(word, dedent(block)) for left_out, word, block in found if not left_out]


def bash(script: str, folder: Path, *, fails: bool = False, **environ: str) -> str:
    """What commands print. All of them must do; with `fails` one must not."""
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
    """The wheel of a source in a folder for PYTHONPATH, beside this environment, which has all else."""
    bash(WHEEL.format(source=source), site)
    bash("pip install --quiet --no-deps --target . dist/*.whl", site)
    return str(site)
