"""Run a combination in separate processes, or in a thread of this one."""

import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from argon2 import PasswordHasher
from pyramid.router import Router
from redis import Redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from waitress.server import create_server

import intermediate
from intermediate import accounts
from intermediate.engines import make_engine
from intermediate.plugins.cache.redis import PREFIX
from tests.differential.combinations import OWN_NAME, Combination
from tests.differential.comparing import differences
from tests.differential.design import own_ways
from tests.differential.normalizing import Normalizer
from tests.differential.recording import Entry, Recorder
from tests.differential.scenario import ADMIN, PASSWORD, PASSWORD_PARTS, passwords, play
from tests.serving import BIN, QUIET, ROOT, Served, threaded

EX_CONFIG = 78
# Fast hashing, because the script has many logins. A long TTL, so that no cache entry expires during a run.
OF_ALL = {"auth.local.time_cost": "1", "auth.local.memory_kib": "4096", "cache.ttl_seconds": "3600"}


def make_admin(engine: Engine) -> None:
    """Create the administrator's account, which is not possible over HTTP. Its date is before any run."""
    hashed = PasswordHasher(1, 4096, parallelism=1).hash(PASSWORD)
    with Session(engine) as session, session.begin():
        accounts.create(session, ADMIN, hashed, "admin").created_at = datetime(2026, 1, 1, tzinfo=UTC)


def forget_the_admin(url: str) -> None:
    """Delete the administrator's cache entries of previous runs from Redis: the keys are the same in every run."""
    with Redis.from_url(url) as client:
        for key in client.scan_iter(f"{PREFIX}tasks:1:*"):
            client.delete(key)


def write_ini(path: Path, lines: Mapping[str, str]) -> None:
    """Set settings in the INI file `path`. Nothing else is changed to swap a backend."""
    kept = [line for line in path.read_text().split("\n") if line.partition(" = ")[0] not in lines]
    at = kept.index("[app:main]") + 1
    kept[at:at] = [f"{key} = {value.replace('%', '%%')}" for key, value in lines.items()]
    path.write_text("\n".join(kept))


class ServedCombination(Served):
    """A server process with the INI of a combination, and a worker process if its jobs need one."""

    def __init__(
        self, folder: Path, combination: Combination, urls: Mapping[str, str], *, server: str | None = None
    ) -> None:
        super().__init__(folder, server=server)
        del self.environ["INTERMEDIATE_DATABASE_URL"]
        values = {**urls, OWN_NAME: f"test-{secrets.token_hex(6)}"}
        filled = {key: value.format_map(values) for key, value in combination.ini.items()}
        lines = {"database.url": f"sqlite:///{self.database}", **OF_ALL, **filled}
        write_ini(self.ini, lines)
        self.settings = lines
        self.database_url = lines["database.url"]
        self._combination = combination
        self.worker: subprocess.Popen[bytes] | None = None

    def start(self) -> "ServedCombination":
        if redis := self.settings.get("cache.redis.url"):
            forget_the_admin(redis)
        super().start()
        engine = make_engine(self.database_url)
        make_admin(engine)
        engine.dispose()
        if self._combination.worker:
            with self.log.open("ab") as log:
                words = [str(BIN / "intermediate-worker"), str(self.ini)]
                self.worker = subprocess.Popen(words, env=self.environ, stdout=log, stderr=subprocess.STDOUT)
        return self

    def stop(self) -> None:
        if self.worker and self.worker.poll() is None:
            self.worker.terminate()
            self.worker.wait(30)
        super().stop()


class Recording:
    """The transcript of a combination, and the time of the run."""

    def __init__(self, combination: Combination, address: str) -> None:
        self.combination = combination
        self.begun = datetime.now(UTC)
        recorder = Recorder(address)
        try:
            play(recorder, combination)
        finally:
            recorder.close()
        self.entries = recorder.transcript
        self.ended = datetime.now(UTC)
        self._normal: dict[tuple[str, ...], list[Entry]] = {}

    def compared_with(self, other: "Recording") -> list[str]:
        """Return a readable diff for each response that differs from another recording."""
        return differences(other.normal(self.combination), self.normal(other.combination))

    def normal(self, beside: Combination) -> list[Entry]:
        """Return the normalized entries for a comparison with another combination; see `Normalizer`. Cached."""
        left_out = set() if passwords(self.combination) == passwords(beside) else PASSWORD_PARTS
        ways = own_ways(self.combination, beside)
        if ways not in self._normal:
            normalizer = Normalizer(self.begun, self.ended, ways)
            self._normal[ways] = [normalizer.entry(entry) for entry in self.entries if entry.part not in left_out]
        return self._normal[ways]


def record(combination: Combination, folder: Path, urls: Mapping[str, str]) -> Recording:
    """Serve a combination in separate processes, and record it."""
    served = ServedCombination(folder, combination, urls)
    served.include("tests.patient.all_is_well")
    try:
        return Recording(combination, served.start().address)
    finally:
        served.stop()


@contextmanager
def in_thread(combination: Combination, folder: Path) -> Iterator[tuple[str, Router]]:
    """Serve a combination that needs no service, and yield its address and the application."""
    ini = {"database.url": f"sqlite:///{folder}/thread.sqlite", "database.migrate": "true", **OF_ALL, **combination.ini}
    app = intermediate.main({"here": str(folder)}, **ini, **{"session.secure_cookie": "false"})
    make_admin(app.registry.engine)
    server = create_server(app, host="127.0.0.1", port=0, ident=None, max_request_body_size=1114112)
    with threaded(server) as port:
        yield f"http://localhost:{port}", app
    intermediate.close(app)


def refusal(combination: Combination, folder: Path, program: str) -> str:
    """Return the error output of a program that refuses to start with a combination."""
    served = ServedCombination(folder, combination, {})
    words = [str(BIN / program), str(served.ini)]
    ended = subprocess.run(
        words, env={**served.environ, **QUIET}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == EX_CONFIG, ended.stderr
    return ended.stderr
