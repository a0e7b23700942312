"""Requesting and cancelling jobs through the API, with a queue that the test controls."""

from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from intermediate.leases import Claim, Leases, LostLeaseError
from intermediate.logins import named_tokens
from intermediate.models import Job
from intermediate.scripting import request_for
from tests.unit.conftest import MakeApp, make_owner

REPORT = "/api/jobs/task-report"


class Asking:
    """An API client of an application whose queue runs no jobs."""

    def __init__(self, registry: Any) -> None:
        self.registry = registry
        self.leases = Leases(registry.engine, registry.app_settings.jobs)
        self.owner = make_owner(registry)
        with request_for(registry) as request:
            self.token = named_tokens.make(request.db, self.owner, "a program", None)
        self.app = TestApp(registry.app, {"HTTP_AUTHORIZATION": f"Bearer {self.token}"})

    def ask(self) -> int:
        job: int = self.app.post_json(REPORT, {"owner_id": self.owner}, status=202).json["id"]
        return job

    def claim(self, job_id: int) -> Claim:
        claim = self.leases.claim(job_id)
        assert claim
        return claim

    def status(self, job_id: int) -> str:
        status: str = self.app.get(f"/api/jobs/{job_id}").json["status"]
        return status


@pytest.fixture
def asking(make_registry: MakeApp) -> Asking:
    return Asking(make_registry(jobs__local__threads="0"))


def test_requests_for_the_same_join_a_job_that_nobody_has_begun(asking: Asking) -> None:
    first = asking.ask()
    assert [asking.ask() for _ in range(3)] == [first] * 3
    with request_for(asking.registry) as request:
        assert list(request.db.scalars(select(Job.id))) == [first]


def test_a_request_after_a_job_has_begun_is_a_job_of_its_own(asking: Asking) -> None:
    first = asking.ask()
    claim = asking.claim(first)
    second = asking.ask()
    assert second != first
    asking.leases.finish(claim)
    assert asking.ask() == second  # no worker has started it


def test_a_queued_job_is_called_off_and_never_begun(asking: Asking) -> None:
    job_id = asking.ask()
    assert asking.app.delete(f"/api/jobs/{job_id}", status=204).body == b""
    assert asking.status(job_id) == "cancelled"
    assert asking.leases.claim(job_id) is None
    assert asking.ask() != job_id


def test_a_running_job_is_called_off_and_stops_at_its_next_step(asking: Asking) -> None:
    job_id = asking.ask()
    claim = asking.claim(job_id)
    asking.app.delete(f"/api/jobs/{job_id}", status=204)
    assert asking.status(job_id) == "cancelled"
    with pytest.raises(LostLeaseError):
        claim.progress(50)
    with pytest.raises(LostLeaseError):
        asking.leases.finish(claim)
    assert asking.status(job_id) == "cancelled"


@pytest.mark.parametrize("ending", ["finished", "cancelled"])
def test_a_job_that_is_over_cannot_be_called_off(asking: Asking, ending: str) -> None:
    job_id = asking.ask()
    if ending == "finished":
        asking.leases.finish(asking.claim(job_id))
    else:
        asking.app.delete(f"/api/jobs/{job_id}", status=204)
    assert asking.app.delete(f"/api/jobs/{job_id}", status=409).json["code"] == "job_over"
    assert asking.status(job_id) == ending
