"""`intermediate analytics load` and `rebuild`, with a SQL sink and a MongoDB sink."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from intermediate import reports
from intermediate.cli.ini import application
from intermediate.models import User
from intermediate.models.base import utcnow
from intermediate.plugins.analytics.interface import Totals
from intermediate.scripting import request_for
from tests.services import or_skip
from tests.services.mongo import tools
from tests.unit.cli.conftest import ROOT, Run

pytestmark = pytest.mark.slow

SAMPLE = ROOT / "docs" / "samples" / "task_reports.sample.json"
DOCUMENTS: list[dict[str, Any]] = json.loads(SAMPLE.read_text())
Load = Callable[..., Any]


@pytest.fixture(params=["sql", "mongo"])
def sink(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty sink."""
    name: str = request.param
    monkeypatch.setenv("INTERMEDIATE_ANALYTICS_BACKEND", name)
    if name == "mongo":
        url = f"{request.getfixturevalue('mongo_url')}_load_{request.node.name[:8]}"
        monkeypatch.setenv("INTERMEDIATE_MONGO_URL", url)
    return name


@pytest.fixture
def load(run: Run, ini: Path, tmp_path: Path) -> Load:
    """Load a text, by default the sample."""

    def load(text: str | bytes | None = None) -> Any:
        path = SAMPLE
        if text is not None:
            path = tmp_path / "reports.json"
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return run("analytics", "load", ini, path)

    return load


def found(ini: Path) -> tuple[list[dict[str, Any]], Totals]:
    with application(ini) as app:
        return list(app.registry.analytics.find()), app.registry.analytics.totals()


def test_the_sample_is_loaded_and_a_second_time_changes_nothing(load: Load, ini: Path, sink: str) -> None:
    before, _ = found(ini)
    assert before == [], sink
    first, second = load(), load()
    assert (first.exit_code, first.stdout) == (0, "4 reports: 4 loaded, 0 skipped because they are not newer.\n")
    assert (second.exit_code, second.stdout) == (0, "4 reports: 0 loaded, 4 skipped because they are not newer.\n")
    older = [{**DOCUMENTS[0], "seq": 1}, {**DOCUMENTS[1], "seq": 999, "_id": {"$oid": "6b0584e9141f997e05cd78f8"}}]
    third = load("\n".join(map(json.dumps, older)) + "\n\n")
    assert (third.exit_code, third.stdout) == (0, "2 reports: 1 loaded, 1 skipped because they are not newer.\n")
    documents, totals = found(ini)
    assert documents == [DOCUMENTS[0], {**DOCUMENTS[1], "seq": 999}, *DOCUMENTS[2:]]
    assert (totals.owners, totals.total_tasks) == (4, sum(one["total_tasks"] for one in DOCUMENTS))


BAD = {
    "invalid JSON": ("[{]", "invalid JSON"),
    "a bad line": (json.dumps(DOCUMENTS[0]) + "\n{", "line 2"),
    "no document": ("[1]", "document 1"),
    "a field too few": (json.dumps([DOCUMENTS[0], {"owner_id": 1}]), "document 2: seq"),
    "a field too many": (json.dumps({**DOCUMENTS[0], "colour": "red"}), "line 1: colour"),
    "a number as text": (json.dumps({**DOCUMENTS[0], "seq": "412"}), "line 1: seq"),
    "no time": (json.dumps({**DOCUMENTS[0], "generated_at": "yesterday"}), "line 1: generated_at"),
    "a time without a zone": (json.dumps({**DOCUMENTS[0], "generated_at": "2026-11-20T06:00:00"}), "must have a zone"),
    "too deep": ("[" * 100_000, "invalid JSON"),
    "not valid UTF-8": (b"\xff", "not valid UTF-8"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_file_that_is_wrong_anywhere_loads_nothing(load: Load, ini: Path, mistake: str) -> None:
    text, said = BAD[mistake]
    result = load(text)
    assert (result.exit_code, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert said in line
    assert line.endswith("Nothing was loaded.")
    assert found(ini)[0] == []


@pytest.mark.slow
def test_a_sink_that_does_not_answer_is_told(load: Load, run: Run, ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERMEDIATE_ANALYTICS_BACKEND", "mongo")
    monkeypatch.setenv("INTERMEDIATE_MONGO_URL", "mongodb://127.0.0.1:1/analytics")
    for result in (load(), run("analytics", "rebuild", ini)):
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: analytics_unavailable: 127.0.0.1:1: ")


@pytest.mark.parametrize("sink", ["mongo"], indirect=True)
def test_mongoimport_loads_the_sample_too(ini: Path, sink: str) -> None:
    with application(ini) as app:
        place = app.registry.analytics.place()
    uri = "mongodb://" + place.removeprefix(f"{sink} ")
    words = ["--collection", "task_reports", "--mode=upsert", "--upsertFields", "owner_id", "--jsonArray", str(SAMPLE)]
    with or_skip(tools()) as path:
        for _ in range(2):
            command = ["mongoimport", "--uri", uri, *words]
            subprocess.run(command, env={"PATH": path}, check=True, timeout=60, capture_output=True)
    assert found(ini)[0] == DOCUMENTS


def test_a_sink_is_rebuilt_of_what_the_database_knows(run: Run, owned: Path, sink: str) -> None:
    """Whatever it contains: nothing, data newer than the database, or data of an account that does not exist."""
    with application(owned) as app:
        with request_for(app.registry) as request:
            [owner] = request.db.scalars(select(User.id))
            document = DOCUMENTS[0] | {"owner_id": owner, "seq": 7}
            reports.save(request.db, document, generated_at=utcnow())
        app.registry.worker.reconcile()
    assert found(owned)[0] == [document], sink
    with application(owned) as app:
        app.registry.analytics.remove(owner)
        app.registry.analytics.put(document | {"seq": 99})
        app.registry.analytics.put(document | {"owner_id": owner + 1})
    assert len(found(owned)[0]) == 2
    for _ in range(2):
        rebuilt = run("analytics", "rebuild", owned)
        assert (rebuilt.exit_code, rebuilt.stdout) == (0, "Copied 1 report to the analytics backend.\n")
        assert found(owned)[0] == [document]
