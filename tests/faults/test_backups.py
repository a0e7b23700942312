"""The backup commands of docs/operations.md work as written, while clients write."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from sqlalchemy import create_engine, make_url, text

from intermediate import db
from intermediate.cli.ini import application
from intermediate.engines import make_engine
from tests.faults.operations import block, moved, written_to
from tests.functional.conftest import Api, make_api
from tests.functional.packages import bash
from tests.functional.test_reports import REPORT
from tests.services import mongo, or_skip, postgres
from tests.serving import BIN

pytestmark = pytest.mark.slow

AFTER = "intermediate after-restore production.ini\n"
Environ = dict[str, str]


def run(script: str, folder: Path, environ: Environ) -> str:
    """Run commands, and return what they print."""
    return bash(script, folder, fails=False, **environ, PATH=f"{BIN}:{postgres.tools()}:{mongo.BUILT}")


@pytest.fixture
def migrated(environ: Environ) -> Environ:
    """An installation with an up-to-date schema."""
    engine = make_engine(environ["INTERMEDIATE_DATABASE_URL"])
    db.migrate(engine)
    engine.dispose()
    return environ


@pytest.fixture
def restored(environ: Environ) -> Iterator[str]:
    """The name of a database that the commands of the page create on the same server."""
    name = f"test_{secrets.token_hex(8)}"
    yield name
    url = make_url(environ["INTERMEDIATE_DATABASE_URL"]).set(drivername=postgres.DRIVER)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    engine.dispose()


def elsewhere(environ: Environ, name: str) -> Environ:
    """The same installation with another database on the server."""
    url = make_url(environ["INTERMEDIATE_DATABASE_URL"]).set(database=name)
    return environ | {"INTERMEDIATE_DATABASE_URL": url.render_as_string(hide_password=False)}


def titles(api: Api, **headers: str) -> list[str]:
    return [task["title"] for task in api.get("/api/tasks", headers=headers, status=200).json["items"]]


def make_report(api: Api, app: Any) -> int:
    """Let a worker generate a report and put it into the sink, and return its number."""
    job: int = api.post_json(REPORT, {"owner_id": api.user_id}, status=202).json["id"]
    app.registry.jobs.work(app.registry.worker.run, app.registry.worker.reconcile, burst=True)
    assert api.get(f"{REPORT}/{api.user_id}", status=200).json["seq"] == job
    return job


def sink(environ: Environ) -> list[tuple[int, int, int]]:
    """Return the owner, number and task count of each document."""
    with MongoClient[dict[str, Any]](environ["INTERMEDIATE_MONGO_URL"]) as client:
        found = client.get_default_database()["task_reports"].find().sort("owner_id").to_list()
    return [(document["owner_id"], document["seq"], document["total_tasks"]) for document in found]


def lose_sink(environ: Environ) -> None:
    with MongoClient[dict[str, Any]](environ["INTERMEDIATE_MONGO_URL"]) as client:
        client.drop_database(client.get_default_database().name)


def test_postgres_is_dumped_while_it_is_written_to(folder: Path, migrated: Environ, restored: str) -> None:
    """With pg_dump, and with our own dump, which is loaded into another kind of database."""
    ini = folder / "production.ini"
    with application(ini, "web", **migrated) as app, written_to(app) as writers:
        known = [len(writer.ids) for writer in writers]
        run(block("pg_dump") + block("intermediate dump"), folder, migrated)
    run(block("pg_restore").replace("restored", restored), folder, migrated)
    loaded = migrated | {"INTERMEDIATE_DATABASE_URL": f"sqlite:///{folder}/other.sqlite"}
    assert "3 users, 3 sessions" in run(block("intermediate load"), folder, loaded)
    for environ in (elsewhere(migrated, restored), loaded):
        with application(ini, "web", **environ) as app:
            for writer, count in zip(writers, known, strict=True):
                writer.is_restored(app, count)


def test_what_has_seen_more_than_the_backup_is_set_right(folder: Path, migrated: Environ, restored: str) -> None:
    """Otherwise the cache, a client's entity tag and the sink would refer to data from after the backup."""
    ini = folder / "production.ini"
    with application(ini, "web", **migrated) as app:
        api = make_api(app)
        api.post_json("/api/tasks", {"title": "one"}, status=201)
        first = make_report(api, app)
        run(block("pg_dump"), folder, migrated)
        api.post_json("/api/tasks", {"title": "lost"}, status=201)
        tag = api.get("/api/tasks").headers["ETag"]
        second = make_report(api, app)
        other = make_api(app)
        third = make_report(other, app)
        assert sink(migrated) == [(api.user_id, second, 2), (other.user_id, third, 0)]
    before = block("pg_restore").replace("restored", restored)
    assert before.endswith(AFTER)
    run(before.removesuffix(AFTER), folder, migrated)
    environ = elsewhere(migrated, restored)
    with application(ini, "web", **environ) as app:
        api = moved(api, app)
        api.post_json("/api/tasks", {"title": "two"}, status=201)
        assert titles(api) == ["lost", "one"]
        assert api.get("/api/tasks", headers={"If-None-Match": tag}, status="*").status_int == 304
        assert make_report(api, app) == second
        assert (api.user_id, second, 2) in sink(environ)
        said = run(AFTER, folder, environ)
        assert said == "Renewed 1 account, copied 1 report to the analytics backend.\n"
        assert titles(api) == titles(api, **{"If-None-Match": tag}) == ["two", "one"]
        assert sink(environ) == [(api.user_id, second, 2)]
        api.post_json("/api/tasks", {"title": "three"}, status=201)
        assert make_report(api, app) > second > first
        assert [total for _, _, total in sink(environ)] == [3]


def test_sqlite_is_backed_up_while_it_is_written_to(folder: Path) -> None:
    ini, database = folder / "development.ini", folder / "intermediate.sqlite"
    environ = {"INTERMEDIATE_DATABASE_URL": f"sqlite:///{database}"}
    with application(ini, "web", **environ) as app:
        with written_to(app) as writers:
            known = [len(writer.ids) for writer in writers]
            run(block("VACUUM INTO"), folder, environ)
        # The files that a killed server leaves beside the database.
        left = {path: path.read_bytes() for path in folder.glob("intermediate.sqlite-*")}
    assert {path.suffix for path in left} == {".sqlite-wal", ".sqlite-shm"}
    for path, content in left.items():
        path.write_bytes(content)
    database.write_bytes(b"lost")
    assert "1 account" not in run(block("cp backup.sqlite"), folder, environ)
    with application(ini, "web", **environ) as app:
        for writer, count in zip(writers, known, strict=True):
            writer.is_restored(app, count)


def test_sqlite_is_not_backed_up_where_there_is_none(folder: Path) -> None:
    bash(block("VACUUM INTO"), folder, fails=True)
    assert list(folder.glob("*.sqlite")) == []


def test_the_sink_is_made_again_of_the_database_or_of_a_dump_of_its_own(folder: Path, migrated: Environ) -> None:
    with application(folder / "production.ini", "web", **migrated) as app:
        apis = [make_api(app) for _ in range(2)]
        for api in apis:
            make_report(api, app)
        made = sink(migrated)
        assert len(made) == 2
        with or_skip(mongo.tools()):
            run(block("mongodump"), folder, migrated)
            lose_sink(migrated)
            restore, rebuild = block("mongorestore").splitlines()
            run(restore, folder, migrated)
            assert sink(migrated) == made
        api.post_json("/api/tasks", {"title": "one"}, status=201)
        make_report(api, app)
        made = sink(migrated)
        run(restore, folder, migrated)
        assert sink(migrated) != made
        run(rebuild, folder, migrated)
        assert sink(migrated) == made
        lose_sink(migrated)
        run(block("analytics rebuild production.ini\n"), folder, migrated)
        assert sink(migrated) == made
