"""Whether this server is about to end: `/healthz` then says so first, for a load balancer to send nobody here."""

from mmap import mmap

from pyramid.config import Configurator


class Draining:
    """All processes that were forked since it was made share it: one sets it, and all see it."""

    def __init__(self) -> None:
        self._page = mmap(-1, 1)

    def set(self) -> None:
        self._page[0] = 1

    def is_set(self) -> bool:
        return self._page[0] == 1


def includeme(config: Configurator) -> None:
    config.registry.draining = Draining()
