"""A task tracker with five kinds of backend, each chosen in an INI file.

`main` is the entry point of `pserve`. `INCLUDES` lists the parts of the application in the order of their setup.
"""

import logging
import os
import warnings
from pathlib import Path
from typing import Any

# Pyramid 2.1 and WebOb 1.8 import deprecated modules; users can do nothing about these warnings.
warnings.filterwarnings("ignore", message="'cgi' is deprecated", category=DeprecationWarning)
warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
warnings.filterwarnings("ignore", message="Deprecated call to .pkg_resources")

from pyramid.config import Configurator
from pyramid.router import Router

from intermediate import engines, logs, metrics
from intermediate import settings as settings_module
from intermediate.plugins import ConfigurationError
from intermediate.request import Request, settle_extensions
from intermediate.resources import Root
from intermediate.settings import Settings

EX_CONFIG = 78

INCLUDES = (
    "intermediate.i18n",  # its settings are read by pyramid_jinja2
    "pyramid_jinja2",
    "intermediate.templating",
    "intermediate.tweens",  # outermost: every response gets a request id, headers and a log line
    "intermediate.assets",
    "intermediate.metrics",
    "intermediate.cors",
    "intermediate.sanity",  # before anything acts on a request
    "intermediate.db",  # the engine and the transaction, which backends use
    "intermediate.logins.sessions",
    "intermediate.security",
    "intermediate.logins.reset_links",
    "intermediate.zones",  # reads the time zone of the signed-in user
    "intermediate.plugins.auth",
    "intermediate.plugins.tasks",
    "intermediate.plugins.cache",
    "intermediate.plugins.jobs",
    "intermediate.plugins.analytics",
    "intermediate.rate_limits",  # counted in the Redis of the queue or the cache
    "intermediate.draining",
    "intermediate.streams",
    "intermediate.worker",  # after the queue, whose jobs it runs
    "intermediate.exporting",
    "intermediate.views",  # last: the table of methods is built from all views
)


def create_app(settings: Settings, **pyramid_settings: Any) -> Router:
    """Return the WSGI application for these settings. Third-party includes are named in `pyramid.includes`."""
    config = Configurator(settings=pyramid_settings, root_factory=Root, request_factory=Request)
    config.registry.app_settings = settings
    for module in INCLUDES:
        config.include(module)
    settle_extensions(config)
    return config.make_wsgi_app()


def close(app: Router) -> None:
    """Close the backends, threads and connections of an application: jobs before what they use, the database last."""
    app.registry.streams.close()
    for kind in ("jobs", "analytics", "cache", "tasks", "auth"):
        getattr(app.registry, kind).close()
    app.registry.rate_limits.close()
    app.registry.checks.close()
    app.registry.exposition.close()
    metrics.close()
    engines.close(app.registry.engine)


def main(global_config: dict[str, str], **ini: str) -> Router:
    """Return the application for an INI file and the environment. The entry point of `pserve`."""
    try:
        settings = settings_module.load(ini, os.environ, global_config.get("here", "."))
        logs.configure(settings, "web")
        name = Path(global_config.get("__file__", "")).name
        return create_app(settings, **ini, **{"intermediate.ini": name})
    except ConfigurationError as error:
        logs.tell("web", logging.CRITICAL, f"intermediate cannot start: {error}")
        raise SystemExit(EX_CONFIG) from None
