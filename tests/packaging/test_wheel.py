"""The package as users install it: built from the sources in the image, in an otherwise empty environment."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from webtest import TestApp

from tests.functional.conftest import Browser, make_api
from tests.functional.packages import bash
from tests.serving import ROOT, Served, wait_until

pytestmark = pytest.mark.slow


def copied_by_the_dockerfile() -> list[Path]:
    """The sources that the Dockerfile copies to install the package."""
    text = (ROOT / "Dockerfile").read_text()
    stage = text[: text.index("RUN pip install")]
    return [ROOT / name for line in re.findall(r"^COPY (.+) \S+$", stage, re.MULTILINE) for name in line.split()]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a new virtual environment with the wheel and its declared dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    source, venv = folder / "source", folder / "venv"
    source.mkdir()
    for path in copied_by_the_dockerfile():
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, source / path.name)
    # Build an sdist, and the wheel from it.
    bash(f"python -m build --no-isolation --outdir {folder} . && python -m venv {venv}", source)
    shutil.rmtree(source)
    bash(f"{venv}/bin/pip install --quiet {folder}/*.whl && {venv}/bin/pip check", folder)
    return venv / "bin"


def test_each_template_static_file_licence_and_catalogue_is_in_it(environment: Path) -> None:
    [wheel] = environment.parents[1].glob("*.whl")
    packed = set(ZipFile(wheel).namelist())
    served = {
        str(path.relative_to(ROOT))
        for folder in ("static", "templates", "locale", "cli/new_plugin")
        for path in (ROOT / "intermediate" / folder).rglob("*")
        if path.is_file()
    }
    assert "intermediate/static/vendor/redoc/redoc.standalone.js" in served
    assert served | {"intermediate/guide/backends.md", "intermediate/migrations/script.py.mako"} <= packed
    assert not [name for name in packed if name.endswith(".webp") or name.startswith("tests")]


@pytest.fixture(scope="module")
def served(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served"))
    served.command = str(environment / "intermediate-app")
    try:
        yield served.start()
    finally:
        served.stop()


def test_it_serves_the_api_and_runs_jobs(served: Served) -> None:
    api = make_api(served.address)
    api.post_json("/api/tasks", {"title": "one"}, status=201)
    job = api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}, status=202).json["id"]
    wait_until(lambda: bool(api.get(f"/api/jobs/{job}").json["status"] == "finished"))
    assert api.get("/openapi.json").json["paths"]


@pytest.mark.parametrize("path", ["/", "/guide", "/static/site.css", "/static/vendor/htmx.min.js"])
def test_it_has_the_pages_and_their_files(served: Served, path: str) -> None:
    assert len(TestApp(served.address).get(path, status=200).body) > 1000


def test_it_speaks_german(served: Served) -> None:
    assert "Anmelden" in Browser(served.address).get("/auth/login", headers={"Accept-Language": "de"})


def test_its_commands_work(environment: Path, served: Served, tmp_path: Path) -> None:
    commands = f"""
        {environment}/intermediate plugins {served.ini}
        {environment}/intermediate plugin new cache mine --path {tmp_path}/mine
        {environment}/intermediate-worker {served.ini} --burst
    """
    assert "intermediate 0." in bash(commands, tmp_path, INTERMEDIATE_DATABASE_URL=served.database_url)


@pytest.mark.parametrize(("kind", "backend"), [("cache", "redis"), ("jobs", "rq"), ("analytics", "mongo")])
def test_a_backend_without_its_driver_says_what_to_install(
    environment: Path, served: Served, tmp_path: Path, kind: str, backend: str
) -> None:
    chosen = {f"INTERMEDIATE_{kind.upper()}_BACKEND": backend}
    said = bash(f"{environment}/intermediate migrate {served.ini} 2>&1", tmp_path, fails=True, **chosen)
    assert f"pip install 'intermediate[{backend}]'" in said
