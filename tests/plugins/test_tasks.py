"""The tasks backends that are shipped keep the contract."""

from typing import ClassVar

from intermediate.testing import TasksContract


class TestSqlTasks(TasksContract):
    backend: ClassVar = "sql"


class TestMemoryTasks(TasksContract):
    backend: ClassVar = "memory"
