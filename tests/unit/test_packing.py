"""What the package serves is in what is installed of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT

SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
BUILD = [sys.executable, "-c", "import setuptools; setuptools.setup()", "--quiet", "build_py", "--build-lib"]


@pytest.mark.slow
def test_each_template_static_file_and_licence_is_packed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder in ("intermediate", "alembic", "docs"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        shutil.copy(ROOT / name, source)
    lib = tmp_path / "lib"
    subprocess.run([*BUILD, str(lib)], cwd=source, timeout=120, check=True)
    packed = {str(path.relative_to(lib)) for path in lib.rglob("*")}
    served = {
        str(path.relative_to(ROOT))
        for folder in ("static", "templates", "cli/new_plugin")
        for path in (ROOT / "intermediate" / folder).rglob("*")
        if path.is_file()
    }
    assert "intermediate/static/vendor/redoc/redoc.standalone.js" in served
    assert served | {"intermediate/guide/backends.md"} <= packed
    assert not [name for name in packed if name.endswith(".webp")]
