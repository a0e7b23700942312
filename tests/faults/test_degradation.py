"""docs/degradation.md: each cell of its table, while a service is killed or suspended under load.

Every response is checked: during the outage it matches the cell, and at the start and the end the cell or normal
operation. None takes longer than the client's timeout (`clients.DEADLINE`), and none is a 500.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from intermediate.plugins import KINDS
from tests.faults.degradation import BROKEN_OFF, TO_DO, WHEN_BACK, WORKS, signs, tables
from tests.faults.house import MADE, MIRRORED, SERVERS, SOON, House, Outage, by
from tests.serving import ROOT

TABLE, WORDS, NOTES = tables()
PARTS = {"queue": "jobs"}  # has another name in /healthz
OUTAGES = [(service, how) for service in SERVERS for how in ("SIGKILL", "SIGSTOP")]
COLUMNS = [column for column in TABLE["cache"] if column not in (MADE, MIRRORED)]

# Checks run side by side: the one of the database may be done just before it fails, and that of auth just after.
BETWEEN = {("database", "other pages"): BROKEN_OFF, ("database", "/healthz"): "degraded"}

pytestmark = pytest.mark.slow
each_outage = pytest.mark.parametrize("outage", OUTAGES, ids="-".join, indirect=True, scope="module")
each_column = pytest.mark.parametrize("column", COLUMNS)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path_factory.mktemp("house"), stack)


@pytest.fixture(scope="module")
def outage(request: pytest.FixtureRequest, house: House) -> Outage:
    service, how = request.param
    return house.lose(service, how, TABLE[service], NOTES[service])


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.node.callspec.params["outage"][0]
    return name


def test_the_table_has_what_is_tested_and_explains_its_words() -> None:
    assert list(TABLE) == list(SERVERS) == list(NOTES)
    assert {word for cells in TABLE.values() for word in cells.values()} == set(WORDS)


@each_outage
def test_each_column_has_a_client(outage: Outage) -> None:
    assert set(COLUMNS) == set(outage.clients)


@each_outage
@pytest.mark.parametrize("column", [*COLUMNS, MADE, MIRRORED])
def test_while_a_service_is_away_each_answer_is_its_cell(outage: Outage, service: str, column: str) -> None:
    assert outage.while_away(column) == {TABLE[service][column]}


@each_outage
@each_column
def test_no_answer_is_worse_when_the_service_goes_and_comes(outage: Outage, service: str, column: str) -> None:
    cell = TABLE[service][column]
    others = {word for word in outage.at_its_edges(column) if word not in (WORKS, cell, BETWEEN.get((service, column)))}
    assert not others or (cell.startswith("503") and all(word.endswith("_unavailable") for word in others))


@each_outage
@each_column
def test_all_works_again_without_a_restart(outage: Outage, column: str) -> None:
    assert column in outage.back


@each_outage
def test_health_names_the_part(outage: Outage, service: str) -> None:
    answers = [seen.answer for seen in outage.clients["/healthz"].since(outage.began) if seen.ended < outage.ended]
    assert {answer.json["checks"][PARTS.get(service, service)]["status"] for answer in answers} == {"unavailable"}


@each_outage
def test_nothing_that_was_promised_is_lost_or_doubled(outage: Outage, house: House) -> None:
    clients = house.clients
    titles = Counter(task["title"] for task in clients.writer.api.get("/api/tasks/export?format=json").json)
    assert set(clients.written) <= set(titles)
    assert set(titles.values()) == {1}
    assert by(lambda: not clients.jobs("queued") and not clients.jobs("running"), SOON)
    assert set(clients.accepted) <= clients.jobs("finished")


@each_outage
@pytest.mark.parametrize("column", [TO_DO, WHEN_BACK])
def test_the_log_has_what_the_operator_is_told_to_look_for(
    outage: Outage, house: House, service: str, column: str
) -> None:
    note = NOTES[service][column]
    assert signs(note)
    assert house.unlogged(outage, note) == []


def test_the_settings_that_the_operator_is_told_of_are_settings() -> None:
    keys = re.findall(rf"\b(?:{'|'.join(KINDS)}|database)\.[a-z_.]*[a-z]", " ".join(map(str, NOTES.values())))
    settings = (ROOT / "docs" / "settings.md").read_text()
    assert len(keys) > len(SERVERS)
    assert [key for key in keys if f"`{key}`" not in settings] == []
