"""The backend keeps what its kind promises: each promise has a test of its name."""

import pytest

from intermediate.testing import AnalyticsContract


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("duckdb") / "reports.duckdb"


class TestDuckdbAnalytics(AnalyticsContract):
    backend = "duckdb"
    options = {"path": "{file}"}
    unreachable = {"path": "/dev/null/reports.duckdb"}
