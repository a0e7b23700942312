"""A MongoDB-compatible server: TEST_MONGO_URL, `mongod` on the PATH, or the FerretDB of `make services`."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pymongo import MongoClient

from tests.services import Absent, ServiceProcess, running

BUILT = Path(__file__).parents[2] / ".services"
FERRETDB = BUILT / "ferretdb"
HOW_TO_GET_IT = (
    "No MongoDB is here. Name one in TEST_MONGO_URL, put `mongod` on the PATH, or run `make services`, which needs Go."
)


class Server(ServiceProcess):
    """A server that keeps its data when it is restarted."""

    def __init__(self, folder: Path, command: str) -> None:
        super().__init__(folder)
        self._command = command

    def url(self) -> str:
        """Return the URL of a new, empty database."""
        return f"mongodb://127.0.0.1:{self.port}/{new_name()}"

    def words(self) -> list[str]:
        if Path(self._command) == FERRETDB:
            return [self._command, f"127.0.0.1:{self.port}", str(self.folder)]
        return [self._command, "--bind_ip", "127.0.0.1", "--port", str(self.port), "--dbpath", str(self.folder)]


@contextmanager
def own_server() -> Iterator[Server]:
    """Start a server for a test that may damage it."""
    command = shutil.which("mongod") or (str(FERRETDB) if FERRETDB.is_file() else None)
    if command is None:
        raise Absent(HOW_TO_GET_IT)
    with running(lambda folder: Server(folder, command)) as server:
        yield server


@contextmanager
def serve() -> Iterator[str]:
    """Yield the URL of a database that only this test run uses."""
    given = os.environ.get("TEST_MONGO_URL")
    if not given:
        with own_server() as server:
            yield server.url()
        return
    name = new_name()
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        with MongoClient[dict[str, object]](given) as client:
            client.drop_database(name)


@contextmanager
def tools() -> Iterator[str]:
    """Yield a PATH with MongoDB's tools: the installed ones, otherwise those of `make services`."""
    path = f"{os.environ['PATH']}:{BUILT}"
    if not shutil.which("mongodump", path=path):
        raise Absent("No mongodump is here. Put MongoDB's tools on the PATH, or run `make services`, which needs Go.")
    yield path


def new_name() -> str:
    return f"test_{secrets.token_hex(6)}"
