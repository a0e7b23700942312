"""`intermediate check`."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from redis import Redis
from sqlalchemy import make_url

from intermediate.plugins import ConfigurationError
from intermediate.settings import load
from tests.services import free_port, or_skip, redis
from tests.unit.cli.conftest import ROOT, Run
from tests.unit.cli.test_inis import SECRETS

pytestmark = pytest.mark.slow


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """production.ini with secrets, and with backends that need no service."""
    embedded = {"CACHE": "memory", "JOBS": "local", "ANALYTICS": "sql"}
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for kind, name in embedded.items():
        monkeypatch.setenv(f"INTERMEDIATE_{kind}_BACKEND", name)
    monkeypatch.setenv("INTERMEDIATE_DATABASE_URL", f"sqlite:///{tmp_path}/p.sqlite")
    monkeypatch.setenv("INTERMEDIATE_SITE_TRUSTED_PROXIES", "10.0.0.1")
    monkeypatch.delenv("INTERMEDIATE_API_RATE_LIMITS")
    return Path(shutil.copy(ROOT / "production.ini", tmp_path / "production.ini"))


def found(run: Run, ini: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    result = run("check", ini, "--json", *options)
    return result.exit_code, json.loads(result.stdout)


def told(findings: list[dict[str, Any]], level: str) -> dict[str, str]:
    return {f"{one['about']}: {one['says']}": one["do"] for one in findings if one["level"] == level}


def test_what_is_ready_is_all_right(run: Run, production: Path) -> None:
    assert run("migrate", production).exit_code == 0
    code, findings = found(run, production)
    assert code == 0
    assert told(findings, "error") == {}
    assert [one["about"] for one in findings if one["level"] == "ok"] == [
        "settings", "database", "schema", "auth", "tasks", "cache", "jobs", "analytics",
    ]  # fmt: skip
    [(says, do)] = told(findings, "warning").items()
    assert says.startswith("settings: database.url is SQLite")
    assert do == "Use Postgres."
    assert found(run, production, "--strict")[0] == 78
    lines = run("check", production).stdout.splitlines()
    assert lines[0].split() == ["ABOUT", "FOUND", "WHAT", "TO", "DO"]


def test_nothing_is_made_by_asking(run: Run, production: Path) -> None:
    code, findings = found(run, production)
    assert code == 1
    assert told(findings, "error") == {"database: does not exist yet": "Run `intermediate migrate`."}
    assert not (production.parent / "p.sqlite").exists()


def test_a_schema_that_is_behind_is_told(run: Run, production: Path) -> None:
    (production.parent / "p.sqlite").touch()
    code, findings = found(run, production)
    assert code == 1
    assert told(findings, "error")["schema: schema_behind"] == "Run `intermediate migrate`."


def test_all_mistakes_are_told_at_once(run: Run, production: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = production.read_text().replace("cache.ttl_seconds = 60", "cache.ttl_secods = 60\ncahce.backend = redis")
    production.write_text(text.replace("jobs.max_retries = 3", "jobs.max_retries = many"))
    monkeypatch.setenv("INTERMEDIATE_SESSION_SECRET_KEY", "short")
    monkeypatch.setenv("INTERMEDIATE_CACHE_BACKEND", "memroy")
    monkeypatch.setenv("INTERMEDIATE_LOG_LEVL", "INFO")
    code, findings = found(run, production)
    assert code == 78
    errors = "\n".join(f"{says} | {do}" for says, do in told(findings, "error").items())
    for part in (
        "cache.ttl_secods is not a setting | Did you mean cache.ttl_seconds?",
        "INTERMEDIATE_LOG_LEVL is not a setting | Did you mean INTERMEDIATE_LOG_LEVEL?",
        "memory, null, redis | Did you mean memory?",
        "jobs.max_retries = 'many'",
    ):
        assert part in errors
    assert told(findings, "warning") == {
        "settings: cahce.backend is not a setting of this application and has no effect": "Did you mean cache.backend?"
    }


def test_a_server_that_would_not_start_is_an_error_and_is_shown_as_it_is_written(run: Run, production: Path) -> None:
    assert run("migrate", production).exit_code == 0
    production.write_text(production.read_text().replace("threads = 8", "thraeds = 8"))
    code, findings = found(run, production)
    assert code == 78
    said = {"settings: [server:main] thraeds is not a setting of gunicorn": "Did you mean threads?"}
    assert told(findings, "error") == said
    assert "  [server:main] thraeds is not" in run("check", production).stdout


def test_a_third_party_that_is_not_there_is_an_error(run: Run, production: Path) -> None:
    production.write_text(production.read_text().replace("[app:main]", "[app:main]\npyramid.includes = nosuch"))
    code, findings = found(run, production)
    assert code == 78
    assert "pyramid.includes" in told(findings, "error")["settings: No module named 'nosuch'"]


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("SESSION_SECRET_KEY", "short", "is shorter than 32 bytes"),
        ("JWT_SECRET_KEY", "change-me-" + "x" * 32, "still has its development value"),
        ("ALLOWED_HOSTS", "", "site.allowed_hosts is empty"),
        ("SITE_TRUSTED_PROXIES", "0.0.0.0/0", "trusts every address"),
    ],
)
def test_what_is_unsafe_is_an_error_and_stops_the_start(
    run: Run, production: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    monkeypatch.setenv(f"INTERMEDIATE_{name}", value)
    code, findings = found(run, production)
    assert code == 78
    assert any(part in says for says in told(findings, "error"))
    assert run("migrate", production).exit_code == 78


def test_a_service_that_does_not_answer_is_told_with_the_setting_that_says_where_it_is(
    run: Run, production: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("migrate", production).exit_code == 0
    monkeypatch.setenv("INTERMEDIATE_CACHE_BACKEND", "redis")
    monkeypatch.setenv("INTERMEDIATE_CACHE_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    [(says, do)] = told(found(run, production)[1], "error").items()
    assert says.startswith("cache: redis cache_unavailable (")
    assert "refused" in says
    assert do.startswith("Start it, fix what it reports, or correct cache.redis.url:")


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:{port}/x", "sqlite:////dev/null/x.sqlite"])
def test_a_database_that_cannot_be_used_is_told_in_one_line(
    run: Run, production: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("INTERMEDIATE_DATABASE_URL", url.format(port=free_port()))
    refused = run("migrate", production)
    [line] = refused.stderr.splitlines()
    assert "database.url cannot be used: " in line
    assert line.endswith("and that user, password and name are right.")
    assert refused.exit_code == 1


@pytest.mark.parametrize(
    "debug", [{"pyramid.debug_all": "true"}, {"pyramid.includes": "pyramid_tm pyramid_debugtoolbar"}]
)
def test_production_does_not_debug(debug: dict[str, str]) -> None:
    environ = SECRETS | {"INTERMEDIATE_ENVIRONMENT": "production"}
    with pytest.raises(ConfigurationError, match=r"Remove it\."):
        load(debug, environ)
    load({"pyramid.debug_all": "false", "pyramid.reload_templates": "true"}, environ)
    load(debug, {})


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("SESSION_SECURE_COOKIE", "false", "session.secure_cookie"),
        ("SITE_TRUSTED_PROXIES", "", "site.trusted_proxies is empty"),
        ("SITE_METRICS", "open", "site.metrics"),
        ("ALLOWED_ORIGINS", "http://localhost:3000", "api.allowed_origins"),
        ("API_RATE_LIMITS", "false", "api.rate_limits"),
        ("LOG_LEVEL", "DEBUG", "log.level"),
        ("CACHE_REDIS_ULR", "redis://cache", "INTERMEDIATE_CACHE_REDIS_ULR is not a setting, so cache.backend = redis"),
    ],
)
def test_what_is_doubtful_is_a_warning(
    run: Run, production: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    monkeypatch.setenv(f"INTERMEDIATE_{name}", value)
    _, findings = found(run, production)
    assert any(part in says and do for says, do in told(findings, "warning").items())


def test_a_queue_that_may_throw_jobs_away_is_an_error_and_one_that_is_away_too(
    run: Run, production: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("migrate", production).exit_code == 0
    monkeypatch.setenv("INTERMEDIATE_JOBS_BACKEND", "rq")
    with or_skip(redis.own_server()) as server:
        monkeypatch.setenv("INTERMEDIATE_REDIS_URL", server.url)
        assert found(run, production)[0] == 0
        with Redis.from_url(server.url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        code, findings = found(run, production)
        assert code == 1
        [(says, do)] = told(findings, "error").items()
        assert "allkeys-lru" in says
        assert do == "Set it to noeviction."
        with Redis.from_url(server.url) as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 1)
        [full] = told(found(run, production)[1], "error")
        assert full.startswith("jobs: rq queue_unavailable (")
        assert "maxmemory" in full
        server.kill()
        code, findings = found(run, production)
        assert code == 1
        [gone] = told(findings, "error")
        assert gone.startswith("jobs: rq queue_unavailable (")


@pytest.fixture
def on_postgres(run: Run, production: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Iterator[Any]:
    """A cursor from outside the application, whose database is migrated."""
    monkeypatch.setenv("INTERMEDIATE_DATABASE_URL", postgres_url)
    assert run("migrate", production).exit_code == 0
    with closing(psycopg2.connect(postgres_url)) as connection:
        connection.autocommit = True
        yield connection.cursor()


def shortage(run: Run, ini: Path) -> list[str]:
    return [says for says in told(found(run, ini)[1], "warning") if says.startswith("database: allows")]


@pytest.mark.parametrize("processes", [pytest.param(number, id=f"F15-{number}") for number in (8, 9, 11)])
def test_more_connections_than_postgres_gives_are_a_warning(
    run: Run, production: Path, monkeypatch: pytest.MonkeyPatch, on_postgres: Any, processes: int
) -> None:
    on_postgres.execute("SELECT current_setting('max_connections')::int")
    room, most = on_postgres.fetchone()[0] - 3, 10 * processes + 3
    monkeypatch.setenv("WEB_CONCURRENCY", str(processes))
    says = f"database: allows {room} connections, but the web processes ({processes}) and a worker may open {most}"
    assert shortage(run, production) == ([says] if most > room else [])
    production.write_text(production.read_text().replace("# workers = 4", "workers = 1"))
    assert shortage(run, production) == []


@pytest.mark.parametrize("whose", ["database", "role"])
def test_a_limit_of_the_database_or_of_the_role_counts_too(
    run: Run, production: Path, monkeypatch: pytest.MonkeyPatch, on_postgres: Any, postgres_url: str, whose: str
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    assert shortage(run, production) == []
    url = make_url(postgres_url)
    if whose == "database":
        on_postgres.execute(f"ALTER DATABASE {url.database} CONNECTION LIMIT 12")
    else:
        role = f"role_{url.database}"
        on_postgres.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 12")
        on_postgres.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        limited = url.set(username=role).render_as_string(hide_password=False)
        monkeypatch.setenv("INTERMEDIATE_DATABASE_URL", limited)
    try:
        assert shortage(run, production) == [
            "database: allows 12 connections, but the web processes (1) and a worker may open 13"
        ]
    finally:
        if whose == "role":
            on_postgres.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
