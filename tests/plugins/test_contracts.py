"""The suites are reliable: promises, tests and saboteurs have matching names, and every saboteur is caught."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from intermediate.plugins.tasks.interface import TaskQuery
from intermediate.testing import AnalyticsContract, AuthContract, CacheContract, JobsContract, TasksContract
from intermediate.testing.away import Make
from intermediate.testing.contract import application
from intermediate.testing.promises import promise_of, promises
from intermediate.testing.tasks_bench import FILTERS, MOMENT, sample
from tests.plugins.directory import DirectoryAuth
from tests.plugins.saboteurs import SABOTEURS, Saboteur
from tests.plugins.saboteurs.elsewhere import UNREACHABLE

KINDS: dict[str, type[Any]] = {
    suite.kind: suite for suite in (AuthContract, TasksContract, CacheContract, JobsContract, AnalyticsContract)
}
FORGETFUL = """
from intermediate.plugins.cache.null import NullCache
from intermediate.testing import CacheContract

class Forgetful(NullCache):
    def get_or_create(self, key, create, ttl):
        return create(), "hit"

class TestForgetful(CacheContract):
    backend = "test_forgetful:Forgetful"
"""
OPTIONS = {"auth.local": {"time_cost": "1", "memory_kib": "4096"}}
PATIENCE = 0.5  # seconds, for events that must not occur; for all others the suite's own timeout applies
SLOW = {"entries_expire"}  # takes a second, so it runs only where it must fail


def names_of(contract: type) -> set[str]:
    return {name.removeprefix("test_") for name in dir(contract) if name.startswith("test_")}


@pytest.mark.parametrize("kind", KINDS)
def test_promises_tests_and_saboteurs_go_by_the_same_names(kind: str) -> None:
    tests = names_of(KINDS[kind])
    assert promises(KINDS[kind].interface).keys() == {promise_of(name) for name in tests} != set()
    assert tests == {saboteur.name for saboteur in SABOTEURS if saboteur.kind == kind}


def test_the_suite_of_tasks_tries_every_filter() -> None:
    asked = {field.name for field in fields(TaskQuery)} - {"sort", "limit", "offset", "after"}
    forgotten = asked - {*FILTERS, "open", "trashed"}
    assert not forgotten, "say in FILTERS of intermediate/testing/tasks_bench.py what these filters let through"


def test_the_suite_of_tasks_has_a_value_for_a_new_field_of_any_common_type() -> None:
    assert sample(Literal["small", "large"] | None) == "large"
    assert sample(datetime | None) == MOMENT
    assert sample(bool) is True
    with pytest.raises(TypeError, match="add a value of type <class 'bytes'> to _SAMPLES"):
        sample(bytes | None)


@pytest.mark.slow
def test_a_test_that_fails_says_what_was_promised(tmp_path: Path) -> None:
    (tmp_path / "test_forgetful.py").write_text(FORGETFUL)
    words = ["pytest", "-p", "no:cacheprovider", "-k", "creates_when_absent", "test_forgetful.py"]
    done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"creates_when_absent: {promises(KINDS['cache'].interface)['creates_when_absent']}" in done.stdout


class Workshop:
    """One application for each correct backend, on which the tests of the suites are called directly."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._registries: dict[type, Any] = {}
        self._suites: dict[tuple[str, str], type[Any]] = {}

    def suite(self, kind: str, backend: str) -> type[Any]:
        if (kind, backend) not in self._suites:

            class Suite(KINDS[kind]):  # type: ignore[valid-type,misc]
                options: ClassVar = OPTIONS.get(f"{kind}.{backend}", {})

            Suite.backend = backend
            Suite.unreachable = UNREACHABLE if "Elsewhere" in backend else {}
            if "Directory" in backend:
                Suite.set_password = staticmethod(DirectoryAuth.set_password)
            self._suites[kind, backend] = Suite
        return self._suites[kind, backend]

    def registry(self, suite: type[Any]) -> Any:
        if suite not in self._registries:
            folder = self._folder / str(len(self._registries))
            folder.mkdir()
            self._registries[suite] = self._stack.enter_context(application(suite.settings(), folder))
        return self._registries[suite]

    def failures(self, saboteur: type[Saboteur]) -> dict[str, BaseException]:
        """Return the tests of the suite that fail with a saboteur, and how they fail."""
        suite = self.suite(saboteur.kind, saboteur.on)
        registry = self.registry(suite)
        failures: dict[str, BaseException] = {}
        for name in sorted(names_of(suite) - (SLOW - {saboteur.name})):
            with ExitStack() as stack:
                if promise_of(name) in {promise_of(saboteur.name)} | saboteur.also:
                    stack.enter_context(pytest.MonkeyPatch.context()).setattr(suite, "patience", PATIENCE)
                bench = sabotaged_bench(suite, registry, saboteur, stack)
                try:
                    getattr(suite(), f"test_{name}")(bench)
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  a test may fail in any way
                    failures[name] = error
        return failures


def sabotaged_bench(suite: type[Any], registry: Any, saboteur: type[Saboteur], stack: ExitStack) -> Any:
    """Return the bench of the suite with the saboteur in place of the backend."""
    kind = saboteur.kind
    if kind == "jobs":  # each test has a new queue
        bench = stack.enter_context(suite.bench(registry))
        bench.jobs = saboteur.wrap(bench.jobs, registry)
        bench.away.make = sabotaged(bench.away.make, saboteur, registry)
        return bench
    good = getattr(registry, kind)
    stack.callback(setattr, registry, kind, good)
    setattr(registry, kind, saboteur.wrap(good, registry))
    bench = suite.bench(registry)
    if hasattr(bench, "away"):
        bench.away.make = sabotaged(bench.away.make, saboteur, registry)
    return bench


def sabotaged(make: Make, saboteur: type[Saboteur], registry: Any) -> Make:
    """Wrap the function that builds unreachable backends, so that it adds the saboteur."""
    return lambda options: saboteur.wrap(make(options), registry)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with ExitStack() as stack:
        yield Workshop(tmp_path_factory.mktemp("saboteurs"), stack)


@pytest.mark.slow
@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda saboteur: f"{saboteur.kind}-{saboteur.name}")
def test_a_saboteur_is_caught_and_breaks_just_its_promise(workshop: Workshop, saboteur: type[Saboteur]) -> None:
    failures = workshop.failures(saboteur)
    assert saboteur.name in failures
    assert {promise_of(name) for name in failures} == {promise_of(saboteur.name)} | saboteur.also
