"""A task tracker whose five moving parts are plugins that an INI file chooses.

`main` is what `pserve` calls. What happens in which order stands in `INCLUDES`.
"""

import logging
import os
import warnings
from pathlib import Path
from typing import Any

# Pyramid 2.1 and WebOb 1.8 import modules that warn of their own end; users can do nothing about it.
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
    "intermediate.tweens",  # outermost: every answer gets an id, its headers and a log line
    "intermediate.assets",
    "intermediate.metrics",
    "intermediate.cors",
    "intermediate.sanity",  # before whatever acts on a request
    "intermediate.db",  # the engine and the transaction, which backends build on
    "intermediate.logins.sessions",
    "intermediate.security",
    "intermediate.logins.reset_links",
    "intermediate.zones",  # whose clock a page shows is known with who asks
    "intermediate.plugins.auth",
    "intermediate.plugins.tasks",
    "intermediate.plugins.cache",
    "intermediate.plugins.jobs",
    "intermediate.plugins.analytics",
    "intermediate.rate_limits",  # they are counted where the queue or the cache is
    "intermediate.draining",
    "intermediate.streams",
    "intermediate.worker",  # runs the jobs that the queue carries, so it comes after the queue
    "intermediate.exporting",
    "intermediate.views",  # last: the table of methods is made from all views
)


def create_app(settings: Settings, **pyramid_settings: Any) -> Router:
    """The WSGI application for these settings. Third parties are named in `pyramid.includes`."""
    config = Configurator(settings=pyramid_settings, root_factory=Root, request_factory=Request)
    config.registry.app_settings = settings
    for module in INCLUDES:
        config.include(module)
    settle_extensions(config)
    return config.make_wsgi_app()


def close(app: Router) -> None:
    """Let go of what an application holds: jobs first, since they use the rest, and the database last."""
    app.registry.streams.close()
    for kind in ("jobs", "analytics", "cache", "tasks", "auth"):
        getattr(app.registry, kind).close()
    app.registry.rate_limits.close()
    app.registry.checks.close()
    app.registry.exposition.close()
    metrics.close()
    engines.close(app.registry.engine)


def main(global_config: dict[str, str], **ini: str) -> Router:
    """The application of an INI file and the environment: the entry point of `pserve`."""
    try:
        settings = settings_module.load(ini, os.environ, global_config.get("here", "."))
        logs.configure(settings, "web")
        name = Path(global_config.get("__file__", "")).name
        return create_app(settings, **ini, **{"intermediate.ini": name})
    except ConfigurationError as error:
        logs.tell("web", logging.CRITICAL, f"intermediate cannot start: {error}")
        raise SystemExit(EX_CONFIG) from None
