"""What all tests share."""

import os

import pytest

# Tests read no settings of the developer's shell.
for name in [name for name in os.environ if name.startswith("INTERMEDIATE_")]:
    del os.environ[name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--served", action="store_true", help="run the functional tests over HTTP against a server")
