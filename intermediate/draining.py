"""Whether this server is about to stop: `/healthz` reports it first, so that load balancers send no more requests."""

from mmap import mmap

from pyramid.config import Configurator


class Draining:
    """A flag that is shared by all processes forked after its creation: one sets it, and all see it."""

    def __init__(self) -> None:
        self._page = mmap(-1, 1)

    def set(self) -> None:
        self._page[0] = 1

    def is_set(self) -> bool:
        return self._page[0] == 1


def includeme(config: Configurator) -> None:
    config.registry.draining = Draining()
