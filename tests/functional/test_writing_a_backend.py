"""docs/writing-a-backend.md is done to the letter: its backend passes the suite, and serves."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.conftest import make_api
from tests.serving import BIN, ROOT, Served

PAGE = (ROOT / "docs" / "writing-a-backend.md").read_text()
FOLDER = "/var/cache/intermediate"


def block(language: str, word: str) -> str:
    [found] = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in text]
    return str(found)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The page's package, installed."""
    site = tmp_path / "site"
    (info := site / "intermediate_files-1.0.dist-info").mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: intermediate-files\nVersion: 1.0\n")
    [group] = re.findall(r'entry-points\."(.+)"', block("toml", "entry-points"))
    [name, target] = re.findall(r'^(\w+) = "(.+)"$', block("toml", "entry-points"), re.MULTILINE)[0]
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")
    (site / "intermediate_files.py").write_text(block("python", "class FileCache(Cache)"))
    return {**os.environ, "PYTHONPATH": str(site)}


def test_it_passes_the_suite(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_files.py").write_text(block("python", "CacheContract"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--override-ini=addopts=",
        "test_files.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 8


def test_it_is_chosen_by_its_line(environ: dict[str, str], tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.environ["PYTHONPATH"] = environ["PYTHONPATH"]
    lines = block("ini", "cache.backend").replace(FOLDER, str(tmp_path / "cache"))
    text, found = re.subn(r"^cache\.backend = .*\n", lines, served.ini.read_text(), flags=re.MULTILINE)
    assert found == 1
    served.ini.write_text(text)
    try:
        api = make_api(served.start().address)
        assert [api.get("/api/tasks").headers["X-Cache"] for _ in range(2)] == ["miss", "hit"]
        assert len(list((tmp_path / "cache").iterdir())) == 1
        assert api.get("/healthz").json["status"] == "ok"
    finally:
        served.stop()
    listed = subprocess.run(
        [str(BIN / "intermediate"), "plugins", str(served.ini)],
        env=served.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"files.*intermediate-files", listed.stdout)
