"""docs/tutorial.md works as written, in a clone, and with a database that contains tasks."""

import csv
import io
import os
import re
import subprocess
from pathlib import Path

import pytest
from webtest import TestApp

from tests.functional.conftest import Api, Browser
from tests.functional.packages import bash, blocks, steps
from tests.serving import BIN, ROOT, Served

pytestmark = pytest.mark.slow

DEMO = "demo@example.com"


class Clone:
    """A clone of what is committed here, with this environment as its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""
        subprocess.run(["git", "clone", "--quiet", "--no-tags", ROOT, folder], check=True)
        venv = folder / ".venv"
        venv.mkdir()
        for path in BIN.parent.iterdir():
            if path.name != ".installed":
                (venv / path.name).symlink_to(path)
        (venv / ".installed").touch()
        for name in ("setup.cfg", "pyproject.toml"):  # so that make need not install
            os.utime(folder / name, (0, 0))
        if (ROOT / ".mypy_cache").is_dir():
            bash(f"cp -r {ROOT}/.mypy_cache {folder}", ROOT)

    def run(self, commands: str) -> str:
        self.said = bash(commands, self.folder, PYTHONPATH=str(self.folder))
        return self.said

    def apply(self, diff: str) -> None:
        done = subprocess.run(
            ["git", "apply"], cwd=self.folder, input=diff, text=True, capture_output=True, check=False
        )
        assert not done.returncode, done.stderr


def follow(clone: Clone) -> str:
    """Take every step of the page in its order. Gives the password of the demo account."""
    password = ""
    for language, block in steps("docs/tutorial.md"):
        if language == "sh":
            said = clone.run(block)
            password = password or re.findall(r"password.*: (\S+)", said)[0]
        elif language == "diff":
            clone.apply(block)
        else:
            (clone.folder / "tests" / "functional" / "test_place.py").write_text(block)
    return password


def check_the_files(clone: Clone) -> None:
    """The last that the page says is what git says of it."""
    touched = [line.split()[1] for line in clone.said.splitlines()]
    assert len(touched) <= 6, clone.said
    assert {Path(path).suffix for path in touched} == {".py", ".po", ".mo"}


def check_the_migration(clone: Clone) -> None:
    """There is nothing left to migrate, and no file says so."""
    again = "alembic revision --autogenerate -m again 2>&1"
    said = bash(again, clone.folder, fails=True, PYTHONPATH=str(clone.folder))
    assert "The database is as the models say" in said
    assert not list((clone.folder / "alembic" / "versions").glob("*_again.py"))


def check_the_api(api: Api) -> None:
    """Tasks that were there have the field, and may fill it."""
    page = api.get("/api/tasks?limit=100").json
    assert page["total"] > 20
    assert {task["place"] for task in page["items"]} == {None}
    url = f"/api/tasks/{page['items'][0]['id']}"
    assert api.patch_json(url, {"place": "Cellar"}).json["place"] == "Cellar"
    assert api.put_json(url, {"title": "x"}).json["place"] is None
    assert "place" in api.get("/openapi.json").json["components"]["schemas"]["TaskDocument"]["required"]


def check_the_site(api: Api, served: Served, password: str) -> None:
    """It asks for the place in each language, keeps it, and shows both of two changes."""
    task = api.post_json("/api/tasks", {"title": "Repot the fig", "place": "Cellar"}, status=201).json["id"]
    browser = Browser(served.address)
    form = browser.get("/auth/login").forms[0]
    form["email"], form["password"] = DEMO, password
    form.submit(status=303)
    shown = browser.get(f"/notes/{task}/edit", headers={"Accept-Language": "de"})
    assert shown.html.find("label", {"for": f"edit-{task}-place"}).text == "Ort"
    api.patch_json(f"/api/tasks/{task}", {"place": "Attic"})
    form = shown.forms[f"edit-{task}"]
    form["place"] = "Balcony"
    conflict = form.submit(status=409)
    assert {"Attic", "Balcony"} <= {cell.text for cell in conflict.html.select(".conflict td")}
    conflict.forms[f"edit-{task}"].submit(status=303)
    page = browser.get(f"/notes/{task}")
    assert "Place" in [term.text for term in page.html.select("dt")]
    assert "Balcony" in [text.text for text in page.html.select("dd")]


def check_files_and_dumps(api: Api, clone: Clone) -> None:
    """It is exported, and moves into another installation."""
    api.post_json("/api/tasks", {"title": "Moved", "place": "=Garden"}, status=201)
    exported = api.get("/api/tasks/export?q=moved").text
    [row] = csv.DictReader(io.StringIO(exported, newline=""))
    assert row["place"] == "'=Garden"
    another = "INTERMEDIATE_DATABASE_URL=sqlite:///another.sqlite intermediate"
    clone.run(
        f"intermediate dump development.ini --output dump; "
        f"{another} load development.ini dump; {another} dump development.ini --output again"
    )
    old, new = (
        [line for line in (clone.folder / name).read_text().splitlines() if line.startswith('{"task"')]
        for name in ("dump", "again")
    )
    assert '"place":"=Garden"' in "".join(old)
    assert new == old


def check_the_backends(clone: Clone) -> None:
    said = clone.run("pytest tests/plugins/test_tasks.py -k 'not Postgres and (added or partial or dumped or created)'")
    assert int(re.findall(r"(\d+) passed", said)[0]) >= 10


def test_the_page_is_followed_and_the_field_is_everywhere(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "intermediate")
    password = follow(clone)
    check_the_files(clone)
    check_the_migration(clone)
    served = Served(tmp_path)
    database = f"sqlite:///{clone.folder}/development.sqlite"
    served.environ |= {"PYTHONPATH": str(clone.folder), "INTERMEDIATE_DATABASE_URL": database}
    try:
        app = TestApp(served.start().address)
        token = app.post("/api/auth/login", {"username": DEMO, "password": password}).json["access_token"]
        api = Api(app, DEMO, 1, token)
        check_the_api(api)
        check_the_site(api, served, password)
        check_files_and_dumps(api, clone)
    finally:
        served.stop()
    check_the_backends(clone)


NEW_FILES = {
    "python": ["intermediate/views/tags.py", "tests/functional/test_tags.py"],
    "jinja": ["intermediate/templates/tags.jinja2"],
}


def test_a_page_of_ones_own_is_made_as_its_page_says(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "intermediate")
    new = {language: iter(names) for language, names in NEW_FILES.items()}
    text = (ROOT / "docs" / "your-first-page.md").read_text()
    for language, block in steps("docs/your-first-page.md"):
        if language == "sh":
            clone.run(block)
        elif language == "diff":
            clone.apply(block)
        else:
            name = next(new[language])
            assert f"`{name}`" in text[: text.index(block)]
            (clone.folder / name).write_text(block)
    assert re.search(r"\d+ passed", clone.said)


def test_a_language_is_begun_as_its_page_says(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "intermediate")
    [commands] = blocks("docs/languages.md")
    clone.run(commands)
    assert (clone.folder / "intermediate" / "locale" / "fr" / "LC_MESSAGES" / "intermediate.po").exists()
