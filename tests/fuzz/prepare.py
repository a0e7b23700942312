"""Create an account with a role, and data for its requests."""

from sqlalchemy import insert, update

from intermediate.engines import make_engine
from intermediate.models import Job, User
from intermediate.models.base import utcnow
from tests.fuzz.caller import CSV, FILE, Account, Api, Caller
from tests.serving import Served, wait_until

WAITING_JOBS = 200
USED_KEY = "used before"


def prepare(server: Served, role: str) -> Caller:
    api = Api(server.address)
    account = api.new_account()
    api.send("POST", "/api/tasks", {"title": "sent with a key"}, account.token, key=USED_KEY)
    report = finished(api, account, api.send("POST", "/api/jobs/task-report", {"owner_id": account.id}, account.token))
    imported = finished(api, account, api.send("POST", "/api/tasks/import", FILE, account.token, CSV))
    waiting = give(server, account, role)
    return Caller(server.address, account.id, account.email, account.token, report, imported, waiting, USED_KEY)


def finished(api: Api, account: Account, job: dict[str, int]) -> int:
    path = f"/api/jobs/{job['id']}"
    wait_until(lambda: bool(api.send("GET", path, token=account.token)["status"] == "finished"))
    return job["id"]


def give(server: Served, account: Account, role: str) -> list[int]:
    """Give an account the role, and jobs that are not due yet and can be cancelled. Return their ids."""
    engine, later = make_engine(f"sqlite:///{server.database}"), utcnow().replace(year=2100)
    job = {"kind": "task-report", "owner_id": account.id, "args": {}, "run_at": later, "request_id": "fuzz"}
    with engine.begin() as connection:
        connection.execute(update(User).where(User.id == account.id).values(role=role))
        jobs = connection.execute(insert(Job).returning(Job.id), [job] * WAITING_JOBS)
        waiting = list(jobs.scalars())
    engine.dispose()
    return waiting
