"""The contract tests: each promise of the kind has a test of the same name."""

import pytest

from intermediate.testing import AnalyticsContract


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("duckdb") / "reports.duckdb"


class TestDuckdbAnalytics(AnalyticsContract):
    backend = "duckdb"
    options = {"path": "{file}"}
    unreachable = {"path": "/dev/null/reports.duckdb"}
