"""The fixture of the quick tests of the script, which plays it once, to an application in a thread of this process."""

from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.events import NewResponse

from tests.differential.combinations import REFERENCE, Combination
from tests.differential.running import Recording, in_thread

Step = tuple[type, str, str, str]
"""The resource class, view name, surface and method, as in the table of methods."""


class Played:
    """The recording, the steps that got a successful response, and all possible steps."""

    def __init__(self, folder: Path, combination: Combination) -> None:
        self.answered: set[Step] = set()
        with in_thread(combination, folder) as (address, app):
            Configurator(registry=app.registry, autocommit=True).add_subscriber(self._note, NewResponse)
            self.recording = Recording(combination, address)
            table = app.registry.methods.entries()
            self.steps = {(*view, method) for view, methods in table.items() for method in methods}

    def _note(self, event: Any) -> None:
        request = event.request
        if event.response.status_code < 400 and hasattr(request, "context"):
            self.answered.add((type(request.context), request.view_name, request.surface, request.method))


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("played"), REFERENCE)
