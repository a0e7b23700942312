"""The search for secrets in the logs of a test run finds them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from intermediate.logins.reset_links import ResetLinks
from intermediate.logins.sessions import KeyRing
from intermediate.logins.tokens import TokenCodec
from intermediate.models import User
from tests import planted
from tests.serving import ROOT

KEYS = (b"x" * 32,)
SECRETS = {
    "password": "correct horse battery",
    "password in a form": "username=x&password=correct+horse+battery",
    "password in a query": "/x?password=staple%20wrong%20donkey",
    "signing key": "change-me-jwt-key-for-development-only",
    "access token": TokenCodec(KEYS, 60, 60).encode(1, "s" * 43, "access"),
    "named token": f"imt_{'aB3' * 14}x",
    "session cookie": f"session={KeyRing(KEYS, 'x').dumps([1, 2, {}]).decode()}",
    "session id": "('ZkVbGQ3RzXoRJ9w2yRrM4QTxkqOe0wDLmYl2dE7aU-4',)",
    "reset link": "/auth/reset?token=" + ResetLinks(KEYS, 60).make(User(id=1, password_hash="x"))[0],
    "password hash": "$argon2id$v=19$m=19456",
    "database": "postgresql://someone:something@127.0.0.1/name",
}
HARMLESS = (
    "/tmp/pytest-of-root/pytest-0/test_a_name_of_43_characters_is_no_secret_A1",
    "postgresql://postgres@127.0.0.1:5432/postgres and postgresql://someone:***@host/name",
    "0f3c2d0f3c2d0f3c2d0f3c2d0f3c2d0f",
    "/static/site.css?v=6f723fd80122e03e",
    "ann@example.com",
)


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_is_found_by_file_and_line(secret: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # deleted before the logs of this run are searched
        log = Path(folder, "inner", "served.log")
        log.parent.mkdir()
        log.write_text(f'{{"event": "request"}}\n{{"event": "{secret}"}}\n')
        [found] = planted.in_logs(Path(folder))
    assert found.startswith(f"{log}:2: ")


def test_what_is_no_secret_is_left_alone() -> None:
    assert [one for line in HARMLESS for one in planted.found_in(line, "here")] == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_fails_with_a_secret_in_a_log(tmp_path: Path, workers: str) -> None:
    """In the log of a test, and in that of a server."""
    (tmp_path / "conftest.py").write_text("from tests.conftest import *  # noqa: F403\n")
    (tmp_path / "test_it.py").write_text(
        "import logging\n\n"
        "def test_one():\n    logging.getLogger('x').warning('it is %s', 'correct horse battery')\n\n"
        "def test_two(tmp_path):\n    (tmp_path / 'served.log').write_text('\\nimt_' + 'aB3' * 14 + 'x')\n\n"
        "def test_three():\n    logging.getLogger('x').warning('nothing')\n"
    )
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", workers, f"--rootdir={tmp_path}"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environ["PYTHONPATH"] = str(ROOT)
    result = subprocess.run([*words, str(tmp_path)], env=environ, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "3 passed, 2 errors" in result.stdout
    assert "served.log:2: imt_aB3" in result.stdout
    assert "test_one: Captured log call:1: correct horse battery" in result.stdout
