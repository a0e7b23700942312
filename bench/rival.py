"""Compare the API with a plain implementation of the same paths in FastAPI, SQLModel, asyncpg and redis.asyncio.

Ours is served by gunicorn and the rival by uvicorn, each with one process on one core. Postgres, Redis and the clients
share the other core. The requests alternate between both, over keep-alive connections. Before the measurement, both
must return the same bodies. For comparison, two bare Pyramid views are measured: one only returns the bytes of the
page, the other also queries the database for the user and Redis for the page, which is the upper limit for a cached
page. BENCH_SECONDS sets the length of a round (3 s), BENCH_ROUNDS the rounds (5).

Requires two idle cores, Postgres and Redis as the tests find them (`tests/services`), and the network once, to install
the packages of the rival into `.bench/rival`.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from cached_list import BARE, BARE_VIEW, BIN, INI, PATH, TASK, served, sign_in_and_add
from common import folder, number

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services import free_port, postgres, redis

RIVAL = Path(__file__).with_name("fastapi_rival")
ENVIRONMENT = Path(__file__).parents[1] / ".bench" / "rival"
SECRET = "a-key-for-the-tokens-of-this-benchmark-only"
CLIENTS = 8
SERVER = "[server:main]\nuse = egg:intermediate#gunicorn\nworkers = 1\nthreads = 8\n"
LEAST = ("headers", "identity", "cache")
WANTED = {"cached list": 4.0, "uncached list": 2.5, "create": 2.0}


def rivals_python() -> Path:
    """Return the interpreter of an environment with exactly the packages of the lock file. It is created once."""
    python, lock = ENVIRONMENT / "bin" / "python", RIVAL / "requirements.txt"
    if not (ENVIRONMENT / lock.name).is_file() or (ENVIRONMENT / lock.name).read_text() != lock.read_text():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        if subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", lock], check=False).returncode:
            raise SystemExit(f"The rival's packages, which {lock} names, cannot be installed.")
        (ENVIRONMENT / lock.name).write_text(lock.read_text())
    return python


class Client:
    """A keep-alive connection that repeats the same request."""

    def __init__(self, port: int, method: str, token: str, body: bytes = b"") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        head = f"{method} {PATH} HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer {token}\r\n"
        sized = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        self._request = f"{head}{sized}\r\n".encode() + body

    def ask(self) -> bytes:
        """Send the request and return the body of the response."""
        self._socket.sendall(self._request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        assert head[9:12] in (b"200", b"201"), received
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._more()
        return body

    def _more(self) -> bytes:
        more = self._socket.recv(65536)
        assert more, "the server closed the connection"
        return more

    def close(self) -> None:
        self._socket.close()


def rate(port: int, method: str, token: str, body: bytes, seconds: float) -> float:
    """Return the responses per second over CLIENTS concurrent connections."""
    counts = [0] * CLIENTS
    end = time.perf_counter() + seconds

    def work(index: int) -> None:
        with closing(Client(port, method, token, body)) as client:
            while time.perf_counter() < end:
                client.ask()
                counts[index] += 1

    threads = [threading.Thread(target=work, args=[index]) for index in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """Run processes that are started in the block on this core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {number})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def rival(python: Path, where: Path, **environ: str) -> Iterator[int]:
    """Serve the FastAPI application by uvicorn with one process, and yield its port."""
    port = free_port()
    words = [python, "-m", "uvicorn", "app:app", "--loop", "uvloop", "--http", "httptools", "--port", port]
    with (where / "rival.log").open("ab") as log, on_core(0):
        process = subprocess.Popen([*map(str, words)], cwd=RIVAL, env={**os.environ, **environ}, stdout=log, stderr=log)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, (where / "rival.log").read_text()[-2000:]
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def pyramid(log: Path, *command: object) -> Iterator[int]:
    """Run a command that serves an application, and yield its port."""
    with ExitStack() as stack:
        with on_core(0):
            server = stack.enter_context(served(log, *command))
        yield server.port


def same_bodies(first: int, second: int, token: str) -> bytes:
    """Assert that all fields of the rival's responses are the same in ours, and return our page."""
    mine, theirs = (Client(port, "GET", token).ask() for port in (first, second))
    page, other = json.loads(mine), json.loads(theirs)
    assert {name: page[name] for name in other} == other, (mine, theirs)
    made, also = (Client(port, "POST", token, json.dumps(TASK).encode()).ask() for port in (first, second))
    own = {"id", "created_at", "updated_at"}
    made, also = ({k: v for k, v in json.loads(body).items() if k not in own} for body in (made, also))
    assert made == also, (made, also)
    return mine


def compare(name: str, method: str, token: str, body: bytes, pair: tuple[int, int]) -> str:
    """Return a line of the result: both rates, and the median of their ratios over the rounds."""
    seconds, rounds = float(os.environ.get("BENCH_SECONDS", "3")), number("BENCH_ROUNDS", 5)
    for port in pair:
        rate(port, method, token, body, 0.5)
    turns = [[rate(port, method, token, body, seconds) for port in pair] for _ in range(rounds)]
    mine, theirs = (statistics.median(turn[side] for turn in turns) for side in (0, 1))
    ratio = statistics.median(turn[0] / turn[1] for turn in turns)
    wanted = WANTED.get(name)
    verdict = f"{wanted:.1f}    {'yes' if ratio >= wanted else 'no'}" if wanted else "the most that a list could reach"
    return f"  {name:<18}{mine:>9,.0f}{theirs:>9,.0f}{ratio:>8.2f}   {verdict}"


def main() -> None:
    if len(cores := sorted(os.sched_getaffinity(0))) < 2:
        raise SystemExit("This needs two cores: one for the servers, one for what they ask and who asks them.")
    python = rivals_python()
    os.sched_setaffinity(0, {cores[1]})
    with folder() as where, ExitStack() as stack:
        where.chmod(0o755)
        database = stack.enter_context(postgres.fresh(stack.enter_context(postgres.serve())))
        queue = stack.enter_context(redis.serve())
        os.environ |= {
            "INTERMEDIATE_DATABASE_URL": database,
            "INTERMEDIATE_REDIS_URL": queue,
            "INTERMEDIATE_JWT_SECRET_KEY": SECRET,
            "DATABASE_URL": database.replace("postgresql://", "postgresql+asyncpg://"),
            "REDIS_URL": queue,
            "JWT_SECRET": SECRET,
        }
        ini = where / "rival.ini"
        ini.write_text(INI.read_text().partition("[server:main]")[0] + SERVER)
        ports = {}
        for kind, cache, switch in (("cached", "redis", "on"), ("uncached", "null", "off")):
            os.environ |= {"INTERMEDIATE_CACHE_BACKEND": cache, "CACHE": switch}
            mine = pyramid(where / f"{kind}.log", BIN / "intermediate-app", ini, "--port", 0)
            ports[kind] = (stack.enter_context(mine), stack.enter_context(rival(python, where)))
        server = http.client.HTTPConnection("127.0.0.1", ports["cached"][0], timeout=30)
        token = sign_in_and_add(server)["Authorization"].removeprefix("Bearer ")
        page = same_bodies(*ports["cached"], token)
        same_bodies(*ports["uncached"], token)
        file, body = where / "body.json", json.dumps(TASK).encode()
        file.write_bytes(page)
        bare = stack.enter_context(pyramid(where / "bare.log", sys.executable, BARE, INI, file))
        least = (sys.executable, BARE, INI, file, database, *LEAST)
        owed = stack.enter_context(pyramid(where / "least.log", *least))
        cases = {
            "cached list": ("GET", b"", ports["cached"]),
            BARE_VIEW: ("GET", b"", (bare, ports["cached"][1])),
            "and two questions": ("GET", b"", (owed, ports["cached"][1])),
            "uncached list": ("GET", b"", ports["uncached"]),
            "create": ("POST", body, ports["cached"]),
        }
        print(f"\n{PATH}, a page of {len(page):,} bytes, {CLIENTS} connections; requests/s")
        print(f"  {'':<18}{'ours':>9}{'FastAPI':>9}{'ratio':>8}   wanted")
        for name, (method, sent, pair) in cases.items():
            print(compare(name, method, token, sent, pair), flush=True)


if __name__ == "__main__":
    main()
