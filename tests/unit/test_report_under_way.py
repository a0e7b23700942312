"""What pages show about a report in progress."""

from types import SimpleNamespace
from typing import Any

from intermediate.views.reports import report_under_way


def test_where_no_report_was_asked_for_the_database_is_not_asked() -> None:
    request: Any = SimpleNamespace(session={}, identity=SimpleNamespace(user_id=1))  # without a database
    assert report_under_way(request) is None


def test_a_report_of_another_account_is_not_told() -> None:
    job = SimpleNamespace(id=7, owner_id=2, status="running")
    db = SimpleNamespace(get=lambda _table, _id: job)
    request: Any = SimpleNamespace(session={"report": 7}, identity=SimpleNamespace(user_id=1), db=db)
    assert report_under_way(request) is None
