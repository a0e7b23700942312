"""The warnings of `intermediate check`, and the server settings that it refuses, without querying services."""

import sys
from typing import Any

import pytest

from intermediate.doubts import doubts, without_effect, wrong_if_chosen
from intermediate.plugins import ConfigurationError
from intermediate.servers import verify
from intermediate.settings import Settings, load

HEX = "0123456789abcdef"
READY = {
    "intermediate.environment": "production",
    "session.secret_key": HEX * 2,
    "jwt.secret_key": HEX[::-1] * 2,
    "site.allowed_hosts": "tasks.example.org",
    "site.trusted_proxies": "10.0.0.1",
    "api.allowed_origins": "",
    "database.url": "postgresql://intermediate@localhost/intermediate",
}
SERVER = {"use": "egg:intermediate#gunicorn", "bind": "127.0.0.1:8003", "threads": "8"}
WAITRESS = {"use": "egg:intermediate#main", "listen": "127.0.0.1:8003"}


def made(**changed: str) -> Settings:
    return load(READY | changed, {})


def test_nothing_is_doubtful_of_what_is_ready() -> None:
    assert list(doubts(made(), READY, SERVER)) == []
    assert list(doubts(made(), READY, SERVER | {"max_request_body_size": "21102592"})) == []
    assert [without_effect(key) for key in READY] == [""] * len(READY)


@pytest.mark.parametrize(
    ("changed", "server", "said"),
    [
        ({"jwt.secret_key": f"{'fedcba9876543210' * 3},{HEX * 2}"}, {}, "jwt.secret_key are the same. Give each"),
        ({"jwt.secret_key": "abc" * 20}, {}, "jwt.secret_key has too few different characters"),
        ({"tasks.backend": "memory"}, {}, "tasks.backend = memory loses all tasks"),
        ({}, {"max_request_body_size": "21037055"}, "import.max_bytes allows. Set it to 21037056 or more."),
        ({"import.max_bytes": "99999999"}, {"max_request_body_size": "21102592"}, "max_request_body_size is too small"),
    ],
)
def test_what_is_doubtful_is_said_with_what_to_do(changed: dict[str, str], server: dict[str, str], said: str) -> None:
    [found] = doubts(made(**changed), READY | changed, SERVER | server)
    assert said in found
    assert found.count(". ") == 1


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("cahce.backend", "Did you mean cache.backend?"),
        ("log_level", "Did you mean log.level?"),
        ("loglevl", "Did you mean log.level?"),
        ("session_secure-cookie", "Did you mean session.secure_cookie?"),
        ("threads", "threads has no effect in [app:main]. Move it to [server:main]."),
        ("max_request_body_size", "Move it to [server:main]."),
    ],
)
def test_a_key_without_effect_is_told_with_what_was_meant(key: str, said: str) -> None:
    assert without_effect(key).endswith(said)


@pytest.mark.parametrize(
    "key", ["use", "pyramid.includes", "sqlalchemy.url", "mail.host", "beaker.session.key", "debugtoolbar.hosts"]
)
def test_keys_of_third_parties_are_left_alone(key: str) -> None:
    assert without_effect(key) == ""


@pytest.mark.parametrize(
    ("ini", "environ", "said"),
    [
        (
            {"cache.redis.urll": "x"},
            {},
            "cache.redis.urll is not a setting, so cache.backend = redis would not start. "
            "Did you mean cache.redis.url?",
        ),
        (
            {},
            {"INTERMEDIATE_JOBS_RQ_ULR": "x"},
            "The environment variable INTERMEDIATE_JOBS_RQ_ULR is not a setting, so jobs.backend = rq would not start. "
            "Did you mean INTERMEDIATE_JOBS_RQ_URL?",
        ),
        ({"cache.null.size": "1"}, {}, "cache.null.size is not a setting, so cache.backend = null would not start."),
    ],
)
def test_a_misspelt_option_of_a_backend_that_is_not_chosen_is_told(
    ini: dict[str, str], environ: dict[str, str], said: str
) -> None:
    assert list(wrong_if_chosen(load(READY | ini, environ), READY | ini, environ)) == [said]


def test_options_of_a_backend_that_is_not_chosen_are_left_alone() -> None:
    ini = READY | {"cache.redis.url": "no address", "jobs.queue_name": "x"}
    environ = {"INTERMEDIATE_CACHE_REDIS_URL": "x", "INTERMEDIATE_ANALYTICS_MONGO_URL": "x", "HOME": "/"}
    assert list(wrong_if_chosen(load(ini, environ), ini, environ)) == []


def test_a_backend_that_is_not_chosen_and_cannot_be_loaded_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "intermediate.plugins.cache.redis", None)
    ini = READY | {"cache.redis.urll": "x"}
    assert list(wrong_if_chosen(made(), ini, {})) == []


def test_options_of_a_backend_that_is_not_installed_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"cache\.rediss\.url is not a setting"):
        made(**{"cache.rediss.url": "x"})


@pytest.mark.parametrize("server", [{}, SERVER, WAITRESS, SERVER | {"workers": "2", "bind": "unix:/run/x.sock"}])
def test_a_server_that_starts_is_all_right(server: dict[str, str]) -> None:
    verify(made(), server)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (SERVER | {"thraeds": "8"}, "thraeds is not a setting of gunicorn. Did you mean threads?"),
        (SERVER | {"threads": "many"}, "threads = many: "),
        (SERVER | {"workers": "0"}, "use at least 1"),
        (SERVER | {"bind": "127.0.0.1:99999"}, "bind = 127.0.0.1:99999: use a port up to 65535"),
        (SERVER | {"bind": "127.0.0.1:http"}, "'http' is not a valid port number"),
        (SERVER | {"max_request_body_size": "20M"}, "use a number"),
        (SERVER | {"jobs.queue_name": "x"}, "jobs.queue_name is not a setting"),
        (WAITRESS | {"bind": "127.0.0.1:8003"}, "Unknown adjustment 'bind'"),
        (WAITRESS | {"threads": "many"}, "many"),
        ({"use": "egg:gunicorn#main"}, "use = egg:gunicorn#main: use "),
    ],
)
def test_a_server_that_would_not_start_is_told(server: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        verify(made(), server)
    assert said in str(error.value)
    assert str(error.value).startswith("[server:main]")


@pytest.mark.parametrize("number", ["abc", "0", "-1", ""])
def test_as_many_processes_as_no_number_says_are_told(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", number)
    with pytest.raises(ConfigurationError, match=f"WEB_CONCURRENCY = '{number}': use the number of web processes"):
        verify(made(), SERVER)
    verify(made(), WAITRESS)


@pytest.mark.parametrize("host", ["*", "*.example.org", "https://tasks.example.org", "tasks.example.org:443", "a b"])
def test_what_is_no_host_name_does_not_start(host: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a host name: use names such as"):
        made(**{"site.allowed_hosts": host})


def test_hosts_are_compared_as_browsers_send_them() -> None:
    found: Any = made(**{"site.allowed_hosts": "Tasks.Example.org, 127.0.0.1, [::1], my_web"}).site.allowed_hosts
    assert found == ("tasks.example.org", "127.0.0.1", "[::1]", "my_web")


def test_a_proxy_that_signs_people_in_may_not_be_everybody() -> None:
    with pytest.raises(ConfigurationError, match=r"auth\.remote_user\.trusted trusts every address"):
        made(**{"auth.backend": "remote_user", "auth.remote_user.trusted": "10.0.0.1, 0.0.0.0/0"})
