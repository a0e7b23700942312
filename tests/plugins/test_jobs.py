"""The shipped jobs backends keep the contract."""

import secrets
from typing import ClassVar

from intermediate.testing import JobsContract


class TestLocalJobs(JobsContract):
    backend: ClassVar = "local"


class TestInlineJobs(JobsContract):
    backend: ClassVar = "inline"


class TestRqJobs(JobsContract):
    backend: ClassVar = "rq"
    # A late response on a busy machine is not an outage.
    options: ClassVar = {"url": "{redis_url}", "timeout_seconds": "5"}
    unreachable: ClassVar = {"url": "redis://127.0.0.1:{port}/0"}
    ini: ClassVar = {"jobs.queue_name": f"contract:{secrets.token_hex(8)}"}
