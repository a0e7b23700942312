"""`intermediate import`, and the rules for its input."""

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import OWNER, ROOT, Opened, Run, shell

pytestmark = pytest.mark.slow
SAMPLE = ROOT / "tests" / "data" / "tasks.csv"
FULL = Path(os.environ.get("TEST_DATA_DIR", "/nonexistent")) / "pyramid_history_tasks.csv"
HEADER = "title,description,status,created_at"
Open = Callable[[], Opened]


@pytest.fixture(params=[SAMPLE, pytest.param(FULL, marks=pytest.mark.skipif(not FULL.exists(), reason="not here"))])
def file(request: pytest.FixtureRequest) -> Path:
    """Real items: a sample, and the full file if TEST_DATA_DIR names its folder."""
    path: Path = request.param
    return path


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "some.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


Write = Callable[[str | bytes], Path]


def test_counts_add_up_and_each_refused_row_is_told(run: Run, owned: Path, opened: Open, file: Path) -> None:
    rows = rows_of(file)
    good = [row for row in rows if len(row["title"].strip()) <= 200]
    assert 0 < len(good) < len(rows)
    result = run("import", owned, file, "--owner", OWNER)
    assert result.exit_code == 1
    refused = len(rows) - len(good)
    assert result.stdout == f"{len(rows)} rows: {len(good)} imported, {refused} rejected.\n"
    told = result.stderr.splitlines()
    assert len(told) == refused
    lines = file.read_text(encoding="utf-8").splitlines()
    for line in told:
        number = int(line.split()[1].rstrip(":"))
        assert len(lines[number - 1]) > 200
        assert line.endswith("title: String should have at most 200 characters")

    statuses = Counter(row["status"] for row in good)
    stats = opened().summary().stats
    assert stats.total == len(good)
    assert {name: getattr(stats, name) for name in statuses} == statuses


def test_every_row_is_kept_when_titles_are_truncated(run: Run, owned: Path, opened: Open, file: Path) -> None:
    rows = rows_of(file)
    long = [row["title"].strip() for row in rows if len(row["title"].strip()) > 200]
    result = run("import", owned, file, "--owner", OWNER, "--truncate-titles")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        result.stdout == f"{len(rows)} rows: {len(rows)} imported ({len(long)} with a shortened title), 0 rejected.\n"
    )

    there = opened()
    summary = there.summary()
    assert Counter(row["status"] for row in rows) == {
        name: count for name in ("pending", "in_progress", "completed") if (count := getattr(summary.stats, name))
    }
    assert summary.median_completion_seconds is None
    tasks = there.tasks()
    expected = Counter((row["created_at"], row["status"], row["title"].strip()) for row in rows)
    assert expected == Counter(
        (
            task.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            task.status,
            (task.description or "").split("\n\n")[0] if task.title.endswith("…") else task.title,
        )
        for task in tasks
    )
    assert all(task.completed_at is None and task.updated_at == task.created_at for task in tasks)
    cut = [task for task in tasks if task.title.endswith("…")]
    assert len(cut) == len(long)
    assert all((task.description or "").startswith(task.title[:-1].rstrip()) for task in cut)


def test_every_column_is_taken(run: Run, owned: Path, opened: Open, write: Write) -> None:
    file = write(
        "\ufeffTags,title,description,status,created_at,priority,due_at,completed_at\r\n"
        '"b, a,b",Ünïcode 🎈,"two\r\nlines",completed,2026-01-05T12:00:00+02:00,high,2026-02-01T00:00:00Z,'
        "2026-01-06T10:00:00.5Z\r\n"
        "\r\n"
        ",Plain,,,,,,\r\n"
    )
    result = run("import", owned, file, "--owner", OWNER.upper())
    assert (result.exit_code, result.stdout) == (0, "2 rows: 2 imported, 0 rejected.\n")
    full, plain = opened().tasks()
    assert (full.title, full.description, full.tags, full.priority) == ("Ünïcode 🎈", "two\nlines", ("a", "b"), "high")
    assert full.created_at.isoformat() == "2026-01-05T10:00:00+00:00"
    assert full.completed_at is not None
    assert full.completed_at.isoformat() == "2026-01-06T10:00:00.500000+00:00"
    assert (plain.status, plain.priority, plain.due_at, plain.tags) == ("pending", "normal", None, ())


def test_a_refused_row_stops_no_other_and_is_told_by_the_line_it_begins_on(
    run: Run, owned: Path, opened: Open, write: Write
) -> None:
    bad = {
        5: (" ,,pending,", "title: String should have at least 1 character"),
        6: ("x,,done,", "status: Input should be 'pending', 'in_progress' or 'completed'"),
        7: ("x,,pending,yesterday", "created_at: Input should be a time with its zone, such as 2026-11-30T12:00:00Z"),
        8: ("x,,pending,2026", "created_at: Input should be a time with its zone, such as 2026-11-30T12:00:00Z"),
        9: ("x,\x1b,pending,", "description: Control characters are not allowed"),
        10: ("x,,pending", "the row has 3 cells, but the header has 4"),
        11: (f"x,{'d' * 10_001},pending,", "description: String should have at most 10000 characters"),
    }
    text = "\n".join([HEADER, 'first,"of\nthree\nlines",pending,', *(row for row, _ in bad.values()), "last,,pending,"])
    result = run("import", owned, write(text), "--owner", OWNER)
    assert (result.exit_code, result.stdout) == (1, f"9 rows: 2 imported, {len(bad)} rejected.\n")
    assert result.stderr.splitlines() == [f"line {number}: {why}" for number, (_, why) in bad.items()]
    assert sorted(task.title for task in opened().tasks()) == ["first", "last"]


def test_a_task_is_completed_in_order(run: Run, owned: Path, write: Write) -> None:
    rows = (
        "a,,pending,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z\nb,,completed,2026-01-02T00:00:00Z,2026-01-01T00:00:00Z\n"
    )
    result = run("import", owned, write(f"{HEADER},completed_at\n{rows}"), "--owner", OWNER)
    assert result.stdout == "2 rows: 0 imported, 2 rejected.\n"
    assert "the status is not completed" in result.stderr
    assert "completed_at is before created_at" in result.stderr


MANY = f"{HEADER}\n" + "good,,pending,\n" * 5000  # more than one batch


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is empty"),
        ("title,status\nx,pending\n", "missing columns in the header: 'description', 'created_at'."),
        (f"{HEADER},owner,Colour\n", "unknown columns in the header: 'owner', 'colour'."),
        (f"{HEADER},title\n", "repeated columns in the header: 'title'."),
        ("x,y,pending,2026-01-01T00:00:00Z\n", "unknown columns in the header"),
        (MANY.encode() + b"caf\xe9,,pending,\n", "it is not valid UTF-8, at or soon after line"),
        (MANY.encode("utf-16"), "it is not valid UTF-8"),
        (MANY + "a\0b,,pending,\n", "line 5002 contains a NUL"),
        (MANY + 'x,"never closed,pending,\n', "the record that begins on line 5002 is not valid CSV"),
        (MANY + 'x,"closed"too soon,pending,\n', "the record that begins on line 5002 is not valid CSV"),
        (MANY + "x" * 2_000_000, "line 5002 is too long"),
        (MANY + "x" * 200_000 + ",,,\n", "the record that begins on line 5002 is not valid CSV"),
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_as_a_whole(
    run: Run, owned: Path, opened: Open, write: Write, content: str | bytes, why: str
) -> None:
    file = write(content)
    result = run("import", owned, file, "--owner", OWNER)
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: {file}: {why}")
    assert line.endswith("Nothing was imported.")
    there = opened()
    assert there.tasks() == []
    assert there.user().tasks_version == 0


def test_a_file_that_cannot_be_read_is_told(run: Run, owned: Path, tmp_path: Path) -> None:
    for path, why in ((tmp_path / "absent.csv", "No such file or directory"), (tmp_path, "Is a directory")):
        result = run("import", owned, path, "--owner", OWNER)
        assert (result.exit_code, result.stderr) == (1, f"Error: Cannot read {path}: {why}\n")


def test_a_file_may_come_through_a_pipe(owned: Path, opened: Open) -> None:
    text = f"{HEADER}\ngood,,pending,\n"
    result = shell("intermediate", "import", owned, "/dev/stdin", "--owner", OWNER, stdin=text)
    assert (result.returncode, result.stdout, result.stderr) == (0, "1 row: 1 imported, 0 rejected.\n", "")
    assert len(opened().tasks()) == 1


def test_a_run_that_is_killed_has_imported_nothing(owned: Path, opened: Open, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    script = Path(sys.executable).parent / "intermediate"
    command = [str(script), "import", str(owned), str(pipe), "--owner", OWNER]
    with subprocess.Popen(command) as process, pipe.open("w") as writer:
        writer.write(MANY + MANY.removeprefix(HEADER) * 3)  # returns when all but the content of the pipe was read
        process.kill()
        process.wait()
    there = opened()
    assert there.tasks() == []
    assert there.user().tasks_version == 0


def test_an_unknown_owner_is_told(run: Run, owned: Path) -> None:
    result = run("import", owned, SAMPLE, "--owner", "nobody@example.com")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nobody@example.com has no account" in result.stderr
