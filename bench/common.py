"""Helpers of the benchmarks: a database with one account, and the output of results."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyramid.router import Router
from sqlalchemy import insert

import intermediate
from intermediate import db, settings
from intermediate.models import User

OWNER = 1


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder on the disk for temporary files (TMPDIR)."""
    with tempfile.TemporaryDirectory(prefix="intermediate-bench-") as name:
        yield Path(name)


def database(where: Path) -> str:
    """Create a migrated database with the account OWNER, and return its URL."""
    where.mkdir(exist_ok=True)
    url = f"sqlite:///{where}/bench.sqlite"
    engine = db.make_engine(url)
    db.migrate(engine)
    with engine.begin() as connection:
        connection.execute(insert(User.__table__).values(id=OWNER, email="bench@example.com"))
    engine.dispose()
    return url


@contextmanager
def application(url: str) -> Iterator[Router]:
    """Yield the application with default settings."""
    values = {"database.url": url, "session.secure_cookie": "false"}
    app = intermediate.create_app(settings.load(values, {}))
    try:
        yield app
    finally:
        intermediate.close(app)


def number(name: str, default: int) -> int:
    """Return a size, which an environment variable can override."""
    return int(os.environ.get(name, default))


def show(title: str, **values: str) -> None:
    print(f"\n{title}")
    for name, value in values.items():
        print(f"  {name.replace('_', ' '):<34} {value}")
