"""What the suites of all kinds stand on: a small application around the backend, and help with threads."""

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
    """The registry of an application with these settings, on a database of its own that Alembic made.

    Kinds that are not named get backends that need nothing. There are no views: backends know of none.
    """
    defaults = {
        "database.url": f"sqlite:///{folder}/contract.sqlite",
        "database.migrate": "true",
        "jobs.backend": "inline",  # it goes with every tasks backend
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
    """A suite. A backend's test class is a subclass of its kind's suite that holds nothing but data:

        class TestMyCache(CacheContract):
            backend = "mine"
            options = {"url": "redis://localhost:6379/9"}

    Give it a store of its own: the suite counts what it finds there. A value such as "{redis_url}" stands for what the
    pytest fixture `redis_url` gives.
    """

    kind: ClassVar[str]
    interface: ClassVar[type]
    """Where the promises stand that the tests are named for."""
    backend: ClassVar[str]
    """As in the INI: the name of an entry point, or `package.module:Class`."""
    options: ClassVar[Mapping[str, str]] = {}
    """The backend's own options: `<kind>.<backend>.<option>` in the INI. A "{name}" in them stands for what the fixture
    `name` gives, which must have the scope "class" or a wider one."""
    ini: ClassVar[Mapping[str, str]] = {}
    """Other keys of the INI that the backend needs."""
    unreachable: ClassVar[Mapping[str, str]] = {}
    """All options of a backend whose service, or store, cannot be reached. A remote backend must give them, with
    "{port}" where the port stands: there nobody listens, and then somebody who never answers."""
    patience: ClassVar[float] = 10.0
    """For how many seconds the suite waits for what must come. Nothing waits that long unless it fails."""

    @classmethod
    def settings(cls) -> dict[str, str]:
        """The INI for this backend."""
        options = {f"{cls.kind}.{cls.backend}.{name}": value for name, value in cls.options.items()}
        return {f"{cls.kind}.backend": cls.backend, **cls.ini, **options}

    @classmethod
    def make(cls, registry: Any, options: Mapping[str, str] | None = None) -> Any:
        """Another backend of this application, with other options if they are given."""
        backend = find_backend(cls.kind, cls.backend)
        given = registry.app_settings.options[cls.kind] if options is None else backend.Settings(**options)
        return backend.build(Configurator(registry=registry, autocommit=True), given)

    @classmethod
    def away(cls, registry: Any) -> Away:
        """The same backend with a client that fails. One that names no way to make it fail has no client."""
        remote = Capability.REMOTE in getattr(registry, cls.kind).capabilities
        assert cls.unreachable or not remote, (
            "the suite of a remote backend says in `unreachable` with which options it reaches nobody"
        )
        return Away(registry, lambda options: cls.make(registry, options), cls.unreachable)

    @pytest.fixture(autouse=True)
    def _tells_its_promise(self, request: pytest.FixtureRequest) -> None:
        """What a test that fails shows is what was promised, and not only two values that differ."""
        name = promise_of(request.node.originalname)
        if words := promises(self.interface).get(name):  # the author of a backend may have added tests
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
    """The results of all works, which begin at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(works))
    outcomes: list[tuple[Result | None, BaseException | None]] = [(None, None)] * len(works)

    def run(index: int) -> None:
        try:
            barrier.wait(patience)
            outcomes[index] = (works[index](), None)
        except BaseException as error:  # noqa: BLE001  it is raised again in the test's thread
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
    """Whether a state comes within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
