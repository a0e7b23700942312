"""docs/writing-a-backend.md works as written: its backend passes the suite and serves requests."""

import re
from pathlib import Path

import pytest

from tests.functional.conftest import health, make_api
from tests.functional.packages import bash, blocks, installed
from tests.serving import ROOT, Served

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "writing-a-backend.md").read_text()
FOLDER = "/var/cache/intermediate"


def block(language: str, word: str) -> str:
    [found] = [text for text in blocks("docs/writing-a-backend.md", language) if word in text]
    return found


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "intermediate_files.py").write_text(block("python", "class FileCache(Cache)"))
    (folder / "pyproject.toml").write_text(block("toml", "entry-points"))
    (folder / "test_files.py").write_text(block("python", "CacheContract"))
    return folder


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return installed(package, tmp_path_factory.mktemp("site"))


def test_each_block_of_the_page_is_run() -> None:
    assert re.findall(r"```(\w+)\n", PAGE) == ["python", "toml", "ini", "python", "sh"]


def test_it_passes_the_suite(package: Path, site: str) -> None:
    install, test = block("sh", "pip install").splitlines()
    assert install.startswith("pip install . ")
    said = bash(test, package, PYTHONPATH=site)
    assert int(re.findall(r"(\d+) passed", said)[0]) >= 10


def test_it_is_chosen_by_its_line(site: str, tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.environ["PYTHONPATH"] = site
    lines = block("ini", "cache.backend").replace(FOLDER, str(tmp_path / "cache"))
    text, found = re.subn(r"^cache\.backend = .*\n", lines, served.ini.read_text(), flags=re.MULTILINE)
    assert found == 1
    served.ini.write_text(text)
    try:
        api = make_api(served.start().address)
        assert [api.get("/api/tasks").headers["X-Cache"] for _ in range(2)] == ["miss", "hit"]
        assert len(list((tmp_path / "cache").iterdir())) == 1
        health(api, "status", "ok")
    finally:
        served.stop()
    listed = bash(f"intermediate plugins {served.ini}", tmp_path, PYTHONPATH=site)
    assert re.search(r"files.*intermediate-files", listed)
