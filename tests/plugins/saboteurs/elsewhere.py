"""Correct backends with a client that may fail: before each call they connect to a port, if the options name one."""

import socket
from collections.abc import Callable
from threading import Event
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from intermediate.plugins.analytics.interface import AnalyticsError
from intermediate.plugins.analytics.sql import SqlAnalytics
from intermediate.plugins.auth.interface import AuthError
from intermediate.plugins.auth.local import LocalAuth, LocalAuthSettings
from intermediate.plugins.base import BackendError, Capability, Section
from intermediate.plugins.cache.interface import CacheError, Verdict
from intermediate.plugins.cache.memory import MemoryCache, MemoryCacheSettings
from intermediate.plugins.jobs.interface import JobsError, Reconcile, Run
from intermediate.plugins.jobs.local import LocalJobs
from intermediate.plugins.tasks.interface import TasksError, TaskStore
from intermediate.plugins.tasks.memory import MemoryTasks, MemoryTasksSettings

ANSWER_SECONDS = 0.15
UNREACHABLE = {"port": "{port}"}


class Elsewhere(Section):
    """The options of all these backends."""

    port: int = 0


def knock(port: int, error: type[BackendError]) -> None:
    """Connect to a port and wait for a response, which never comes. Does nothing if `port` is 0."""
    if port:
        try:
            with socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as connection:
                connection.recv(1)
        except OSError as reason:
            raise error(str(reason)) from reason


class AuthElsewhere(LocalAuth):
    Settings: ClassVar[Any] = Elsewhere
    capabilities: ClassVar = LocalAuth.capabilities | {Capability.REMOTE}
    port = 0

    @classmethod
    def build(cls, config: object, settings: Any) -> "AuthElsewhere":
        made = cls(LocalAuthSettings.model_validate({"time_cost": 1, "memory_kib": 4096}))
        made.port = settings.port
        return made

    def check_password(self, session: Session, email: str, password: str) -> int | None:
        knock(self.port, AuthError)
        return super().check_password(session, email, password)

    def ping(self) -> None:
        knock(self.port, AuthError)


class KnockingStore:
    """A task store that calls `knock` before each method."""

    def __init__(self, good: TaskStore, port: int) -> None:
        self._good = good
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        knock(self._port, TasksError)
        method: Callable[..., Any] = getattr(self._good, name)
        return method


class TasksElsewhere(MemoryTasks):
    Settings: ClassVar[Any] = Elsewhere
    capabilities: ClassVar = frozenset({Capability.REMOTE})

    @classmethod
    def build(cls, config: object, settings: Any) -> "TasksElsewhere":
        made = cls(MemoryTasksSettings.model_validate({}).wait_seconds)
        made.port = settings.port
        return made

    port = 0

    def open(self, tm: Any, session: Any) -> Any:
        return KnockingStore(super().open(tm, session), self.port)

    def ping(self) -> None:
        knock(self.port, TasksError)


class CacheElsewhere(MemoryCache):
    Settings: ClassVar[Any] = Elsewhere
    capabilities: ClassVar = frozenset({Capability.READABLE, Capability.REMOTE})
    port = 0

    @classmethod
    def build(cls, config: object, settings: Any) -> "CacheElsewhere":
        made = cls(MemoryCacheSettings.model_validate({}))
        made.port = settings.port
        return made

    def get_or_create(self, key: str, create: Callable[[], bytes], ttl: int) -> tuple[bytes, Verdict]:
        try:
            knock(self.port, CacheError)
        except CacheError:
            return create(), "bypass"
        return super().get_or_create(key, create, ttl)

    def ping(self) -> None:
        knock(self.port, CacheError)


class JobsElsewhere(LocalJobs):
    Settings: ClassVar[Any] = Elsewhere
    capabilities: ClassVar = frozenset({Capability.SHARED, Capability.REMOTE})
    port = 0

    @classmethod
    def build(cls, config: Any, settings: Any) -> "JobsElsewhere":
        made = cls(2, config.registry.app_settings.jobs.poll_seconds)
        made.port = settings.port
        return made

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        knock(self.port, JobsError)
        super().submit(job_id, delay=delay)

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        if burst:
            knock(self.port, JobsError)
        super().work(run, reconcile, burst=burst, stop=stop)

    def ping(self) -> None:
        knock(self.port, JobsError)


class AnalyticsElsewhere(SqlAnalytics):
    Settings: ClassVar[Any] = Elsewhere
    capabilities: ClassVar = SqlAnalytics.capabilities | {Capability.REMOTE}
    port = 0

    @classmethod
    def build(cls, config: Any, settings: Any) -> "AnalyticsElsewhere":
        made = cls(config.registry.engine)
        made.port = settings.port
        return made

    def _connection(self) -> Any:
        knock(self.port, AnalyticsError)
        return super()._connection()
