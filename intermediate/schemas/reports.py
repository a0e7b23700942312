"""Schemas of reports, for validating files. Responses contain a report as it was saved."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from intermediate.schemas.base import Id, Schema, Text

Count = Annotated[int, Field(ge=0, lt=2**53)]
Week = Annotated[str, Field(pattern=r"^[0-9]{4}-W[0-9]{2}$")]

WEEK: dict[str, Any] = {"week": "2026-W48", "created": 3, "completed": 1}
REPORT: dict[str, Any] = {
    "owner_id": 1,
    "seq": 3,
    "total_tasks": 3,
    "pending_tasks": 1,
    "in_progress_tasks": 1,
    "completed_tasks": 1,
    "overdue_tasks": 0,
    "completion_rate": 0.3333333333333333,
    "median_completion_seconds": 86400.0,
    "created_per_week": [WEEK],
    "generated_at": "2026-11-24T12:00:00Z",
    "request_id": "0f3c2d",
}


def a_time(text: str) -> str:
    """Check that a text is a time with a time zone. It stays text, as times in documents are."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time must have a zone, such as Z")
    if not 2 <= moment.year <= 9998:  # so that it is valid in every time zone
        raise ValueError("the year must be between 2 and 9998")
    return text


class WeekCounts(Schema):
    """Tasks created and completed in an ISO week, in UTC."""

    model_config = ConfigDict(json_schema_extra={"examples": [WEEK]})

    week: Week
    created: Count
    completed: Count


class ReportDocument(Schema):
    """The report of one account, as returned by `GET /api/jobs/task-report/{owner_id}`."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPORT]})

    owner_id: Id
    seq: Annotated[int, Field(ge=1, lt=2**53)]
    total_tasks: Count
    pending_tasks: Count
    in_progress_tasks: Count
    completed_tasks: Count
    overdue_tasks: Count
    completion_rate: Annotated[float, Field(ge=0, le=1)]
    median_completion_seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    created_per_week: Annotated[list[WeekCounts], Field(max_length=104)]
    generated_at: Annotated[Text, Field(max_length=40), AfterValidator(a_time)]
    request_id: Annotated[Text, Field(max_length=64)]
