"""The commands of the README work as written."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from intermediate import db
from intermediate.engines import make_engine
from tests.functional.packages import bash, blocks
from tests.serving import ROOT, Served

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text()
LARGEST_PICTURE = 60_000  # bytes
BLOCKS = blocks("README.md")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served.start()
    served.stop()


def block(word: str) -> str:
    [found] = [block for block in BLOCKS if word in block]
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the files that the commands of the README read."""
    for name in ("development.ini", "production.ini"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tests" / "data", tmp_path / "tests" / "data")
    return tmp_path


def test_the_two_commands_come_first_and_exist() -> None:
    assert README.split("```sh\n")[1].startswith("make serve ")
    assert len(BLOCKS) == 3
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"make ([a-z-]+)", README)) <= {*targets, "help"}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not here")
def test_the_api_is_used_as_described(served: Served, tmp_path: Path) -> None:
    said = bash(block("/auth/register").replace("http://localhost:8003", served.address), tmp_path)
    assert said.splitlines()[-1] == "1"


def test_the_commands_do(copy: Path) -> None:
    said = bash(block("intermediate seed"), copy)
    assert "demo@example.com" in said
    assert "0 rejected" in said


def test_production_is_migrated_as_described(copy: Path, postgres_url: str) -> None:
    [url] = re.findall(r"INTERMEDIATE_DATABASE_URL=(\S+)", block("openssl rand"))
    bash(block("openssl rand").replace(url, postgres_url), copy)
    engine = make_engine(postgres_url)
    assert db.is_current(engine)
    engine.dispose()


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_pictures_are_small_and_each_is_shown_and_said_in_words() -> None:
    shown = dict(re.findall(r"!\[([^]]*)\]\(([^)]+)\)", README))
    assert {ROOT / path for path in shown.values()} == {*(ROOT / "docs" / "pictures").iterdir()}
    assert all(len(words) > 20 for words in shown)
    assert all((ROOT / path).stat().st_size < LARGEST_PICTURE for path in shown.values())
