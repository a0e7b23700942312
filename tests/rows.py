"""Test ids for the tables of attacks and faults: a row has one or more tests whose ids begin with its id."""

import pytest


def row(name: str) -> pytest.MarkDecorator:
    """Give a test without parameters the id of its row."""
    return pytest.mark.parametrize((), [pytest.param(id=name)])
