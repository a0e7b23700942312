"""The contract suite of jobs backends: transactions of requests that submit jobs, and an unavailable queue."""

from functools import partial

from intermediate.plugins.jobs.interface import JobsError
from intermediate.testing.away import all_tell, soon
from intermediate.testing.jobs_bench import JobsBench, JobsSuite


class AskingAndOutages(JobsSuite):
    def test_commit_comes_first(self, jobs: JobsBench) -> None:
        seen: dict[int, bool] = {}

        def run(job_id: int) -> None:
            seen[job_id] = jobs.is_committed(job_id)

        jobs.jobs.start(run, jobs.reconcile)
        with jobs.asking() as job_id:
            jobs.burst(run)
            assert seen == {}
        with jobs.working(run=run):
            assert jobs.eventually(lambda: job_id in seen)
        assert seen == {job_id: True}

    def test_commit_comes_first__or_nothing_runs(self, jobs: JobsBench) -> None:
        jobs.jobs.start(jobs.run, jobs.reconcile)
        with jobs.asking(abort=True):
            pass
        jobs.burst()
        assert jobs.ran == []

    def test_unreachable_is_told(self, jobs: JobsBench) -> None:
        assert jobs.jobs.ping() is None  # type: ignore[func-returns-value]  # seen here
        if jobs.away.is_possible:
            with jobs.away.refused() as away:
                jobs.all_tell(away)

    def test_unreachable_is_told__by_silence(self, jobs: JobsBench) -> None:
        if jobs.away.is_possible:
            with jobs.away.silent() as away:
                soon(partial(all_tell, JobsError, {"ping": away.ping}), jobs.patience)
                jobs.all_tell(away)

    def test_unreachable_is_told__and_a_worker_goes_on(self, jobs: JobsBench) -> None:
        if jobs.away.is_possible:
            with jobs.away.refused() as away, jobs.working(on=away) as worker:
                assert jobs.eventually(lambda: jobs.reconciled >= 3)
                assert worker.is_alive()
