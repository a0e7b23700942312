"""Rate limits for failed logins and links, new accounts, and jobs.

Each process counts its own requests. If the queue or the cache is in Redis, all processes count there too, and a limit
is reached if either count has reached it. If Redis is unavailable, limits apply per process, from its count so far.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from babel.units import format_unit
from limits import RateLimitItem
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import SecretStr
from pyramid.config import Configurator

from intermediate import addresses
from intermediate.breaker import Breaker
from intermediate.i18n import _, sentences
from intermediate.problems import Problem
from intermediate.request import Request
from intermediate.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")
PREFIX = "intermediate:limit"
REDIS_SECONDS = 0.25
MOST_KEYS = 10_000
HOUR, MINUTE = 3600, 60


@dataclass(frozen=True)
class Window:
    """A limit, and the subject that it counts. The name is the policy's in the header `RateLimit`."""

    name: str
    rate: RateLimitItem
    whose: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The storage key: of bounded length, with user input only as a hash."""
        return self.name, hashlib.blake2b(self.whose.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class TooManyRequestsError(Problem):
    """429, with headers that tell when to retry (draft-ietf-httpapi-ratelimit-headers-10)."""

    def __init__(self, window: Window, seconds: int, code: str, what: str) -> None:
        headers = {
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"{window.name}";q={window.rate.amount};w={window.rate.get_expiry()}',
            "RateLimit": f'"{window.name}";r=0;t={seconds}',
        }
        super().__init__(429, code, sentences(what, again(max(1, seconds))), headers=headers)


def again(seconds: int) -> str:
    """Return the message that tells when to retry, rounded up to a whole unit."""
    size, unit = next(
        (size, unit) for size, unit in ((HOUR, "hour"), (MINUTE, "minute"), (1, "second")) if seconds >= size
    )
    wait = partial(format_unit, math.ceil(seconds / size), f"duration-{unit}", "long")
    return _("Try again in ${time}.", mapping={"time": lambda locale: wait(locale=locale)})


class RateLimits:
    """The limits of one application. If `api.rate_limits` is off, nothing is counted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = MemoryStorage()
        self._here = MovingWindowRateLimiter(self._memory)
        self._alone = Lock()  # two threads could start the storage's timer twice, which raises
        self._redis: RedisStorage | None = None
        self._breaker = Breaker("rate_limits_not_shared", "rate_limits_shared")
        if (url := redis_url(settings)) is not None:
            from redis.backoff import NoBackoff  # an optional dependency, which the Redis backends require
            from redis.retry import Retry

            patience: dict[str, Any] = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
            no_retry: Any = Retry(NoBackoff(), 0)
            self._redis = RedisStorage(url.get_secret_value(), key_prefix=PREFIX, retry=no_retry, **patience)
            self._everywhere = MovingWindowRateLimiter(self._redis)

    def login(self, request: Request, email: str) -> "Attempts":
        """Return an attempt to log in. Call `allowed` before the password is checked, and `failed` if it is wrong."""
        auth = self._settings.auth
        return Attempts(
            self,
            self._windows(
                ("login", auth.login_attempts, email),
                ("login-address", auth.login_attempts, self._client(request)),
                ("login-all", auth.login_attempts_all, ""),
            ),
        )

    def reset(self, request: Request) -> "Attempts":
        """Return an attempt to use a reset link. Call `allowed` before it is read, and `failed` if it is refused.

        It does not count as a login: a user who needs such a link has failed to log in often enough.
        """
        windows = self._windows(("reset", self._settings.auth.login_attempts, self._client(request)))
        return Attempts(self, windows, _("Too many invalid links were opened from your address."))

    def registration(self, request: Request) -> None:
        """Count a registration. TooManyRequestsError if there were too many from the client's address."""
        windows = self._windows(("register", self._settings.auth.registrations, self._client(request)))
        self.count(windows, "too_many_requests", _("Too many attempts to create an account from your address."))

    def job(self, user_id: int) -> None:
        """Count a request for a job. TooManyRequestsError if the user has made too many."""
        windows = self._windows(("jobs", self._settings.api.job_requests, str(user_id)))
        self.count(windows, "too_many_requests", _("Too many jobs were requested."))

    def check(self, windows: Iterable[Window], code: str, what: str) -> None:
        """Raise TooManyRequestsError if one of the limits is reached."""
        for window in windows:
            if not all(self._each(MovingWindowRateLimiter.test, window)):
                raise self._refusal(window, code, what)

    def count(self, windows: Iterable[Window], code: str, what: str) -> None:
        """Count one more. TooManyRequestsError if one of the limits was already reached."""
        spent = [window for window in windows if not all(self._each(MovingWindowRateLimiter.hit, window))]
        if spent:
            raise self._refusal(spent[0], code, what)

    def close(self) -> None:
        if self._redis:
            self._redis.storage.close()

    def _make_room(self) -> None:
        """If there are too many counters, delete a tenth: the expired ones, then those that expire next."""
        counters = self._memory.events  # which never evicts a key
        if len(counters) < MOST_KEYS:
            return
        ends = {key: events[0].expiry if events else 0.0 for key, events in list(counters.items())}
        for key in sorted(ends, key=ends.__getitem__)[: len(ends) - MOST_KEYS * 9 // 10]:
            with self._memory.locks[key]:  # the storage's timer may be changing it
                self._memory.clear(key)

    def _windows(self, *limits: tuple[str, RateLimitItem | None, str]) -> list[Window]:
        on = self._settings.api.rate_limits
        return [Window(name, rate, whose) for name, rate, whose in limits if on and rate]

    def _client(self, request: Request) -> str:
        return addresses.client(request.environ, self._settings.site.trusted_proxies)

    def _each(self, ask: Callable[..., T], window: Window) -> list[T]:
        """Return the result of this process, and that of Redis if it responds."""
        with self._alone:
            self._make_room()
            answers = [ask(self._here, window.rate, *window.key)]
        if self._redis and self._breaker.allows():
            try:
                answers.append(ask(self._everywhere, window.rate, *window.key))
            except (self._redis.dependency.RedisError, OSError) as error:
                self._breaker.failed(error)
            else:
                self._breaker.succeeded()
        return answers

    def _refusal(self, window: Window, code: str, what: str) -> TooManyRequestsError:
        spent = self._each(MovingWindowRateLimiter.get_window_stats, window)
        at = max((stats.reset_time for stats in spent if stats.remaining <= 0), default=0.0)
        seconds = min(max(math.ceil(at - time.time()), 1), window.rate.get_expiry())
        log.warning(code, extra={"limit": window.name, "seconds": seconds})
        return TooManyRequestsError(window, seconds, code, what)


class Attempts:
    """One attempt to log in, or to use a link.

    Concurrent attempts are all checked, but only as many get the outcome as the limit allows: a correct password, too,
    is confirmed only while attempts are left.
    """

    def __init__(
        self, limits: RateLimits, windows: list[Window], what: str = _("Too many attempts to log in.")
    ) -> None:
        self._limits, self._windows, self._words = limits, windows, ("too_many_attempts", what)

    def allowed(self) -> None:
        """Raise TooManyRequestsError if no attempt is left."""
        self._limits.check(self._windows, *self._words)

    def failed(self) -> None:
        self._limits.count(self._windows, *self._words)


def redis_url(settings: Settings) -> SecretStr | None:
    """Return the URL of the queue's Redis, which evicts nothing, else of the cache's, else None."""
    for kind, backend in (("jobs", "rq"), ("cache", "redis")):
        if getattr(settings, kind).backend == backend:
            options: Any = settings.options[kind]
            return options.url
    return None


def includeme(config: Configurator) -> None:
    config.registry.rate_limits = RateLimits(config.registry.app_settings)
