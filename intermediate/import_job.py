"""The job `import`: the tasks of a file that a client sent.

A file that is no such CSV is refused as a whole, before anything is written. Then each batch has a transaction of its
own: its tasks, how far the file is read, what was refused, and whether the job is still this worker's. So a job that is
run again goes on where it was, two workers do not add one row twice, and others can write in between. A job that is
cancelled keeps what it had imported.
"""

import io
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from intermediate import importing
from intermediate.importing import Counts, Importer, ImportFileError
from intermediate.leases import Claim, HopelessError, LostLeaseError
from intermediate.models import JobResult, Upload
from intermediate.request import Request

KIND = "import"
REFUSED_LINES = 100  # that a result names; the others are counted
FRESH: dict[str, Any] = {"rows": 0, "imported": 0, "refused": 0, "errors": [], "errors_left_out": 0}


def keep(session: Session, job_id: int, data: bytes) -> None:
    """Give a job its file. One that was joined has it, or had it."""
    if result(session, job_id) is None:
        session.execute(insert(Upload).values(job_id=job_id, data=data))
        session.execute(insert(JobResult).values(job_id=job_id, document=FRESH))


def result(session: Session, job_id: int) -> dict[str, Any] | None:
    """What a job has done so far, or None if it is of a kind that says so elsewhere."""
    return session.scalar(select(JobResult.document).where(JobResult.job_id == job_id))


def run(request: Request, claim: Claim) -> None:
    """The job. May run twice."""
    job_id = claim.job.id
    data = request.db.scalar(select(Upload.data).where(Upload.job_id == job_id))
    if data is None:
        raise LostLeaseError(job_id)  # it was cancelled just now
    file = io.BytesIO(data)
    try:
        total = importing.count_records(file)
    except ImportFileError as error:
        raise HopelessError(f"Nothing was imported. The file cannot be read: {error}") from None
    outcome = Outcome(result(request.db, job_id) or FRESH)

    def save() -> None:
        claim.keep(request.db, progress=percent(outcome.counts.rows, total))
        request.db.execute(update(JobResult).where(JobResult.job_id == job_id).values(document=outcome.document()))
        request.tm.commit()
        request.tm.begin()

    Importer(request.tasks, claim.job.owner_id, outcome.refuse).run(file, save, outcome.counts)
    save()  # what was refused behind the last batch


def percent(done: int, total: int) -> int:
    """Of the progress, whose last percent is the end of the job."""
    return done * 99 // max(total, 1)


class Outcome:
    """What became of the rows so far, as it is kept beside the tasks."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.counts = Counts(imported=document["imported"], refused=document["refused"])
        self._errors: list[dict[str, Any]] = list(document["errors"])

    def refuse(self, line: int, reason: str) -> None:
        if len(self._errors) < REFUSED_LINES:
            self._errors.append({"line": line, "reason": reason})

    def document(self) -> dict[str, Any]:
        """All rows are imported or refused, and all refused ones are told or left out."""
        counts = self.counts
        return {
            "rows": counts.rows,
            "imported": counts.imported,
            "refused": counts.refused,
            "errors": self._errors,
            "errors_left_out": counts.refused - len(self._errors),
        }
