"""docs/your-first-plugin.md works as written, and the example plugin works when installed as a wheel."""

import re
import shutil
from pathlib import Path

import pytest

from tests.functional.conftest import Browser, make_admin, make_api
from tests.functional.packages import bash, blocks, installed
from tests.functional.test_tasks import log_in
from tests.serving import ROOT, Served, wait_until

pytestmark = pytest.mark.slow

COMMANDS, INI = (blocks("docs/your-first-plugin.md", language) for language in ("sh", "ini"))
EXAMPLE = ROOT / "examples" / "intermediate-duckdb"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> str:
    source = tmp_path_factory.mktemp("source") / EXAMPLE.name
    shutil.copytree(EXAMPLE, source)
    return installed(source, tmp_path_factory.mktemp("site"))


def test_the_finished_backend_is_as_short_as_it_should_be() -> None:
    """It has at most a hundred lines."""
    assert len((EXAMPLE / "intermediate_duckdb.py").read_text().splitlines()) <= 100


def test_the_page_is_followed(tmp_path: Path) -> None:
    here, site = tmp_path / "intermediate", tmp_path / "site"
    for folder in (here, site):
        folder.mkdir()
    shutil.copytree(EXAMPLE.parent, here / "examples")
    [make, install, fill, _list] = COMMANDS
    bash(make, here)
    pip, test = install.splitlines()
    assert pip.startswith("pip install --editable ../intermediate-duckdb")
    path = installed(tmp_path / "intermediate-duckdb", site)
    Path(site, "intermediate_duckdb.py").unlink()  # as with --editable, the sources in the folder are used
    path = f"{tmp_path / 'intermediate-duckdb'}:{path}"
    assert int(re.findall(r"(\d+) failed", bash(test, here, fails=True, PYTHONPATH=path))[0]) >= 10
    said = bash(fill, here, PYTHONPATH=path)
    assert int(re.findall(r"(\d+) passed", said)[0]) >= 10


def test_the_example_is_chosen_by_its_lines_and_asked_by_the_admin_page(example: str, tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.environ["PYTHONPATH"] = example
    [lines] = INI
    text, found = re.subn(r"^analytics\.backend = .*\n", lines, served.ini.read_text(), flags=re.MULTILINE)
    assert found == 1
    served.ini.write_text(text)
    try:
        served.start()
        api = make_api(served.address)
        for title in ("one", "two", "three"):
            api.post_json("/api/tasks", {"title": title}, status=201)
        api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}, status=202)
        admin = make_admin(served.address, served.database_url)
        browser = Browser(served.address)
        log_in(browser, admin)
        wait_until(lambda: "2 people, 3 tasks, 0 overdue" in browser.get("/admin"))
    finally:
        served.stop()
    listed = bash(COMMANDS[-1].replace("development.ini", str(served.ini)), tmp_path, PYTHONPATH=example)
    assert re.search(r"duckdb +yes .*intermediate-duckdb 0\.1", listed)
