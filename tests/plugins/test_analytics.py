"""The analytics backends that are shipped keep the contract."""

from typing import ClassVar

from intermediate.testing import AnalyticsContract


class TestSqlAnalytics(AnalyticsContract):
    backend: ClassVar = "sql"


class TestNullAnalytics(AnalyticsContract):
    backend: ClassVar = "null"
