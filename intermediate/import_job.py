"""The job `import`: adds the tasks of an uploaded CSV file.

An invalid file is refused as a whole, before anything is written. Then each batch has its own transaction, with its
tasks, the position in the file, the refused rows, and a check that this worker still holds the job. So a job that is
run again continues where it was, two workers do not add one row twice, and others can write in between. A cancelled
job keeps what it has imported.
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
REFUSED_LINES = 100  # that a result lists; the others are only counted
FRESH: dict[str, Any] = {"rows": 0, "imported": 0, "refused": 0, "errors": [], "errors_left_out": 0}


def keep(session: Session, job_id: int, data: bytes) -> None:
    """Store the file of a job. A job that was joined already has it, or had it."""
    if result(session, job_id) is None:
        session.execute(insert(Upload).values(job_id=job_id, data=data))
        session.execute(insert(JobResult).values(job_id=job_id, document=FRESH))


def result(session: Session, job_id: int) -> dict[str, Any] | None:
    """Return the result of a job so far, or None if jobs of its kind store it elsewhere."""
    return session.scalar(select(JobResult.document).where(JobResult.job_id == job_id))


def run(request: Request, claim: Claim) -> None:
    """Run the job. May run twice."""
    job_id = claim.job.id
    data = request.db.scalar(select(Upload.data).where(Upload.job_id == job_id))
    if data is None:
        raise LostLeaseError(job_id)  # it has just been cancelled
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
    save()  # rows refused after the last batch


def percent(done: int, total: int) -> int:
    """Return the progress in percent. The last percent is the end of the job."""
    return done * 99 // max(total, 1)


class Outcome:
    """The outcome of the rows so far, as it is stored with the tasks."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.counts = Counts(imported=document["imported"], refused=document["refused"])
        self._errors: list[dict[str, Any]] = list(document["errors"])

    def refuse(self, line: int, reason: str) -> None:
        if len(self._errors) < REFUSED_LINES:
            self._errors.append({"line": line, "reason": reason})

    def document(self) -> dict[str, Any]:
        """Return the result: every row is imported or refused, and every refused one is listed or left out."""
        counts = self.counts
        return {
            "rows": counts.rows,
            "imported": counts.imported,
            "refused": counts.refused,
            "errors": self._errors,
            "errors_left_out": counts.refused - len(self._errors),
        }
