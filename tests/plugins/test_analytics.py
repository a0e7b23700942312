"""The shipped analytics backends keep the contract."""

from typing import ClassVar

from intermediate.testing import AnalyticsContract


class TestSqlAnalytics(AnalyticsContract):
    backend: ClassVar = "sql"


class TestMongoAnalytics(AnalyticsContract):
    backend: ClassVar = "mongo"
    options: ClassVar = {"url": "{mongo_url}"}
    unreachable: ClassVar = {"url": "mongodb://127.0.0.1:{port}/analytics"}


class TestSqlAnalyticsOnPostgres(AnalyticsContract):
    backend: ClassVar = "sql"
    ini: ClassVar = {"database.url": "{postgres_url}"}


class TestNullAnalytics(AnalyticsContract):
    backend: ClassVar = "null"
