"""Every shipped combination of backends, with real servers and services, returns the same responses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from intermediate.plugins import KINDS, ConfigurationError, backend_names
from intermediate.testing.contract import application
from tests.differential.combinations import OTHERS, REFERENCE, REFUSED, Combination, Refused
from tests.differential.conftest import Played
from tests.differential.running import OF_ALL, Recording, in_thread, record, refusal
from tests.differential.summary import tell
from tests.plugins.saboteurs.tasks_reading import OrdersWithoutCase
from tests.services import mongo, or_skip, postgres

Reference = Callable[[], Recording]
SHOWN = 5


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The recording of the reference. Recorded on the same day, because pages say "Today" and "2 days late"."""
    recordings: dict[object, Recording] = {}

    def made_today() -> Recording:
        day = datetime.now(UTC).date()
        if day not in recordings:
            recordings[day] = record(REFERENCE, tmp_path_factory.mktemp("reference"), {})
        return recordings[day]

    return made_today


@contextmanager
def services(combination: Combination, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The URLs of the services of a combination: a separate database, and a shared Redis."""
    urls: dict[str, str] = {}
    with ExitStack() as stack:
        if "postgres" in combination.services:
            urls["postgres"] = stack.enter_context(postgres.fresh(request.getfixturevalue("postgres_server")))
        if "redis" in combination.services:
            urls["redis"] = request.getfixturevalue("redis_url")
        if "mongo" in combination.services:
            urls["mongo"] = stack.enter_context(or_skip(mongo.serve()))
        yield urls


def test_all_embedded_answers_each_request(reference: Reference, request: pytest.FixtureRequest) -> None:
    tell(request, "run", REFERENCE.name)
    entries = reference().entries
    assert [entry for entry in entries if entry.status >= 500] == []
    tell(request, "run", f"{REFERENCE.name}: {len(entries)} requests, the reference")


@pytest.mark.parametrize("combination", OTHERS, ids=lambda combination: combination.name)
def test_a_combination_answers_as_all_embedded_does(
    combination: Combination, reference: Reference, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    tell(request, "run", combination.name)
    with services(combination, request) as urls:
        for attempt in ("first", "after midnight"):
            wanted, folder = reference(), tmp_path / attempt
            folder.mkdir()
            recording = record(combination, folder, urls)
            if recording.ended.date() == wanted.begun.date():
                break
    found = recording.compared_with(wanted)
    assert not found, f"{len(found)} of {len(recording.entries)} answers differ\n\n" + "\n\n".join(found[:SHOWN])
    tell(request, "run", f"{combination.name}: {len(recording.entries)} requests, all answered as by all embedded")


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.combination.name)
def test_a_combination_that_cannot_work_is_refused_at_the_start(
    refused: Refused, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    tell(request, "refused", f"{refused.combination.name}: {refused.message}")
    assert refused.message in refusal(refused.combination, tmp_path, refused.program)


def test_every_mix_of_backends_starts_or_is_refused_as_told(tmp_path: Path) -> None:
    told = [(refused.combination, refused.message) for refused in REFUSED if refused.program == "pserve"]
    for names in product(*(backend_names(kind) for kind in KINDS)):
        mix = dict(zip(KINDS, names, strict=True))
        ini = {f"{kind}.backend": name for kind, name in mix.items()} | {"database.migrate": "false", **OF_ALL}
        wanted = {message for one, message in told if one.ini.items() <= ini.items()}
        said: set[str] = set()
        try:
            with application(ini, tmp_path):
                pass
        except ConfigurationError as error:
            said = {str(error)}
        assert said == wanted, mix


def test_a_backend_that_breaks_one_promise_is_found_out(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_thread(REFERENCE, tmp_path) as (address, app), monkeypatch.context() as patched:
        patched.setattr(app.registry, "tasks", OrdersWithoutCase.wrap(app.registry.tasks, app.registry))
        found = Recording(REFERENCE, address).compared_with(played.recording)
    assert [one for one in found if "GET /api/tasks?sort=title" in one.splitlines()[0]]
