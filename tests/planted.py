"""Secrets that the tests use, and where none of them may be: in what anything logs.

The end of every test looks at what the test captured, and the end of each worker's run at the files of the servers that
it has started. What is found fails the run, and names the line. Request ids, hashes and e-mails are no secrets.
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
"""Passwords of accounts and of databases, and keys."""
SHAPES = (
    r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{20,}",  # an access or refresh token
    r"imt_[\w-]{43}",  # a named token
    r"session=[\w-]{60,}",  # the site's cookie
    r"token=[\w-]{40,}",  # a reset link, or a form's CSRF token
    r"\$argon2id\$",
    r"\b\w+://[^\s/:@]*:(?!\*\*\*@)[^\s/@]+@",  # an address with a password
    # An id of a session: such a text of letters of both kinds and digits, and nothing else.
    r"(?<![\w./-])(?=[\w-]{0,42}[A-Z])(?=[\w-]{0,42}[a-z])(?=[\w-]{0,42}\d)[\w-]{43}(?![\w-])",
)
SECRET = re.compile("|".join([*(re.escape(word).replace(r"\ ", r"(?:\ |\+|%20)") for word in WORDS), *SHAPES]))


def found_in(text: str, where: str) -> Iterator[str]:
    """Each line with a secret, by its place."""
    if SECRET.search(text):
        for number, line in enumerate(text.splitlines(), 1):
            if secret := SECRET.search(line):
                yield f"{where}:{number}: {secret[0][:24]}… in {line[:1000]}"


def in_logs(folder: Path) -> list[str]:
    """Those in all logs below a folder."""
    logs = sorted([*folder.rglob("*.log"), *folder.rglob("log")])
    return [one for path in logs for one in found_in(path.read_text(errors="replace"), str(path))]


def look(folder: Path) -> None:
    """Fail if there are any."""
    if found := in_logs(folder):
        pytest.fail("\n".join(["A secret was logged.", *found]), pytrace=False)
