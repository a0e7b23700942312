"""The contract suite of jobs backends."""

import itertools
import threading
import time
from collections.abc import Callable

from intermediate.testing.contract import in_threads
from intermediate.testing.jobs_asking import AskingAndOutages
from intermediate.testing.jobs_bench import JobsBench, JobsSuite


class JobsContract(AskingAndOutages, JobsSuite):
    """The contract of every jobs backend."""

    def test_submitted_ids_run(self, jobs: JobsBench) -> None:
        ids = [jobs.new_id() for _ in range(5)]
        for job_id in ids:
            jobs.jobs.submit(job_id)
        jobs.burst()
        assert set(jobs.ran) == set(ids)

    def test_submitted_ids_run__after_start(self, jobs: JobsBench) -> None:
        job_id = jobs.new_id()
        jobs.jobs.start(jobs.run, jobs.reconcile)
        jobs.jobs.submit(job_id)
        with jobs.working():
            assert jobs.eventually(lambda: job_id in jobs.ran)

    def test_submitted_ids_run__from_threads(self, jobs: JobsBench) -> None:
        def submit(ids: list[int]) -> Callable[[], None]:
            def work() -> None:
                for job_id in ids:
                    jobs.jobs.submit(job_id)

            return work

        batches = [[jobs.new_id() for _ in range(10)] for _ in range(5)]
        with jobs.working(), jobs.working():
            in_threads(*[submit(batch) for batch in batches], patience=jobs.patience)
            assert jobs.eventually(lambda: set(jobs.ran) >= set(itertools.chain(*batches)))

    def test_nothing_runs_unsubmitted(self, jobs: JobsBench) -> None:
        jobs.burst()
        assert jobs.ran == []
        job_id = jobs.new_id()
        jobs.jobs.submit(job_id)
        jobs.burst()
        assert set(jobs.ran) == {job_id}

    def test_submitting_twice_is_allowed(self, jobs: JobsBench) -> None:
        job_id = jobs.new_id()
        for _ in range(2):
            jobs.jobs.submit(job_id)
            jobs.jobs.submit(job_id)
            jobs.ran.clear()
            jobs.burst()
            assert job_id in jobs.ran

    def test_submitting_twice_is_allowed__while_it_runs(self, jobs: JobsBench) -> None:
        job_id = jobs.new_id()

        def run(ran: int) -> None:
            jobs.ran.append(ran)
            if len(jobs.ran) == 1:
                jobs.jobs.submit(ran)

        jobs.jobs.submit(job_id)
        jobs.burst(run)
        assert jobs.ran == [job_id, job_id]

    def test_delayed_ids_wait(self, jobs: JobsBench) -> None:
        """The backend may leave delayed ids to the reconciler, which submits them when they are due."""
        delayed, later, due = jobs.new_id(), jobs.new_id(), time.monotonic() + 0.2
        ran_at: dict[int, float] = {}

        def run(job_id: int) -> None:
            ran_at.setdefault(job_id, time.monotonic())

        jobs.jobs.submit(later, delay=300)
        jobs.jobs.submit(delayed, delay=0.2)

        def submit_when_due() -> bool:
            if time.monotonic() >= due:
                jobs.jobs.submit(delayed)
            return delayed in ran_at

        with jobs.working(run=run):
            assert jobs.eventually(submit_when_due)
        assert ran_at[delayed] >= due
        assert later not in ran_at

    def test_withdrawn_ids_are_allowed(self, jobs: JobsBench) -> None:
        unknown, withdrawn, other = jobs.new_id(), jobs.new_id(), jobs.new_id()
        for job_id in (withdrawn, other):
            jobs.jobs.submit(job_id)
        for job_id in (unknown, withdrawn, withdrawn):
            jobs.jobs.withdraw(job_id)
        jobs.burst()
        assert other in jobs.ran
        jobs.jobs.withdraw(other)
        jobs.jobs.submit(withdrawn)
        jobs.burst()
        assert withdrawn in jobs.ran

    def test_failing_runs_do_not_stop_work(self, jobs: JobsBench) -> None:
        bad, good, later = jobs.new_id(), jobs.new_id(), jobs.new_id()

        def run(job_id: int) -> None:
            jobs.ran.append(job_id)
            if job_id == bad:
                raise ValueError("of the job")

        with jobs.working(run=run):
            jobs.jobs.submit(bad)
            jobs.jobs.submit(good)
            assert jobs.eventually(lambda: good in jobs.ran and bad in jobs.ran)
            jobs.jobs.submit(later)
            assert jobs.eventually(lambda: later in jobs.ran)

    def test_burst_ends_when_empty(self, jobs: JobsBench) -> None:
        due, delayed = jobs.new_id(), jobs.new_id()
        jobs.jobs.submit(due)
        jobs.jobs.submit(delayed, delay=3600)
        jobs.burst()
        assert set(jobs.ran) == {due}

    def test_stop_ends_work(self, jobs: JobsBench) -> None:
        with jobs.working() as idle:  # asserts at the end that the worker stops
            assert jobs.eventually(lambda: jobs.reconciled > 0)
            assert idle.is_alive()

    def test_stop_ends_work__between_two_jobs(self, jobs: JobsBench) -> None:
        stop, first, second = threading.Event(), jobs.new_id(), jobs.new_id()

        def run(job_id: int) -> None:
            stop.set()
            jobs.ran.append(job_id)

        jobs.jobs.submit(first)
        jobs.jobs.submit(second)
        worker = threading.Thread(target=jobs.jobs.work, args=(run, jobs.reconcile), kwargs={"stop": stop}, daemon=True)
        worker.start()
        worker.join(jobs.patience)
        assert not worker.is_alive()
        assert len(jobs.ran) == 1

    def test_work_reconciles(self, jobs: JobsBench) -> None:
        found = jobs.new_id()

        def reconcile() -> int:
            if not jobs.reconciled:
                jobs.jobs.submit(found)
            return jobs.reconcile()

        jobs.jobs.work(jobs.run, reconcile, burst=True)
        assert found in jobs.ran
        with jobs.working():
            assert jobs.eventually(lambda: jobs.reconciled >= 4)

    def test_start_returns_at_once(self, jobs: JobsBench) -> None:
        """A slow job or reconciler does not delay the first request."""
        release = threading.Event()

        def run(_job_id: int) -> None:
            release.wait(jobs.patience)

        def reconcile() -> int:
            release.wait(jobs.patience)
            return 0

        starter = threading.Thread(target=jobs.jobs.start, args=(run, reconcile), daemon=True)
        starter.start()
        starter.join(jobs.patience / 2)
        held_up = starter.is_alive()
        release.set()
        assert not held_up
