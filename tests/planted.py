"""Search logs for the secrets that the tests use.

After each test its captured output is searched, and at the end of each worker's run the log files of the servers that
it started. A secret fails the run, with the line that contains it. Request ids, hashes and e-mails are not secrets.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

WORDS = (
    "correct horse battery",
    "staple wrong donkey",
    "a planted password",
    "key-for-development-only",
    "canary-in-a-secret",
    "0123456789abcdef" * 4,
    *(letter * 64 for letter in "kos"),
)
"""Passwords of accounts and databases, and keys."""
SHAPES = (
    r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{20,}",  # an access or refresh token
    r"imt_[\w-]{43}",  # a named token
    r"session=[\w-]{60,}",  # the site's cookie
    r"token=[\w-]{40,}",  # a reset link, or a form's CSRF token
    r"\$argon2id\$",
    r"\b\w+://[^\s/:@]*:(?!\*\*\*@)[^\s/@]+@",  # an address with a password
    # A session id: a word of exactly this length with upper and lower case letters and digits.
    r"(?<![\w./-])(?=[\w-]{0,42}[A-Z])(?=[\w-]{0,42}[a-z])(?=[\w-]{0,42}\d)[\w-]{43}(?![\w-])",
)
SECRET = re.compile("|".join([*(re.escape(word).replace(r"\ ", r"(?:\ |\+|%20)") for word in WORDS), *SHAPES]))


def found_in(text: str, where: str) -> Iterator[str]:
    """Yield a message for each line with a secret, with its location."""
    if SECRET.search(text):
        for number, line in enumerate(text.splitlines(), 1):
            if secret := SECRET.search(line):
                yield f"{where}:{number}: {secret[0][:24]}… in {line[:1000]}"


def in_logs(folder: Path) -> list[str]:
    """Return the messages for all logs below a folder."""
    logs = sorted([*folder.rglob("*.log"), *folder.rglob("log")])
    return [one for path in logs for one in found_in(path.read_text(errors="replace"), str(path))]


def look(folder: Path) -> None:
    """Fail if any log below a folder contains a secret."""
    if found := in_logs(folder):
        pytest.fail("\n".join(["A secret was logged.", *found]), pytrace=False)
