"""Gunicorn: one process per core, each with threads. The parent process replaces those that die.

`use = egg:intermediate#gunicorn` in [server:main] chooses it, and the other keys there are gunicorn's own settings. It
parses HTTP strictly, and `gunicorn_worker.py` adds timeouts for slow clients. But each slow client occupies a thread,
so a proxy in front should buffer requests (`deploy/nginx.conf`).
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

# Our own keys beside gunicorn's, and their defaults.
BODY, NOTICE = "max_request_body_size", "drain_notice_seconds"
OURS: Mapping[str, int] = {BODY: 21_102_592, NOTICE: 0}
LAST_PORT = 65_535
# Defaults that replace gunicorn's. Two of gunicorn's own trust more headers than we do, and one opens a control socket.
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
    """Sends gunicorn's log messages through the application's log handlers, in the same format."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.propagate = True

    def _set_handler(self, *_args: Any, **_kwargs: Any) -> None:
        """Add no handler: the messages propagate to the root logger."""


class Parent(Arbiter):
    """The parent process. Before it stops the workers, it gives load balancers time to notice."""

    def stop(self, graceful: bool = True) -> None:
        taken_over = self.reexec_pid != 0  # another server has taken over the port
        stopped = not self.LISTENERS  # gunicorn calls `stop` twice if the first call was not graceful
        super().stop(graceful and (taken_over or stopped or self._drain()))

    def _drain(self) -> bool:
        """Report `draining` in /healthz for `drain_notice_seconds`. Return False if a second signal interrupts it."""
        self.app.load().registry.draining.set()
        until = time.monotonic() + self.cfg.drain_notice_seconds
        while (left := until - time.monotonic()) > 0:
            with suppress(Empty):
                if self.SIG_QUEUE.get(timeout=left) in (signal.SIGINT, signal.SIGQUIT):
                    return False
        return True


class Server(BaseApplication):
    """An application that is loaded once and forked into each process, and its options for gunicorn."""

    def __init__(self, app: Router, options: Mapping[str, str]) -> None:
        self._app, self._options = app, dict(options)
        super().__init__()

    def do_load_config(self) -> None:
        """Set the configuration. Overridden because gunicorn's own method prints errors and exits."""
        self.cfg = configuration(self._app.registry.app_settings, self._options)

    def run(self) -> None:
        try:
            Parent(self).run()
        except (OSError, RuntimeError, ValueError, OverflowError) as error:  # at startup; gunicorn handles later ones
            raise ConfigurationError(f"[server:main] cannot start: {error}") from None

    def load(self) -> Router:
        return self._app


def configuration(settings: Settings, given: Mapping[str, str]) -> Config:
    """Return gunicorn's configuration, or raise ConfigurationError."""
    cfg = Config()
    options: dict[str, Any] = {"workers": cores(), "loglevel": settings.log.level.lower(), **DEFAULTS, **given}
    # One setting lists the trusted proxies, for gunicorn and for the application.
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
    """Return the default number of processes: WEB_CONCURRENCY, or one per core that this process may use."""
    return int(os.environ.get("WEB_CONCURRENCY") or len(os.sched_getaffinity(0)))


def tell(arbiter: Arbiter) -> None:
    for listener in arbiter.LISTENERS:
        logs.tell("web", logging.INFO, f"Serving on {listener}")


def serve(app: Router, options: Mapping[str, str]) -> None:
    """Serve until SIGTERM. Then /healthz reports it, no more connections are accepted, and open requests are completed.

    The workers and the parent exit with SystemExit. `metrics.share` must be called before the application is created.
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
    """Refuse to run under pserve, which creates the application before metrics can be shared between processes."""
    raise SystemExit("pserve supports waitress only. Run this file with intermediate-app.")
