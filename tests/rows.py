"""The tables of attacks and faults: each row is a test, or several, whose id begins with the row's."""

import pytest


def row(name: str) -> pytest.MarkDecorator:
    """Give a test that is no parametrized one the id of its row."""
    return pytest.mark.parametrize((), [pytest.param(id=name)])
