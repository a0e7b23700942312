"""The public contract suites: what every backend of a kind must do, for shipped and for third-party backends.

They need the extra `testing`. A backend's tests are a subclass that holds nothing but data; see `Contract`.
"""

import pkgutil

import pytest

# Suites are no test modules, and their asserts should still say what they compared. Before the first import of one.
pytest.register_assert_rewrite(*[module.name for module in pkgutil.iter_modules(__path__, f"{__name__}.")])

from intermediate.testing.analytics import AnalyticsContract
from intermediate.testing.auth import AuthContract
from intermediate.testing.cache import CacheContract
from intermediate.testing.jobs import JobsContract
from intermediate.testing.tasks import TasksContract

__all__ = ["AnalyticsContract", "AuthContract", "CacheContract", "JobsContract", "TasksContract"]
