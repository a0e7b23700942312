"""A complete production installation, with a separate server for each service, one of which is made unavailable."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.differential.combinations import MONGO, POSTGRES, REDIS, RQ, Combination
from tests.differential.running import ServedCombination
from tests.faults.clients import Client, Clients
from tests.faults.degradation import TO_DO, WAITS, WHEN_BACK, WORKS, signs
from tests.functional.test_reports import REPORT
from tests.services import mongo, or_skip, postgres, redis
from tests.serving import wait_until

SERVERS = {"cache": redis, "queue": redis, "analytics": mongo, "database": postgres}
COMBINATION = Combination(
    "each service for itself",
    {**POSTGRES, **REDIS, **RQ, **MONGO, "cache.redis.url": "{cache}", "jobs.rq.url": "{queue}"}
    | {"api.rate_limits": "true", "api.job_requests": "off", "jobs.poll_seconds": "0.2"}
    | {"cache.redis.timeout_seconds": "1"},
    worker=True,
)
MADE, MIRRORED = "reports asked for before", "analytics"
ENOUGH = 4  # responses of each client during the outage
PATIENCE = 3  # seconds, the timeout for responses of Redis: a machine that stalls is not an outage
LONG_ENOUGH = 3.0  # seconds, so that open circuit breakers retry in the meantime
SOON = 30.0


@dataclass
class Outage:
    """The responses before, during and after an outage of a service, which lasts from `began` to `ended`."""

    clients: dict[str, Client]
    began: float = 0.0
    ended: float = 0.0
    words: dict[str, str] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    log_begins: int = 0

    def while_away(self, column: str) -> set[str]:
        if column in self.words:
            return {self.words[column]}
        return {seen.word for seen in self.clients[column].since(self.began) if seen.ended < self.ended}

    def at_its_edges(self, column: str) -> set[str]:
        return {seen.word for seen in self.clients[column].seen if seen.began <= self.began or seen.ended >= self.ended}

    def all_are_back(self) -> bool:
        """Return whether the last responses of all clients are normal again; `back` gets the columns of those."""
        last = {column: client.since(self.ended)[-ENOUGH:] for column, client in self.clients.items()}
        self.back = {column for column, seen in last.items() if [one.word for one in seen] == [WORKS] * ENOUGH}
        return len(self.back) == len(self.clients)

    def enough(self) -> bool:
        return all(len(client.since(self.began)) >= ENOUGH for client in self.clients.values())


class House:
    """The installation and its clients."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.services: dict[str, Any] = {
            name: stack.enter_context(or_skip(module.own_server())) for name, module in SERVERS.items()
        }
        for name in ("cache", "queue"):
            self.services[name].patience = PATIENCE
        self._mongo = self.services["analytics"].url()
        urls = {name: self.services[name].url for name in ("cache", "queue")}
        urls |= {"postgres": self.services["database"].url, "mongo": self._mongo}
        self.served = ServedCombination(folder, COMBINATION, urls, server="gunicorn")
        self.served.include("tests.patient.checks")
        del self.served.environ["INTERMEDIATE_API_RATE_LIMITS"]
        stack.callback(self.served.stop)
        self.served.start()
        self.clients = Clients(self.served.address, self.served.database_url)

    def lose(self, service: str, how: str, cells: Mapping[str, str], notes: Mapping[str, str]) -> Outage:
        """Make a service unavailable for some seconds while all clients send requests, and restore it.

        `cells` are the expected results, which decide what to wait for. `notes` name the log events to wait for, during
        the outage and afterwards.
        """
        worker, witness = self.served.worker, self.clients.witness
        assert worker
        outage, over = Outage(self.clients.of_each_column()), threading.Event()
        outage.log_begins = self.served.log.stat().st_size
        worker.send_signal(signal.SIGSTOP)  # until the service is unavailable
        job = witness.post_json(REPORT, {"owner_id": witness.user_id}, status=202).json["id"]
        done = {MADE: lambda: self.is_made(job), MIRRORED: lambda: self.is_mirrored(job)}
        with ThreadPoolExecutor(len(outage.clients)) as threads:
            running = [threads.submit(client.insist, over) for client in outage.clients.values()]
            try:
                wait_until(outage.enough, 60)
                with self._away(service, how):
                    outage.began = time.monotonic()
                    worker.send_signal(signal.SIGCONT)
                    wait_until(lambda: outage.enough() and time.monotonic() > outage.began + LONG_ENOUGH, 60)
                    for column, is_done in done.items():
                        outage.words[column] = WORKS if by(is_done, SOON if cells[column] == WORKS else 0) else WAITS
                    by(lambda: not self.unlogged(outage, notes[TO_DO]), SOON)
                    outage.ended = time.monotonic()
                by(lambda: outage.all_are_back() and not self.unlogged(outage, notes[WHEN_BACK]), SOON)
            finally:
                over.set()
                worker.send_signal(signal.SIGCONT)
        for each in running:
            each.result()
        lost = {column: "lost" for column, is_done in done.items() if not by(is_done, SOON)}
        outage.words |= lost
        return outage

    def unlogged(self, outage: Outage, note: str) -> list[str]:
        """Return the log events of a note that have not been logged since the outage began."""
        log = self.served.log.read_bytes()[outage.log_begins :].decode()
        return [word for word in signs(note) if f'"{word}"' not in log]

    def is_made(self, job: int) -> bool:
        answer = self.clients.witness.get(f"/api/jobs/{job}", status="*")
        return answer.status_int == 200 and answer.json["status"] == "finished"

    def is_mirrored(self, job: int) -> bool:
        """Return whether the sink contains the report of this job."""
        owner = {"owner_id": self.clients.witness.user_id}
        try:
            with MongoClient[dict[str, Any]](self._mongo, serverSelectionTimeoutMS=500, timeoutMS=1000) as client:
                found = client.get_default_database()["task_reports"].find_one(owner)
        except PyMongoError:
            return False
        return found is not None and found["seq"] == job

    @contextmanager
    def _away(self, service: str, how: str) -> Iterator[None]:
        server = self.services[service]
        {"SIGKILL": server.kill, "SIGSTOP": server.freeze}[how]()
        try:
            yield
        finally:
            {"SIGKILL": server.start, "SIGSTOP": server.thaw}[how]()


def by(is_done: Callable[[], bool], seconds: float) -> bool:
    """Wait up to `seconds` for a condition, and return whether it became true."""
    deadline = time.monotonic() + seconds
    while not (done := is_done()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return done
