"""The base of all suites: a small application around the backend, and helpers for threads."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from pyramid.config import Configurator

from intermediate import engines, settings
from intermediate.plugins import KINDS, find_backend
from intermediate.plugins.base import Capability
from intermediate.request import Request
from intermediate.testing.away import Away
from intermediate.testing.promises import promise_of, promises

Result = TypeVar("Result")


@contextmanager
def application(ini: Mapping[str, str], folder: Path) -> Iterator[Any]:
    """Yield the registry of an application with these settings and a new, migrated database.

    Kinds that `ini` does not name get backends that need no service. There are no views, because backends do not use
    them.
    """
    defaults = {
        "database.url": f"sqlite:///{folder}/contract.sqlite",
        "database.migrate": "true",
        "jobs.backend": "inline",  # works with every tasks backend
        "jobs.poll_seconds": "0.05",
    }
    config = Configurator(request_factory=Request)
    registry: Any = config.registry
    registry.app_settings = settings.load({**defaults, **ini}, environ={}, here=str(folder))
    config.include("intermediate.db")
    for kind in KINDS:
        config.include(f"intermediate.plugins.{kind}")
    config.commit()
    try:
        yield registry
    finally:
        for kind in KINDS:
            getattr(registry, kind).close()
        engines.close(registry.engine)


class Contract:
    """The base class of suites. A backend's test class is a subclass of its kind's suite that contains only data:

        class TestMyCache(CacheContract):
            backend = "mine"
            options = {"url": "redis://localhost:6379/9"}

    Give it a separate store, because the suite counts what it finds there. A value such as "{redis_url}" is replaced by
    the value of the pytest fixture `redis_url`.
    """

    kind: ClassVar[str]
    interface: ClassVar[type]
    """The class whose docstring lists the promises. Each test is named after one."""
    backend: ClassVar[str]
    """The backend, as in the INI file: the name of an entry point, or `package.module:Class`."""
    options: ClassVar[Mapping[str, str]] = {}
    """The backend's own options: `<kind>.<backend>.<option>` in the INI file. A "{name}" in them is replaced by the
    value of the fixture `name`, which must have the scope "class" or a wider one."""
    ini: ClassVar[Mapping[str, str]] = {}
    """Other keys of the INI file that the backend needs."""
    unreachable: ClassVar[Mapping[str, str]] = {}
    """Options with which the backend's service or store cannot be reached. Required for a remote backend, with "{port}"
    in place of the port. The suite uses a port that refuses connections, and one that accepts them and never responds.
    """
    patience: ClassVar[float] = 20.0
    """The timeout, in seconds, for events that the suite waits for. It only expires in tests that fail."""

    @classmethod
    def settings(cls) -> dict[str, str]:
        """Return the INI settings for this backend."""
        options = {f"{cls.kind}.{cls.backend}.{name}": value for name, value in cls.options.items()}
        return {f"{cls.kind}.backend": cls.backend, **cls.ini, **options}

    @classmethod
    def make(cls, registry: Any, options: Mapping[str, str] | None = None) -> Any:
        """Build another instance of the backend, with other options if they are given."""
        backend = find_backend(cls.kind, cls.backend)
        given = registry.app_settings.options[cls.kind] if options is None else backend.Settings(**options)
        return backend.build(Configurator(registry=registry, autocommit=True), given)

    @classmethod
    def away(cls, registry: Any) -> Away:
        """Return the builder of unreachable instances. Without `unreachable`, it only takes away the database."""
        remote = Capability.REMOTE in getattr(registry, cls.kind).capabilities
        assert cls.unreachable or not remote, (
            "the suite of a remote backend says in `unreachable` with which options it reaches nobody"
        )
        return Away(registry, lambda options: cls.make(registry, options), cls.unreachable)

    @pytest.fixture(autouse=True)
    def _tells_its_promise(self, request: pytest.FixtureRequest) -> None:
        """Add the text of the promise to the report of a failing test."""
        name = promise_of(request.node.originalname)
        if words := promises(self.interface).get(name):  # tests that the backend's author adds have no promise
            request.node.add_report_section("call", "promise", f"{name}: {words}\n")

    @pytest.fixture(scope="class", name="registry")
    @classmethod
    def _registry(cls, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
        ini = {key: _filled(value, request) for key, value in cls.settings().items()}
        with application(ini, tmp_path_factory.mktemp(cls.kind)) as registry:
            yield registry


def _filled(value: str, request: pytest.FixtureRequest) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: str(request.getfixturevalue(found[1])), value)


def in_threads(*works: Callable[[], Result], patience: float) -> list[Result]:
    """Call all `works` at the same moment, each in its own thread, and return their results."""
    barrier = threading.Barrier(len(works))
    outcomes: list[tuple[Result | None, BaseException | None]] = [(None, None)] * len(works)

    def run(index: int) -> None:
        try:
            barrier.wait(patience)
            outcomes[index] = (works[index](), None)
        except BaseException as error:  # noqa: BLE001  raised again in the test's thread
            outcomes[index] = (None, error)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
        assert not thread.is_alive(), f"a thread has not ended within {patience} s"
    for _result, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _error in outcomes]  # type: ignore[misc]  # None with an error only


def eventually(condition: Callable[[], bool], patience: float) -> bool:
    """Wait up to `patience` seconds for a condition, and return whether it became true."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
