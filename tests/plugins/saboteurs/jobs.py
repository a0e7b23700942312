"""Saboteurs of jobs backends."""

from threading import Event
from typing import Any, ClassVar

from intermediate.plugins.jobs.interface import JobsError, Reconcile, Run
from intermediate.testing.away import SOON
from tests.plugins.saboteurs.base import Saboteur, breaks

ELSEWHERE = "tests.plugins.saboteurs.elsewhere:JobsElsewhere"


class JobsSaboteur(Saboteur):
    kind: ClassVar = "jobs"
    on: ClassVar = "local"

    def __init__(self, good: Any) -> None:
        super().__init__(good)
        self.submitted: list[int] = []
        self.ran: list[int] = []

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        self.submitted.append(job_id)
        self.good.submit(job_id, delay=delay)


@breaks("submitted_ids_run")
class LosesEachFifth(JobsSaboteur):
    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        self.submitted.append(job_id)
        if len(self.submitted) % 5:
            self.good.submit(job_id, delay=delay)


@breaks("submitted_ids_run__after_start", also=("commit_comes_first",))
class LosesOnceStarted(JobsSaboteur):
    started = False

    def start(self, run: Run, reconcile: Reconcile) -> None:
        self.started = True

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        if not self.started:
            self.good.submit(job_id, delay=delay)


@breaks("submitted_ids_run__from_threads")
class LosesWhatIsMuch(JobsSaboteur):
    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        self.submitted.append(job_id)
        if len(self.submitted) < 30:
            self.good.submit(job_id, delay=delay)


@breaks("nothing_runs_unsubmitted", also=("commit_comes_first",))
class RunsSomething(JobsSaboteur):
    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        if not self.submitted:
            run(-1)
        self.good.work(run, reconcile, burst=burst, stop=stop)


@breaks("submitting_twice_is_allowed")
class TakesAnIdOnce(JobsSaboteur):
    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        if job_id not in self.submitted:
            super().submit(job_id, delay=delay)

    def withdraw(self, job_id: int) -> None:
        self.submitted = [other for other in self.submitted if other != job_id]
        self.good.withdraw(job_id)


@breaks("submitting_twice_is_allowed__while_it_runs")
class ForgetsWhatRuns(JobsSaboteur):
    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        def run_and_forget(job_id: int) -> None:
            run(job_id)
            self.good.withdraw(job_id)

        self.good.work(run_and_forget, reconcile, burst=burst, stop=stop)


@breaks("delayed_ids_wait")
class IsImpatient(JobsSaboteur):
    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        super().submit(job_id, delay=delay if delay > 600 else 0)


@breaks("withdrawn_ids_are_allowed")
class KnowsNoStrangers(JobsSaboteur):
    def withdraw(self, job_id: int) -> None:
        if job_id not in self.submitted:
            raise KeyError(job_id)
        self.good.withdraw(job_id)


@breaks("failing_runs_do_not_stop_work")
class GivesUp(JobsSaboteur):
    failed = False

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        def run_once_failed_no_more(job_id: int) -> None:
            if self.failed:
                return
            self.failed = True
            run(job_id)
            self.failed = False

        self.good.work(run_once_failed_no_more, reconcile, burst=burst, stop=stop)


@breaks("burst_ends_when_empty")
class WaitsForTheDelayed(JobsSaboteur):
    delayed = False

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        self.delayed = self.delayed or delay > 60
        super().submit(job_id, delay=delay)

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        self.good.work(run, reconcile, burst=burst and not self.delayed, stop=stop)


@breaks("stop_ends_work")
class StopsOnlyAfterAJob(JobsSaboteur):
    def noting(self, run: Run) -> Run:
        def run_and_note(job_id: int) -> None:
            self.ran.append(job_id)
            run(job_id)

        return run_and_note

    def start(self, run: Run, reconcile: Reconcile) -> None:
        self.good.start(self.noting(run), reconcile)

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        stop, later = stop or Event(), Event()

        def reconcile_and_stop() -> int:
            if self.ran and stop.is_set():
                later.set()
            return reconcile()

        self.good.work(self.noting(run), reconcile_and_stop, burst=burst, stop=later)


@breaks("stop_ends_work__between_two_jobs")
class FinishesAllBeforeItStops(JobsSaboteur):
    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        self.good.work(run, reconcile, burst=burst, stop=stop)
        self.good.work(run, lambda: 0, burst=True)


@breaks("work_reconciles")
class ReconcilesOnce(JobsSaboteur):
    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        reconcile()
        self.good.work(run, lambda: 0, burst=burst, stop=stop)


@breaks("start_returns_at_once")
class ReconcilesInStart(JobsSaboteur):
    def start(self, run: Run, reconcile: Reconcile) -> None:
        reconcile()
        self.good.start(run, reconcile)


@breaks("commit_comes_first")
class HandsOverAtOnce(JobsSaboteur):
    """Submits a job in `ping`, which a request calls before its commit."""

    def ping(self) -> None:
        self.good.submit(1)


@breaks("commit_comes_first__or_nothing_runs")
class RemembersTheAborted(JobsSaboteur):
    asked = False

    def ping(self) -> None:
        self.asked = True

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        if self.asked and not self.submitted:
            self.good.submit(1)
        self.good.work(run, reconcile, burst=burst, stop=stop)


@breaks("unreachable_is_told")
class LosesWhatIsRefused(JobsSaboteur):
    on: ClassVar = ELSEWHERE

    def submit(self, job_id: int, *, delay: float = 0.0) -> None:
        try:
            self.good.submit(job_id, delay=delay)
        except JobsError as error:
            if not isinstance(error.__cause__, ConnectionRefusedError):
                raise


@breaks("unreachable_is_told__by_silence")
class IsSilentToo(JobsSaboteur):
    on: ClassVar = ELSEWHERE

    def ping(self) -> None:
        Event().wait(2 * SOON)
        self.good.ping()


@breaks("unreachable_is_told__and_a_worker_goes_on")
class EndsWithTheService(JobsSaboteur):
    on: ClassVar = ELSEWHERE

    def work(self, run: Run, reconcile: Reconcile, *, burst: bool = False, stop: Event | None = None) -> None:
        try:
            self.good.ping()
        except JobsError:
            if burst:
                raise
            return
        self.good.work(run, reconcile, burst=burst, stop=stop)
