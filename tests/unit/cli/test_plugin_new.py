"""`intermediate plugin new` generates, for each kind, a package whose backend can be imported and tested."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from intermediate.plugins import KINDS
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.slow
RULE = "use up to 40 lowercase letters, digits and underscores, starting with a letter."


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_a_backend_without_mistakes(run: Run, kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    result = run("plugin", "new", kind, "file_store", "--path", folder)
    assert result.exit_code == 0
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        "intermediate_file_store.py",
        "pyproject.toml",
        "test_file_store.py",
    }
    assert result.stdout.splitlines() == sorted(str(path) for path in folder.iterdir())
    checks = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E4,E7,E9,F,I", "."]
    assert subprocess.run(checks, cwd=folder, capture_output=True, text=True, check=False).stdout.startswith(
        "All checks"
    )
    build = f"made.FileStore{kind.capitalize()}.build(None, made.FileStoreSettings())"
    words = f"import intermediate_file_store as made; print({build})"
    said = subprocess.run([sys.executable, "-c", words], cwd=folder, capture_output=True, text=True, check=False)
    assert said.stdout.startswith("<intermediate_file_store.FileStore"), said.stderr


def test_nothing_is_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = run("plugin", "new", "cache", "files", "--path", tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {tmp_path} already exists and is not an empty folder.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        (
            "cache",
            "My Cache",
            f"Invalid backend name 'My Cache': {RULE}",
        ),
        (
            "cache",
            "../x",
            f"Invalid backend name '../x': {RULE}",
        ),
        ("cache", "redis", "The backend cache.redis already exists. Choose another name."),
    ],
)
def test_a_name_that_cannot_be_is_told(run: Run, tmp_path: Path, kind: str, name: str, why: str) -> None:
    result = run("plugin", "new", kind, name, "--path", tmp_path / "made")
    assert (result.exit_code, result.stderr) == (1, f"Error: {why}\n")
    assert not (tmp_path / "made").exists()


def test_a_folder_that_cannot_be_written_is_told(run: Run) -> None:
    result = run("plugin", "new", "cache", "files", "--path", "/dev/null/made")
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: Cannot write /dev/null/made: Not a directory. Nothing was created.\n",
    )


@pytest.mark.parametrize("exists", [False, True])
def test_nothing_is_left_behind_by_a_disk_that_fills_up(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    written: list[Path] = []

    def write_text(file: Path, *_args: object) -> None:
        file.touch()
        written.append(file)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = tmp_path / "made"
    if exists:
        folder.mkdir()
    monkeypatch.setattr(Path, "write_text", write_text)
    result = run("plugin", "new", "cache", "files", "--path", folder)
    why = "No space left on device. Nothing was created."
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: Cannot write {folder}: {why}\n"
    assert len(written) == 3
    assert [*tmp_path.rglob("*")] == [folder] * exists
