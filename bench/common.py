"""What the benchmarks share: a database of their own, with one account, and how a result is shown."""

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
    """A folder on the disk that temporary files are on (TMPDIR)."""
    with tempfile.TemporaryDirectory(prefix="intermediate-bench-") as name:
        yield Path(name)


def database(where: Path) -> str:
    """A migrated database with the account OWNER; its URL."""
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
    """The application as an INI file with nothing but defaults describes it."""
    values = {"database.url": url, "session.secure_cookie": "false"}
    app = intermediate.create_app(settings.load(values, {}))
    try:
        yield app
    finally:
        intermediate.close(app)


def number(name: str, default: int) -> int:
    """A size that an environment variable may change."""
    return int(os.environ.get(name, default))


def show(title: str, **values: str) -> None:
    print(f"\n{title}")
    for name, value in values.items():
        print(f"  {name.replace('_', ' '):<34} {value}")
