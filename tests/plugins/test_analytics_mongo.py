"""Behavior of the analytics backend `mongo` beyond the contract: its URL, and the content of the collection."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import InvalidURI

from intermediate.plugins import ConfigurationError
from intermediate.plugins.analytics import mongo
from intermediate.plugins.analytics.mongo import MongoAnalytics, place_of
from intermediate.testing.contract import application

HOST = "mongodb://db.example.org:27017"
MISTAKES = {
    "no database": (HOST, "No default database"),
    "another scheme": ("https://db.example.org/analytics", "mongodb://"),
    "unknown option": (f"{HOST}/analytics?nonsense=1", "Unknown option"),
    "no such port": ("mongodb://db.example.org:99999/analytics", "Port"),
    "no such file": (f"{HOST}/analytics?tls=true&tlsCAFile=/nonexistent/ca.pem", "file"),
    "slash in the password": ("mongodb://me:hunter2/x@db.example.org/analytics", ""),
    "at sign in the password": ("mongodb://me:hun@ter2@db.example.org/analytics", ""),
    "digits before a slash in the password": ("mongodb://me:1/hunter2@db.example.org/analytics", ""),
    "password and no user": ("mongodb://:hunter2@db.example.org/analytics", ""),
}


@pytest.fixture
def sink(mongo_url: str) -> Iterator[MongoAnalytics]:
    with closing(MongoAnalytics(mongo_url)) as sink:
        yield sink


@pytest.fixture
def reports(mongo_url: str) -> Iterator[Collection[dict[str, object]]]:
    """The collection as other tools see it."""
    with MongoClient[dict[str, object]](mongo_url) as client:
        yield client.get_default_database()["task_reports"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_url_stops_the_start_and_tells_no_password(mistake: str, tmp_path: Path) -> None:
    url, said = MISTAKES[mistake]
    ini = {"analytics.backend": "mongo", "analytics.mongo.url": url}
    with pytest.raises(ConfigurationError, match=r"^analytics\.mongo\.url ") as refusal, application(ini, tmp_path):
        pass
    line = str(refusal.value)
    assert said in line
    assert "\n" not in line
    for secret in ("hunter2", "ter2", "hun@"):
        assert secret not in line


def test_what_the_driver_quotes_is_told_only_of_a_url_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    def quote(url: str) -> None:
        raise InvalidURI(f"{url} is wrong")

    monkeypatch.setattr(mongo, "make_client", quote)
    for url, told in (
        ("mongodb://db/x", True),
        ("mongodb://me:hunter2@db/x", False),
        ("mongodb://db/x?PassWord=", False),
    ):
        with pytest.raises(ConfigurationError) as refusal:
            place_of(url)
        assert (f"{url} is wrong" in str(refusal.value)) is told


def test_a_start_needs_no_server() -> None:
    sink = MongoAnalytics("mongodb://127.0.0.1:1/analytics")
    assert sink.place() == "mongo 127.0.0.1:1/analytics"
    sink.close()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("mongodb://me:hunter%402@a,b:27018/reports?replicaSet=r&authSource=admin", "mongo a,b:27018/reports"),
        ("mongodb+srv://me:hunter2@cluster.example.org/reports", "mongo cluster.example.org/reports"),
        ("mongodb://[::1]:27017/reports?appName=a@b", "mongo [::1]:27017/reports"),
    ],
)
def test_its_place_is_hosts_and_database(url: str, place: str) -> None:
    assert place_of(url) == place


def test_long_names_of_places_differ() -> None:
    hosts = ",".join(f"node{number}.example.org" for number in range(20))
    places = {place_of(f"mongodb://{hosts}/{database}") for database in ("one", "two")}
    assert len(places) == 2
    assert {len(place) for place in places} == {100}


def test_a_document_is_replaced_as_a_whole(sink: MongoAnalytics) -> None:
    sink.put({"owner_id": 71, "seq": 1, "gone_in_a_later_release": 1})
    sink.put({"owner_id": 71, "seq": 2})
    assert sink.get(71) == {"owner_id": 71, "seq": 2}


def test_a_dropped_collection_comes_back_with_its_unique_index(
    sink: MongoAnalytics, reports: Collection[dict[str, object]]
) -> None:
    sink.put({"owner_id": 72, "seq": 1})
    reports.drop()
    sink.put({"owner_id": 72, "seq": 1})
    assert reports.index_information()["owner_id_1"]["unique"] is True
