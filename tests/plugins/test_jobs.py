"""The jobs backends that are shipped keep the contract."""

from typing import ClassVar

from intermediate.testing import JobsContract


class TestLocalJobs(JobsContract):
    backend: ClassVar = "local"


class TestInlineJobs(JobsContract):
    backend: ClassVar = "inline"
