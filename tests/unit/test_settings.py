"""Settings: the sources of a value, and the message for each mistake."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from intermediate import settings
from intermediate.plugins import ConfigurationError
from intermediate.plugins.base import Section
from intermediate.plugins.cache.null import NullCache

STRONG = "0123456789abcdef0123456789abcdef"
PRODUCTION = {
    "intermediate.environment": "production",
    "session.secret_key": STRONG,
    "jwt.secret_key": STRONG[::-1],
    "site.allowed_hosts": "tasks.example.org",
}


class AnAddress(Section):
    url: int


class CacheElsewhere(NullCache):
    """A third-party backend with an invalid address."""

    Settings = AnAddress


def load(ini: Mapping[str, str] | None = None, **environ: str) -> settings.Settings:
    return settings.load(ini or {}, environ)


def refused(ini: Mapping[str, str] | None = None, **environ: str) -> str:
    """Return the one-line error with which startup is refused."""
    with pytest.raises(ConfigurationError) as caught:
        load(ini, **environ)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_nothing_is_needed() -> None:
    found = settings.load({}, {}, "/srv/app")
    assert found.database.url == "sqlite:////srv/app/intermediate.sqlite"
    assert (found.auth.backend, found.tasks.backend, found.cache.backend) == ("local", "sql", "memory")
    assert (found.jobs.backend, found.analytics.backend) == ("local", "sql")
    assert (found.cache.ttl_seconds, found.jobs.queue_name) == (60, "intermediate:tasks")
    assert (found.jobs.max_retries, found.jobs.retry_backoff_seconds) == (3, (5, 30, 120))
    assert found.api.allowed_origins == ("http://localhost:3000", "http://127.0.0.1:3000")


def test_a_variable_comes_before_the_ini_and_the_ini_before_the_default() -> None:
    ini = {"cache.ttl_seconds": "5", "jobs.max_retries": "1"}
    assert load(ini).cache.ttl_seconds == 5
    assert load(ini, INTERMEDIATE_CACHE_TTL_SECONDS="7").cache.ttl_seconds == 7


def test_a_key_has_its_own_variable_and_may_have_a_shared_one() -> None:
    assert load(INTERMEDIATE_JOB_MAX_RETRIES="2").jobs.max_retries == 2
    both = load(INTERMEDIATE_JOB_MAX_RETRIES="2", INTERMEDIATE_JOBS_MAX_RETRIES="4")
    assert both.jobs.max_retries == 4
    assert load(INTERMEDIATE_ENVIRONMENT="test").intermediate.environment == "test"
    assert load(INTERMEDIATE_LOG_LEVEL="ERROR").log.level == "ERROR"
    assert load(INTERMEDIATE_CACHE_MEMORY_MAX_ENTRIES="9").options["cache"].model_dump() == {"max_entries": 9}


def test_missing_empty_and_falsy_are_three_cases() -> None:
    assert load({"jobs.max_retries": "0"}).jobs.max_retries == 0
    assert load({"api.allowed_origins": ""}).api.allowed_origins == ()
    assert load(INTERMEDIATE_ALLOWED_HOSTS="").site.allowed_hosts == ()
    assert "jobs.max_retries = ''" in refused({"jobs.max_retries": ""})
    assert "database.url" in refused({"database.url": ""})


def test_lists_are_separated_by_commas() -> None:
    assert load(INTERMEDIATE_JOB_RETRY_BACKOFF_SECONDS="1, 2.5").jobs.retry_backoff_seconds == (1, 2.5)
    assert load({"site.allowed_hosts": "a.example, b.example"}).site.allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("ini", "words"),
    [
        ({"cache.ttl_second": "5"}, ["cache.ttl_second is not", "cache.ttl_seconds"]),
        ({"caches.ttl_seconds": "5"}, []),
        ({"cache.backend": "memry"}, ["cache.backend = 'memry'", "memory, null", "Did you mean memory?"]),
        ({"tasks.backend": "mongo"}, ["tasks.backend = 'mongo'", "memory, sql"]),
        ({"cache.memory.max_entrys": "5"}, ["cache.memory.max_entrys", "cache.memory.max_entries"]),
        ({"cache.ttl_seconds": "soon"}, ["cache.ttl_seconds = 'soon'", "integer"]),
        ({"cache.ttl_seconds": "0"}, ["cache.ttl_seconds = '0'", "greater than or equal to 1"]),
        ({"tasks.trash_days": "99999999999"}, ["tasks.trash_days", "less than or equal to 36525"]),
        ({"jwt.access_seconds": "1000000000000"}, ["jwt.access_seconds", "less than or equal to"]),
        ({"jobs.poll_seconds": "inf"}, ["jobs.poll_seconds = 'inf'", "less than or equal to"]),
        ({"jobs.retry_backoff_seconds": "5, -1"}, ["jobs.retry_backoff_seconds", "'-1'"]),
        ({"auth.local.memory_kib": "1000000000000"}, ["auth.local.memory_kib", "less than or equal to"]),
        ({"cache.backend": "intermediate.plugins.cache.null:Nil"}, ["cache.backend", "Nil"]),
        ({"api.allowed_origins": "*"}, ["api.allowed_origins = '*'", "https://app.example.org"]),
        ({"api.allowed_origins": "https://a.example/"}, ["'https://a.example/' is not an origin"]),
        ({"site.metrics": "everyone"}, ["site.metrics = 'everyone'", "'local'"]),
        ({"log.level": "LOUD"}, ["log.level = 'LOUD'", "'DEBUG'"]),
        ({"intermediate.environment": "prod"}, ["intermediate.environment = 'prod'", "'production'"]),
        ({"session.secret_key": "short"}, ["session.secret_key", "32 bytes", "openssl rand"]),
        pytest.param({"jwt.secret_key": STRONG[:31]}, ["jwt.secret_key", "32 bytes"], id="A15"),
        pytest.param({"jwt.secret_key": f"{STRONG},{STRONG[:31]}"}, ["jwt.secret_key", "32 bytes"], id="A15-in-a-ring"),
        ({"jwt.secret_key": ",".join([STRONG] * 4)}, ["jwt.secret_key", "three"]),
    ],
)
def test_a_mistake_names_the_key_the_value_and_what_would_be_right(ini: dict[str, str], words: list[str]) -> None:
    if not words:
        assert load(ini)  # another application's prefix
        return
    line = refused(ini)
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("INTERMEDIATE_CACHE_TTL", "INTERMEDIATE_CACHE_TTL_SECONDS"),
        ("INTERMEDIATE_DATABSE_URL", "INTERMEDIATE_DATABASE_URL"),
        ("INTERMEDIATE_CACHE__TTL_SECONDS", "INTERMEDIATE_CACHE_TTL_SECONDS"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_name(name: str, nearest: str) -> None:
    line = refused({}, **{name: "x"})
    assert name in line
    assert f"Did you mean {nearest}?" in line


def test_the_cache_has_a_switch() -> None:
    assert load(INTERMEDIATE_CACHE_ENABLED="false").cache.backend == "null"
    assert load({"cache.backend": "memory"}, INTERMEDIATE_CACHE_ENABLED="true").cache.backend == "memory"
    assert "INTERMEDIATE_CACHE_ENABLED = 'off'" in refused(INTERMEDIATE_CACHE_ENABLED="off")


def test_options_of_a_backend_that_is_not_chosen_may_stay() -> None:
    assert load({"cache.backend": "null", "cache.memory.max_entries": "5"}).cache.backend == "null"
    assert load({"cache.backend": "null"}, INTERMEDIATE_CACHE_MEMORY_MAX_ENTRIES="5").cache.backend == "null"


def test_a_backend_may_be_named_by_its_path() -> None:
    path = "intermediate.plugins.cache.null:NullCache"
    assert load({"cache.backend": path}).cache.backend == path


def test_secrets_and_addresses_are_never_shown() -> None:
    assert "hunter2" not in refused({"session.secret_key": "hunter2"})
    assert "hunter2" not in refused({"jwt.secret_key": "hunter2"})
    path = f"{__name__}:CacheElsewhere"
    line = refused({"cache.backend": path, f"cache.{path}.url": "redis://user:hunter2@host"})
    assert "url" in line
    assert "hunter2" not in line
    assert "hunter2" not in repr(load({"session.secret_key": "hunter2" * 8}).session)


def test_production_starts_with_strong_secrets_and_hosts_only() -> None:
    assert load(PRODUCTION).production
    for missing in ("session.secret_key", "jwt.secret_key", "site.allowed_hosts"):
        assert missing in refused({key: value for key, value in PRODUCTION.items() if key != missing})
    weak = "change-me-" + STRONG
    assert "development value" in refused(PRODUCTION | {"jwt.secret_key": weak})
    assert "development value" in refused(PRODUCTION | {"jwt.secret_key": f"{STRONG},{weak}"})


def test_a_backend_that_two_packages_offer_is_chosen_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[intermediate.cache]\nfiles = {name}:Cache\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        ConfigurationError, match=r"cache\.backend = 'files' is provided by one and two\. Uninstall one, or"
    ):
        settings.load({"cache.backend": "files"}, {})
