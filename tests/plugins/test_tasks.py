"""The shipped tasks backends keep the contract."""

from typing import ClassVar

from intermediate.testing import TasksContract


class TestSqlTasks(TasksContract):
    backend: ClassVar = "sql"


class TestSqlTasksOnPostgres(TasksContract):
    backend: ClassVar = "sql"
    ini: ClassVar = {"database.url": "{postgres_url}"}


class TestMemoryTasks(TasksContract):
    backend: ClassVar = "memory"
