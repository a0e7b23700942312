"""The trace of a request reads a sink to which other programs may have written."""

from typing import Any

from sqlalchemy import create_engine

from intermediate import tracing
from intermediate.plugins.analytics.sql import SqlAnalytics


class Sink(SqlAnalytics):
    def get(self, owner_id: int) -> dict[str, Any] | None:
        ours = {"owner_id": owner_id, "seq": 7, "request_id": "an-id", "generated_at": "2026-01-01T00:00:00Z"}
        return {1: {"owner_id": 1, "note": "written by hand"}, 2: ours}.get(owner_id)


def test_a_document_without_a_request_id_is_of_no_request() -> None:
    steps = list(tracing.of_analytics(Sink(create_engine("sqlite://")), [1, 2, 3], "an-id"))
    assert [step.more for step in steps] == [{"owner_id": 2, "seq": 7}]
