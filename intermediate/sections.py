"""What can be set, section by section. `intermediate.settings` reads it from an INI file and the environment.

The text below each setting is what `docs/settings.md` says of it.
"""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from limits import RateLimitItem, parse, parse_many
from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, IPvAnyNetwork, SecretStr

from intermediate.plugins.base import Days, Duration, Seconds, Section

DEFAULT_SECRET = "change-me-"  # noqa: S105  what production refuses, not a secret


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


comma_separated = BeforeValidator(_split)


def _origin(value: str) -> str:
    found = urlsplit(value)
    if found.scheme not in ("http", "https") or value != f"{found.scheme}://{found.netloc}" or value != value.lower():
        raise ValueError(f"{value!r} is no origin: say each as browsers do, such as https://app.example.org")
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9._-]*[a-z0-9])?", value.lower()):
        raise ValueError(f"{value!r} is no host name: say each as browsers do, such as tasks.example.org, without port")
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
        raise ValueError("say how many in which time, such as 10/5 minutes or 60/minute, or off")
    return found


Rate = Annotated[InstanceOf[RateLimitItem] | None, BeforeValidator(_rate)]


class Intermediate(Section):
    environment: Literal["development", "test", "staging", "production"] = "development"
    """Stands in every line of the log. `staging` and `production` refuse development's secrets, and want host names."""


class Log(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is logged, from this on. A request is INFO."""


class Database(Section):
    url: str = Field(min_length=1)
    """Accounts, sessions, tasks, jobs and reports: `sqlite:///` and a path, or `postgresql://user:password@host/name`.
    By default it is `intermediate.sqlite` beside the INI file."""
    migrate: bool = False
    """Bring the schema up to date at each start. Where several processes start, `intermediate migrate` does it once."""


class Session(Section):
    """The site's signed cookie."""

    secret_key: SecretStr = SecretStr(DEFAULT_SECRET + "session-key-for-development-only")
    """32 bytes or more each, up to three separated by commas: the first signs, all verify. `openssl rand -hex 32`."""
    idle_seconds: Seconds = Field(12 * 3600, ge=60)
    """How long a browser stays logged in without a request."""
    lifetime_seconds: Seconds = Field(30 * 86400, ge=60)
    """How long it stays logged in at all."""
    secure_cookie: bool = True
    """Whether the cookie needs https."""


class Jwt(Section):
    """The API's tokens."""

    secret_key: SecretStr = SecretStr(DEFAULT_SECRET + "jwt-key-for-development-only")
    """As the session's, and another one."""
    access_seconds: Seconds = 900
    """How long an access token holds."""
    refresh_seconds: Seconds = Field(30 * 86400, ge=60)
    """How long it can be refreshed."""


class Api(Section):
    allowed_origins: Origins = ("http://localhost:3000", "http://127.0.0.1:3000")
    """Browser applications that may call the API, by their origin, separated by commas."""
    idempotency_seconds: Seconds = 24 * 3600
    """For how long a request may be repeated under its Idempotency-Key and gets the first answer again."""
    docs: bool = True
    """Whether there are `/docs` and `/redoc`."""
    rate_limits: bool = True
    """Whether anything is limited at all. They are counted in the Redis of the queue or the cache, and with that away
    in each process."""
    job_requests: Rate = parse("60/minute")
    """Jobs that one user may ask for."""
    event_streams: int = Field(4, ge=0)
    """Streams of a job's events at once in a process. Each holds a thread of the server."""
    event_streams_per_user: int = Field(2, ge=0)
    """Those of one user."""
    event_stream_seconds: float = Field(30, gt=0, le=60)
    """After how long a stream ends, and is opened again by its client."""


class Site(Section):
    allowed_hosts: Hosts = ()
    """The host names that the site answers to, separated by commas. Production wants them named."""
    trusted_proxies: NetworkList = ()
    """Proxies whose X-Forwarded-For says where a client is, by address or network. Without it all who come through one
    have one address, and share its limits."""
    metrics: Literal["off", "local", "open"] = "local"
    """Who may read `/metrics`: programs of this machine that are no proxies, everybody who can reach it, or nobody."""


class Import(Section):
    max_bytes: int = Field(20 * 1024 * 1024, ge=1)
    """The largest file that the API imports. The server's own limit on bodies must be some more."""
    keep_days: Days = 7
    """A file that no worker has come to read for so long is deleted, and its job cancelled."""


class Auth(Section):
    backend: str = "local"
    """Who says who somebody is."""
    login_attempts: Rate = parse("10/5 minutes")
    """Failed logins of one account, and of one client's address."""
    login_attempts_all: Rate = parse("1000/5 minutes")
    """Failed logins of all."""
    registrations: Rate = parse("10/hour")
    """New accounts from one address."""
    reset_link_seconds: Seconds = 24 * 3600
    """For how long a link can be used that an administrator made for somebody who is locked out."""


class Tasks(Section):
    backend: str = "sql"
    """Where tasks live."""
    trash_days: Days = 30
    """For how long a deleted task can be restored."""


class Cache(Section):
    backend: str = "memory"
    """Where pages of tasks, statistics and counts are kept for the next reader."""
    ttl_seconds: Seconds = 60
    """For how long."""


class Jobs(Section):
    backend: str = "local"
    """Who runs what takes time."""
    queue_name: str = Field("intermediate:tasks", min_length=1)
    """Of its own for each application that shares a Redis."""
    max_retries: int = Field(3, ge=0, le=20)
    """How often a job that fails is tried again."""
    retry_backoff_seconds: Annotated[tuple[Backoff, ...], comma_separated] = Field((5, 30, 120), min_length=1)
    """How long it then waits, each time; the last goes for all that follow."""
    lease_seconds: Duration = 15
    """After how long a job whose worker is lost is run again."""
    timeout_seconds: Duration = 600
    """A job that takes longer has failed, and is tried again."""
    poll_seconds: Duration = 1
    """How often a worker looks for jobs that nobody told it of."""
    keep_days: Days = 7
    """For how long a job that is over can be looked up."""


class Analytics(Section):
    backend: str = "sql"
    """Where workers put each report besides, for `/admin` and for other programs."""
