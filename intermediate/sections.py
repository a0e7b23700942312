"""The settings, one model per section. `intermediate.settings` reads them from an INI file and the environment.

The docstring below each setting is its description in `docs/settings.md`.
"""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from limits import RateLimitItem, parse, parse_many
from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, IPvAnyNetwork, SecretStr

from intermediate.plugins.base import Days, Duration, Seconds, Section

DEFAULT_SECRET = "change-me-"  # noqa: S105  a prefix that production refuses, not a secret


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


comma_separated = BeforeValidator(_split)


def _origin(value: str) -> str:
    found = urlsplit(value)
    if found.scheme not in ("http", "https") or value != f"{found.scheme}://{found.netloc}" or value != value.lower():
        raise ValueError(f"{value!r} is not an origin: write each as browsers send it, such as https://app.example.org")
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9._-]*[a-z0-9])?", value.lower()):
        raise ValueError(f"{value!r} is not a host name: use names such as tasks.example.org, without a port")
    return value.lower()


Backoff = Annotated[float, Field(ge=0, le=86_400)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], comma_separated]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], comma_separated]
NetworkList = Annotated[tuple[IPvAnyNetwork, ...], comma_separated]


def _rate(value: object) -> object:
    if not isinstance(value, str) or value == "off":
        return None if value == "off" else value
    try:
        [found] = parse_many(value)
    except ValueError:
        found = None
    if found is None or found.amount < 1:
        raise ValueError("use a number per time, such as 10/5 minutes or 60/minute, or off")
    return found


Rate = Annotated[InstanceOf[RateLimitItem] | None, BeforeValidator(_rate)]


class Intermediate(Section):
    environment: Literal["development", "test", "staging", "production"] = "development"
    """Appears in every log line. `staging` and `production` refuse the development secrets and require host names."""


class Log(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The lowest level that is logged. Requests are logged as INFO."""


class Database(Section):
    url: str = Field(min_length=1)
    """The database of accounts, sessions, tasks, jobs and reports: `sqlite:///` and a path, or
    `postgresql://user:password@host/name`. The default is `intermediate.sqlite` beside the INI file."""
    migrate: bool = False
    """Update the schema at each start. If several processes start, run `intermediate migrate` once instead."""


class Session(Section):
    """The site's signed cookie."""

    secret_key: SecretStr = SecretStr(DEFAULT_SECRET + "session-key-for-development-only")
    """Up to three keys, separated by commas, of at least 32 bytes each: the first signs, all verify. Generate one with
    `openssl rand -hex 32`."""
    idle_seconds: Seconds = Field(12 * 3600, ge=60)
    """How long a browser stays logged in without sending a request."""
    lifetime_seconds: Seconds = Field(30 * 86400, ge=60)
    """How long a browser stays logged in at most."""
    secure_cookie: bool = True
    """Whether the session cookie requires https."""


class Jwt(Section):
    """The API's tokens."""

    secret_key: SecretStr = SecretStr(DEFAULT_SECRET + "jwt-key-for-development-only")
    """Like `session.secret_key`, but with different keys."""
    access_seconds: Seconds = 900
    """How long an access token is valid."""
    refresh_seconds: Seconds = Field(30 * 86400, ge=60)
    """How long a refresh token is valid."""


class Api(Section):
    allowed_origins: Origins = ("http://localhost:3000", "http://127.0.0.1:3000")
    """The origins of browser applications that may call the API, separated by commas."""
    idempotency_seconds: Seconds = 24 * 3600
    """How long the response to a request with an Idempotency-Key is kept and given again."""
    docs: bool = True
    """Whether `/docs` and `/redoc` are served."""
    rate_limits: bool = True
    """Whether rate limits apply. Requests are counted in the Redis of the queue or the cache, and in each process if
    that is unavailable."""
    job_requests: Rate = parse("60/minute")
    """Jobs that one user may request."""
    event_streams: int = Field(4, ge=0)
    """Event streams of jobs at once in a process. Each occupies a thread of the server."""
    event_streams_per_user: int = Field(2, ge=0)
    """Event streams at once for one user."""
    event_stream_seconds: float = Field(30, gt=0, le=60)
    """After how long a stream ends; the client then reconnects."""


class Site(Section):
    allowed_hosts: Hosts = ()
    """The host names that the site answers to, separated by commas. Required in production."""
    trusted_proxies: NetworkList = ()
    """Addresses or networks of proxies whose X-Forwarded-For is trusted. Without it, all clients behind a proxy have
    the proxy's address and share its rate limits."""
    metrics: Literal["off", "local", "open"] = "local"
    """Who may read `/metrics`: `local`, programs on the same machine that are not proxies; `open`, everyone who can
    reach it; `off`, nobody."""


class Import(Section):
    max_bytes: int = Field(20 * 1024 * 1024, ge=1)
    """The largest file that the API imports. The server's own limit on request bodies must be slightly higher."""
    keep_days: Days = 7
    """After how long an uploaded file that no worker has read is deleted, and its job cancelled."""


class Auth(Section):
    backend: str = "local"
    """The backend that authenticates users."""
    login_attempts: Rate = parse("10/5 minutes")
    """Failed logins per account, and per client address."""
    login_attempts_all: Rate = parse("1000/5 minutes")
    """Failed logins in total."""
    registrations: Rate = parse("10/hour")
    """New accounts per client address. `off` removes the limit; it does not close registration."""
    reset_link_seconds: Seconds = 24 * 3600
    """How long a reset link, created by an administrator for a locked-out user, can be used."""


class Tasks(Section):
    backend: str = "sql"
    """The backend that stores tasks."""
    trash_days: Days = 30
    """How long a deleted task can be restored."""


class Cache(Section):
    backend: str = "memory"
    """The backend that caches lists of tasks, statistics and counts."""
    ttl_seconds: Seconds = 60
    """How long an entry may be used."""


class Jobs(Section):
    backend: str = "local"
    """The backend that runs background jobs."""
    queue_name: str = Field("intermediate:tasks", min_length=1)
    """The name of the queue. Must be different for each application that shares a Redis."""
    max_retries: int = Field(3, ge=0, le=20)
    """How often a failed job is retried."""
    retry_backoff_seconds: Annotated[tuple[Backoff, ...], comma_separated] = Field((5, 30, 120), min_length=1)
    """How long to wait before each retry; the last value is also used for all further retries."""
    lease_seconds: Duration = 15
    """After how long the job of a lost worker is run again."""
    timeout_seconds: Duration = 600
    """An attempt that takes longer fails, and the job is retried."""
    poll_seconds: Duration = 1
    """How often a worker looks for due jobs that the queue has not delivered."""
    keep_days: Days = 7
    """How long a job is kept after it has ended."""


class Analytics(Section):
    backend: str = "sql"
    """The backend to which workers copy each report, for `/admin` and for other programs."""
