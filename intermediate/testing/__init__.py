"""The public contract suites: they test what every backend of a kind must do, for shipped and third-party backends.

They require the extra `testing`. A backend's tests are a subclass that contains only data; see `Contract`.
"""

import pkgutil

import pytest

# Pytest rewrites asserts only in test modules unless told otherwise. Must precede the first import of a suite.
pytest.register_assert_rewrite(*[module.name for module in pkgutil.iter_modules(__path__, f"{__name__}.")])

from intermediate.testing.analytics import AnalyticsContract
from intermediate.testing.auth import AuthContract
from intermediate.testing.cache import CacheContract
from intermediate.testing.jobs import JobsContract
from intermediate.testing.tasks import TasksContract

__all__ = ["AnalyticsContract", "AuthContract", "CacheContract", "JobsContract", "TasksContract"]
