"""Tasks: `request.tasks`."""

from pyramid.config import Configurator

from intermediate.plugins import load
from intermediate.plugins.tasks.interface import Tasks, TaskStore
from intermediate.plugins.tasks.versioned import VersionedStore
from intermediate.request import Request


def open_store(request: Request) -> TaskStore:
    """The request's store. Every write to tasks goes through it, and so through the owner's version."""
    return VersionedStore(request.registry.tasks.open(request.tm, request.db), request.db)


def includeme(config: Configurator) -> None:
    load(config, "tasks", Tasks)
    config.add_request_method(open_store, "tasks", reify=True)
