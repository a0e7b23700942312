"""The JSON of a task, which is derived from the store's task without a list of its fields."""

from datetime import UTC, datetime, timedelta

import pytest

from intermediate.models.task import Task
from intermediate.schemas.tasks import TaskDocument, iso, task_document

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_it_has_the_fields_that_the_api_describes() -> None:
    assert Task._fields == (*TaskDocument.__annotations__,)


@pytest.mark.parametrize("moment", [NOON, NOON + timedelta(microseconds=120_000), datetime(2, 1, 1, tzinfo=UTC)])
def test_its_times_are_written_as_all_others(moment: datetime) -> None:
    task = Task(7, 1, "a", None, "pending", "low", moment, ("x", "y"), moment, moment, None, 1)
    document = task_document(task)
    assert {document["due_at"], document["created_at"], document["updated_at"]} == {iso(moment)}
    assert document["completed_at"] is None
    assert document["tags"] == ["x", "y"]
