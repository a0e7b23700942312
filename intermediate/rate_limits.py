"""How often something may be done: logins and links that fail, new accounts, jobs.

Each process counts what it sees. Where the queue or the cache is in Redis, all processes count there too, and what
either says is spent is spent: with Redis away, a limit holds in each process, and goes on from what that has seen.
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
    """A limit, and whose doings are counted against it. The name is the policy's in `RateLimit`."""

    name: str
    rate: RateLimitItem
    whose: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Of bounded length, and without what somebody typed."""
        return self.name, hashlib.blake2b(self.whose.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class TooManyRequestsError(Problem):
    """429, with what a client needs to come back in time (draft-ietf-httpapi-ratelimit-headers-10)."""

    def __init__(self, window: Window, seconds: int, code: str, what: str) -> None:
        headers = {
            "Retry-After": str(seconds),
            "RateLimit-Policy": f'"{window.name}";q={window.rate.amount};w={window.rate.get_expiry()}',
            "RateLimit": f'"{window.name}";r=0;t={seconds}',
        }
        super().__init__(429, code, sentences(what, again(max(1, seconds))), headers=headers)


def again(seconds: int) -> str:
    """When to come back, as one would say it: never sooner than it is."""
    size, unit = next(
        (size, unit) for size, unit in ((HOUR, "hour"), (MINUTE, "minute"), (1, "second")) if seconds >= size
    )
    wait = partial(format_unit, math.ceil(seconds / size), f"duration-{unit}", "long")
    return _("Try again in ${time}.", mapping={"time": lambda locale: wait(locale=locale)})


class RateLimits:
    """The limits of one application. Without `rate_limits` in the settings nothing is counted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = MemoryStorage()
        self._here = MovingWindowRateLimiter(self._memory)
        self._alone = Lock()  # two threads could start the storage's timer twice, which raises
        self._redis: RedisStorage | None = None
        self._breaker = Breaker("rate_limits_not_shared", "rate_limits_shared")
        if (url := redis_url(settings)) is not None:
            from redis.backoff import NoBackoff  # an extra, which whoever names a Redis has
            from redis.retry import Retry

            patience: dict[str, Any] = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
            no_retry: Any = Retry(NoBackoff(), 0)
            self._redis = RedisStorage(url.get_secret_value(), key_prefix=PREFIX, retry=no_retry, **patience)
            self._everywhere = MovingWindowRateLimiter(self._redis)

    def login(self, request: Request, email: str) -> "Attempts":
        """To be asked before a password is checked, and told how that went."""
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
        """To be asked before a reset link is read, and told if it is refused. Not among the logins, of which whoever
        needs such a link has failed enough."""
        windows = self._windows(("reset", self._settings.auth.login_attempts, self._client(request)))
        return Attempts(self, windows, _("Too many invalid links were opened from your address."))

    def registration(self, request: Request) -> None:
        """Count a registration. TooManyRequestsError if there were too many from there."""
        windows = self._windows(("register", self._settings.auth.registrations, self._client(request)))
        self.count(windows, "too_many_requests", _("Too many attempts to create an account from your address."))

    def job(self, user_id: int) -> None:
        """Count a request for a job. TooManyRequestsError if the user has made too many."""
        windows = self._windows(("jobs", self._settings.api.job_requests, str(user_id)))
        self.count(windows, "too_many_requests", _("Too many jobs were requested."))

    def check(self, windows: Iterable[Window], code: str, what: str) -> None:
        """TooManyRequestsError if one is spent."""
        for window in windows:
            if not all(self._each(MovingWindowRateLimiter.test, window)):
                raise self._refusal(window, code, what)

    def count(self, windows: Iterable[Window], code: str, what: str) -> None:
        """Count one more. TooManyRequestsError if one was spent already."""
        spent = [window for window in windows if not all(self._each(MovingWindowRateLimiter.hit, window))]
        if spent:
            raise self._refusal(spent[0], code, what)

    def close(self) -> None:
        if self._redis:
            self._redis.storage.close()

    def _make_room(self) -> None:
        """Of too many counters forget a tenth: those that are over, then those that would be over next."""
        counters = self._memory.events  # which forgets no key by itself
        if len(counters) < MOST_KEYS:
            return
        ends = {key: events[0].expiry if events else 0.0 for key, events in list(counters.items())}
        for key in sorted(ends, key=ends.__getitem__)[: len(ends) - MOST_KEYS * 9 // 10]:
            with self._memory.locks[key]:  # the storage's timer may be at it
                self._memory.clear(key)

    def _windows(self, *limits: tuple[str, RateLimitItem | None, str]) -> list[Window]:
        on = self._settings.api.rate_limits
        return [Window(name, rate, whose) for name, rate, whose in limits if on and rate]

    def _client(self, request: Request) -> str:
        return addresses.client(request.environ, self._settings.site.trusted_proxies)

    def _each(self, ask: Callable[..., T], window: Window) -> list[T]:
        """What this process says, and Redis, if that answers."""
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

    Of many at the same moment all are checked and only as many learn the outcome as the limit has: so the right
    password, too, is told only while there are attempts left.
    """

    def __init__(
        self, limits: RateLimits, windows: list[Window], what: str = _("Too many attempts to log in.")
    ) -> None:
        self._limits, self._windows, self._words = limits, windows, ("too_many_attempts", what)

    def allowed(self) -> None:
        """TooManyRequestsError if no attempt is left."""
        self._limits.check(self._windows, *self._words)

    def failed(self) -> None:
        self._limits.count(self._windows, *self._words)


def redis_url(settings: Settings) -> SecretStr | None:
    """The queue's Redis, which evicts nothing, else the cache's, else none."""
    for kind, backend in (("jobs", "rq"), ("cache", "redis")):
        if getattr(settings, kind).backend == backend:
            options: Any = settings.options[kind]
            return options.url
    return None


def includeme(config: Configurator) -> None:
    config.registry.rate_limits = RateLimits(config.registry.app_settings)
