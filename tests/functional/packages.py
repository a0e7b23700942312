"""The commands of a page, and packages as they are installed, without an index of packages to ask."""

import os
import subprocess
from pathlib import Path

from tests.serving import BIN, QUIET

WHEEL = "pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist {source}"


def bash(script: str, folder: Path, *, fails: bool = False, **environ: str) -> str:
    """What commands print. All of them must do; with `fails` one must not."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **QUIET, "PATH": f"{BIN}:{os.environ['PATH']}", **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert bool(done.returncode) == fails, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def installed(source: Path, site: Path) -> str:
    """The wheel of a source in a folder for PYTHONPATH, beside this environment, which has all else."""
    bash(WHEEL.format(source=source), site)
    bash("pip install --quiet --no-deps --target . dist/*.whl", site)
    return str(site)
