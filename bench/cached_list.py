"""Compare `GET /api/tasks` from the cache with a bare Pyramid view that returns the same bytes.

Each is served by waitress, configured by development.ini, in a separate process. The requests alternate between them,
over one keep-alive connection each. Ours writes its log, two lines per request, to a file. The bare view is also
measured with parts added one by one that each of our responses needs. The difference between the last of these and ours
is the remaining room for optimization. BENCH_REQUESTS sets the requests per round (300), BENCH_ROUNDS the rounds (7).
"""

import http.client
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from common import database, folder, number

BIN = Path(sys.executable).parent
BARE = Path(__file__).with_name("bare.py")
INI = Path(__file__).parents[1] / "development.ini"
BARE_VIEW = "bare view"
PARTS = ["headers", "log", "identity", "transaction"]
PATH = "/api/tasks"
ACCOUNT = {"email": "bench@example.com", "password": "correct horse battery"}
TASK = {"title": "A task with a title of the usual length", "description": "Two\nlines of text", "tags": ["one", "two"]}


@contextmanager
def served(log: Path, *command: object) -> Iterator[http.client.HTTPConnection]:
    """Start a server that logs its address to a file, yield a connection to it, and stop it at the end."""
    with log.open("w") as file, subprocess.Popen([*map(str, command)], stderr=file) as server:
        try:
            yield http.client.HTTPConnection("127.0.0.1", port_of(server, log), timeout=30)
        finally:
            server.terminate()


def port_of(server: subprocess.Popen[bytes], log: Path) -> int:
    while server.poll() is None:
        if found := re.search(r'Serving on http://127\.0\.0\.1:(\d+)["\n]', log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise SystemExit(f"The server did not start:\n{log.read_text()}")


def send(server: http.client.HTTPConnection, method: str, path: str, kind: str, body: str, token: str = "") -> bytes:
    server.request(method, path, body, {"Content-Type": kind, "Authorization": f"Bearer {token}"})
    answer = server.getresponse()
    content = answer.read()
    assert answer.status < 300, content
    return content


def sign_in_and_add(server: http.client.HTTPConnection) -> dict[str, str]:
    """Create an account with a few pages of tasks, and return headers with its token."""
    send(server, "POST", "/api/auth/register", "application/json", json.dumps(ACCOUNT))
    form = urlencode({"username": ACCOUNT["email"], "password": ACCOUNT["password"]})
    answer = send(server, "POST", "/api/auth/login", "application/x-www-form-urlencoded", form)
    token = json.loads(answer)["access_token"]
    for _ in range(60):
        send(server, "POST", PATH, "application/json", json.dumps(TASK), token)
    return {"Authorization": f"Bearer {token}"}


def get(server: http.client.HTTPConnection, headers: dict[str, str]) -> tuple[bytes, str]:
    server.request("GET", PATH, headers=headers)
    answer = server.getresponse()
    return answer.read(), answer.headers.get("X-Cache", "")


def rate(server: http.client.HTTPConnection, headers: dict[str, str], requests: int) -> float:
    began = time.perf_counter()
    for _ in range(requests):
        get(server, headers)
    return requests / (time.perf_counter() - began)


def main() -> None:
    requests, rounds = number("BENCH_REQUESTS", 300), number("BENCH_ROUNDS", 7)
    with folder() as where, ExitStack() as stack:
        ini, file = where / "bench.ini", where / "body.json"
        ini.write_text(INI.read_text())
        ours = stack.enter_context(served(where / "ours.log", BIN / "intermediate-app", ini, "--port", 0))
        headers = sign_in_and_add(ours)
        get(ours, headers)
        body, verdict = get(ours, headers)
        assert verdict == "hit"
        file.write_bytes(body)
        servers = {"from the cache": ours}
        for count in range(len(PARTS) + 1):
            command = (sys.executable, BARE, ini, file, database(where / str(count)), *PARTS[:count])
            name = f"and {PARTS[count - 1]}" if count else BARE_VIEW
            servers[name] = stack.enter_context(served(where / f"bare{count}.log", *command))
            assert get(servers[name], headers)[0] == body
        for server in servers.values():
            rate(server, headers, 100)
        rates = [{name: rate(server, headers, requests) for name, server in servers.items()} for _ in range(rounds)]
    print(f"\nGET {PATH}, {len(body):,} bytes; of the bare view's requests/s (wanted from the cache: at least 0.4)")
    for name in servers:
        median = statistics.median(turn[name] for turn in rates)
        ratio = statistics.median(turn[name] / turn[BARE_VIEW] for turn in rates)
        print(f"  {name:<34} {median:,.0f} requests/s  {ratio:.2f}")


if __name__ == "__main__":
    main()
