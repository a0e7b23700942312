"""Every command supports scripts: help with examples, exit codes, and one-line errors."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from intermediate.cli import COMMANDS, main
from tests.unit.cli.conftest import OWNER, Run, shell

pytestmark = pytest.mark.slow

SCRIPT = Path(sys.executable).with_name("intermediate")

CALLS = {
    "migrate": (),
    "create-user": (OWNER, "--password-stdin"),
    "set-password": (OWNER, "--password-stdin"),
    "seed": (),
    "plugins": (),
    "check": (),
    "import": (os.devnull, "--owner", OWNER),
    "dump": (),
    "load": (os.devnull,),
    "after-restore": (),
    "analytics": (os.devnull,),
    "trace": ("an-id",),
    "openapi": (),
    "report": ("--all",),
    "purge": (),
}
WITHOUT_INI = {"plugin"}
WORDS = {"analytics": ("analytics", "load")}  # a command with subcommands


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help_shows_how_it_is_called(run: Run, name: str | None) -> None:
    result = run(*filter(None, [name]), "--help")
    assert result.exit_code == 0
    assert f"  intermediate {name or 'migrate'} " in result.stdout


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in WITHOUT_INI])
def test_a_missing_ini_file_is_a_configuration_error(run: Run, tmp_path: Path, name: str) -> None:
    for path in (tmp_path / "absent.ini", tmp_path):
        result = run(*WORDS.get(name, (name,)), path, *CALLS[name])
        assert (result.exit_code, result.stdout) == (78, "")
        assert result.stderr == f"Error: {path} is not a file. Give an INI file, such as development.ini.\n"


@pytest.mark.parametrize(
    "text", ["no ini\n", "[app:main]\nuse = %(nothing)s\n", "[other]\n", "[app:main\n", "\xff\xfe"]
)
def test_a_file_that_is_no_ini_is_a_configuration_error(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.ini"
    path.write_text(text, encoding="latin-1")
    result = run("plugins", path)
    assert (result.exit_code, result.stdout) == (78, "")
    assert str(path) in result.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("database.url = postgresql://u:planted%40word@h/x", "database.url: write a % in a value as %%"),
        ("database.url = postgresql://u:planted%(word)s@h/x", "database.url: write a % in a value as %%"),
        ("session.secret_key planted-word", "line 3: expected a [section] or `key = value`."),
    ],
)
@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_file_that_is_no_ini_does_not_show_its_secrets(
    run: Run, tmp_path: Path, line: str, said: str, command: str
) -> None:
    path = tmp_path / "bad.ini"
    path.write_text(f"[app:main]\nuse = egg:intermediate\n{line}\n")
    result: Any = run("check", path) if command == "check" else shell("intermediate-app", path)
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not re.search("planted|word", result.stdout + result.stderr.replace("%word", ""))
    assert (result.exit_code if command == "check" else result.returncode) == 78


@pytest.mark.parametrize("name", ["production", "a.ini.bak", "a#b.ini", "a:b.ini", "a?b.ini"])
def test_an_ini_file_may_have_any_name(run: Run, ini: Path, name: str) -> None:
    result = run("plugins", ini.rename(ini.with_name(name)))
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("words", [("openapi",), ("plugins",), ("dump",)])
def test_output_that_cannot_be_written_is_one_line(owned: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([SCRIPT, *words, owned], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1
    said = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert len(said) == 1
    assert said[0].startswith("Error: ")
    assert "stdout: No space left on device" in said[0]


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("seed", "--help")])
def test_help_that_cannot_be_written_is_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([SCRIPT, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "Error: stdout: No space left on device.\n")


@pytest.mark.parametrize("closed", [0, 1])
def test_a_stream_that_is_closed_is_an_empty_one(owned: Path, closed: int) -> None:
    words = ("set-password", owned, OWNER, "--password-stdin") if closed == 0 else ("dump", owned)
    result = subprocess.run(
        [SCRIPT, *words], stderr=subprocess.PIPE, text=True, check=False, preexec_fn=lambda: os.close(closed)
    )
    said = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert (
        said
        == [
            ["Error: password: String should have at least 8 characters"],
            ["Dumped 1 user, 0 sessions, 0 reports, 0 tasks."],
        ][closed]
    )


def test_a_password_is_asked_for_on_a_terminal_only(owned: Path) -> None:
    result = subprocess.run(
        [SCRIPT, "set-password", owned, OWNER],
        input="",
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert result.returncode == 1
    assert (
        result.stderr
        == "Error: There is no terminal to ask for the password. Use --password-stdin and send it on stdin.\n"
    )


def test_a_database_that_cannot_be_written_is_one_line_without_its_statement(run: Run, owned: Path) -> None:
    text = owned.read_text().replace(
        "sqlite:///%(here)s/development.sqlite", "sqlite:///file:%(here)s/development.sqlite?mode=ro&uri=true"
    )
    owned.write_text(text)
    result = run("purge", owned)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: tasks_unavailable: attempt to write a readonly database\n",
    )


def test_a_wrong_setting_is_one_line(ini: Path) -> None:
    result = shell("intermediate", "migrate", ini, INTERMEDIATE_CACHE_BACKEND="memroy")
    assert (result.returncode, result.stdout) == (78, "")
    assert result.stderr.splitlines() == [
        "Error: cache.backend = 'memroy' is not one of memory, null, redis. Did you mean memory?"
    ]


def test_a_wrong_call_is_a_usage_error(run: Run) -> None:
    for args in (["nothing"], ["migrate"], ["import", "x.ini", "x.csv"], ["seed", "x.ini", "--what"]):
        assert run(*args).exit_code == 2


def test_an_argument_that_is_no_text_or_out_of_time_is_told(run: Run, owned: Path) -> None:
    result = run("trace", owned, "\udcff")
    assert (result.exit_code, result.stderr) == (1, "Error: '\\udcff' is not valid UTF-8.\n")
    assert run("purge", owned, "--trash-days", 10**11).exit_code == 2


def test_a_database_without_a_schema_is_told(run: Run, ini: Path) -> None:
    ini.write_text(ini.read_text().replace("database.migrate = true", "database.migrate = false"))
    result = run("seed", ini)
    assert result.exit_code == 1
    assert "intermediate migrate" in result.stderr
    assert run("migrate", ini).stdout == "The schema is now up to date.\n"
    assert run("migrate", ini).stdout == "The schema is already up to date.\n"
    with closing(sqlite3.connect(ini.parent / "development.sqlite")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert run("migrate", ini).stdout == "The schema is from a newer release and was left unchanged.\n"
    assert "from a newer release. Use that release for this." in run("dump", ini).stderr
    assert run("seed", ini).exit_code == 0


@pytest.mark.parametrize("name", ["seed", "import", "dump", "load", "purge"])
def test_a_command_that_needs_the_tasks_is_refused_where_they_live_in_another_process(
    run: Run, owned: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("INTERMEDIATE_TASKS_BACKEND", "memory")
    monkeypatch.setenv("INTERMEDIATE_JOBS_BACKEND", "inline")
    refused = run(name, owned, *CALLS[name])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "'memory' keeps tasks in the memory of the web server, where commands cannot reach them." in refused.stderr


def test_plugins_says_what_is_chosen_and_whose_it_is(run: Run, ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERMEDIATE_JOBS_BACKEND", "inline")
    found = json.loads(run("plugins", ini, "--json").stdout)
    chosen = {one["kind"]: one["name"] for one in found if one["chosen"]}
    assert chosen == {"auth": "local", "tasks": "sql", "cache": "memory", "jobs": "inline", "analytics": "sql"}
    sql = next(one for one in found if (one["kind"], one["name"]) == ("tasks", "sql"))
    assert sql["class"] == "intermediate.plugins.tasks.sql:SqlTasks"
    assert sql["distribution"].startswith("intermediate ")
    table = run("plugins", ini).stdout
    assert [line.split()[:3] for line in table.splitlines() if "InlineJobs" in line] == [["jobs", "inline", "yes"]]


def test_every_command_is_a_click_command() -> None:
    assert isinstance(main, click.Group)
    for name in COMMANDS:
        assert isinstance(main.get_command(click.Context(main), name), click.Command)
