"""Gunicorn: as many processes as there are cores, each with threads, which one parent starts again when they die.

`use = egg:intermediate#gunicorn` in [server:main] chooses it, and the other keys there are gunicorn's own settings. It
reads HTTP strictly, and `gunicorn_worker.py` gives it clocks for slow clients. But each client that is waited for
holds a thread, so a proxy in front should gather what they send (`deploy/nginx.conf`).
"""

import logging
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from queue import Empty
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.errors import ConfigError
from gunicorn.glogging import Logger
from prometheus_client.multiprocess import mark_process_dead
from pyramid.router import Router

from intermediate import logs, metrics
from intermediate.plugins import ConfigurationError, did_you_mean
from intermediate.plugins.base import Capability
from intermediate.settings import Settings
from intermediate.streams import end_on_signals

# Keys of ours beside gunicorn's, and what they are if nothing is said.
BODY, NOTICE = "max_request_body_size", "drain_notice_seconds"
OURS: Mapping[str, int] = {BODY: 21_102_592, NOTICE: 0}
LAST_PORT = 65_535
# What INI files need not say. Two of gunicorn's own defaults believe more than we do, and one opens a socket to be
# told what to do.
DEFAULTS: Mapping[str, Any] = {
    "worker_class": "intermediate.servers.gunicorn_worker.Worker",
    "threads": 8,
    "http_parser": "python",
    "forwarder_headers": "",
    "secure_scheme_headers": {"X-FORWARDED-PROTO": "https"},
    "control_socket_disable": True,
    "limit_request_fields": 100,
    "graceful_timeout": 25,
}


class JsonLogger(Logger):
    """What gunicorn says goes where the application's lines go, and looks like them."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.propagate = True

    def _set_handler(self, *_args: Any, **_kwargs: Any) -> None:
        """It needs none of its own."""


class Parent(Arbiter):
    """The process that the others are children of. Before they end, it gives load balancers time to see it coming."""

    def stop(self, graceful: bool = True) -> None:
        taken_over = self.reexec_pid != 0  # by another server, which has this one's port
        stopped = not self.LISTENERS  # gunicorn stops twice where it has not been graceful
        super().stop(graceful and (taken_over or stopped or self._tell()))

    def _tell(self) -> bool:
        """Let /healthz say so for a while. False if a second signal hurries."""
        self.app.load().registry.draining.set()
        until = time.monotonic() + self.cfg.drain_notice_seconds
        while (left := until - time.monotonic()) > 0:
            with suppress(Empty):
                if self.SIG_QUEUE.get(timeout=left) in (signal.SIGINT, signal.SIGQUIT):
                    return False
        return True


class Server(BaseApplication):
    """An application, loaded once and forked into each process, and how gunicorn is to serve it."""

    def __init__(self, app: Router, options: Mapping[str, str]) -> None:
        self._app, self._options = app, dict(options)
        super().__init__()

    def do_load_config(self) -> None:
        """Gunicorn's own prints what is wrong, and exits."""
        self.cfg = configuration(self._app.registry.app_settings, self._options)

    def run(self) -> None:
        try:
            Parent(self).run()
        except (OSError, RuntimeError, ValueError, OverflowError) as error:  # of the start: it outlives all others
            raise ConfigurationError(f"[server:main] cannot start: {error}") from None

    def load(self) -> Router:
        return self._app


def configuration(settings: Settings, given: Mapping[str, str]) -> Config:
    """What gunicorn is told, or ConfigurationError."""
    cfg = Config()
    options: dict[str, Any] = {"workers": cores(), "loglevel": settings.log.level.lower(), **DEFAULTS, **given}
    # One setting says which proxies are believed, here and in the application.
    options["forwarded_allow_ips"] = ",".join(map(str, settings.site.trusted_proxies))
    for name, default in OURS.items():
        setattr(cfg, name, _number(name, options.pop(name, default)))
    for name, value in options.items():
        _set(cfg, name, value)
    try:
        ports = [address[1] for address in cfg.address if isinstance(address, tuple)]
    except RuntimeError as error:
        raise ConfigurationError(f"[server:main] bind = {given.get('bind')}: {error}") from None
    if any(port > LAST_PORT for port in ports):
        raise ConfigurationError(f"[server:main] bind = {given.get('bind')}: use a port up to {LAST_PORT}")
    _hook(cfg)
    return cfg


def _number(name: str, value: Any) -> int:
    if not str(value).isdecimal():
        raise ConfigurationError(f"[server:main] {name} = {value}: use a number, such as {OURS[name]}")
    return int(value)


def _set(cfg: Config, name: str, value: Any) -> None:
    try:
        cfg.set(name, value)
    except AttributeError:
        hint = did_you_mean(name, [*cfg.settings, *OURS])
        raise ConfigurationError(f"[server:main] {name} is not a setting of gunicorn.{hint}") from None
    except (TypeError, ValueError, ConfigError) as error:
        raise ConfigurationError(f"[server:main] {name} = {value}: {error}") from None


def _hook(cfg: Config) -> None:
    cfg.set("logger_class", JsonLogger)
    cfg.set("when_ready", tell)
    cfg.set("post_worker_init", lambda worker: end_on_signals(worker.wsgi.registry.streams))
    cfg.set("child_exit", lambda _arbiter, worker: mark_process_dead(worker.pid))
    cfg.set("on_exit", lambda _arbiter: metrics.stop_sharing())


def cores() -> int:
    """How many processes there are where neither the INI nor WEB_CONCURRENCY says it: one for each core of ours."""
    return int(os.environ.get("WEB_CONCURRENCY") or len(os.sched_getaffinity(0)))


def tell(arbiter: Arbiter) -> None:
    for listener in arbiter.LISTENERS:
        logs.tell("web", logging.INFO, f"Serving on {listener}")


def serve(app: Router, options: Mapping[str, str]) -> None:
    """Until SIGTERM: then /healthz says so, no more connections are taken, and what has begun is answered.

    Its processes leave by SystemExit, as the parent does. To be called where `metrics.share` was called before the
    application was made.
    """
    server = Server(app, options)
    tasks = app.registry.tasks
    if server.cfg.workers > 1 and Capability.SHARED not in tasks.capabilities:
        name = app.registry.app_settings.tasks.backend
        raise ConfigurationError(
            f"tasks.backend = {name!r} keeps tasks in one process: set workers = 1 in [server:main]"
        )
    server.run()


def serve_paste(_app: Any, _global_config: Any, **_options: Any) -> int:
    """What pserve calls, which has made the application before anybody could say that several processes will count."""
    raise SystemExit("pserve supports waitress only. Run this file with intermediate-app.")
