"""What the tests that do harm have in common."""

from collections.abc import Iterator

import pytest

from tests.services import or_skip
from tests.services.redis import Server, own_server


@pytest.fixture
def server() -> Iterator[Server]:
    """A Redis of the test's own, that may be done harm."""
    with or_skip(own_server()) as server:
        yield server
