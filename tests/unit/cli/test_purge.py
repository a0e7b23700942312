"""`intermediate purge`."""

from pathlib import Path

from tests.unit.cli.conftest import Run


def test_the_command_says_what_it_deleted(run: Run, owned: Path) -> None:
    done = run("purge", owned)
    assert (done.exit_code, done.output) == (0, "Purged 0 tasks, 0 stored responses, 0 jobs, 0 logins and 0 files.\n")
    assert run("purge", owned, "--trash-days", "0").exit_code == 0
    assert run("purge", owned, "--trash-days", "-1").exit_code == 2
