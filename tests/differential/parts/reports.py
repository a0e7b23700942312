"""Reports, from the request to the page. Nothing is recorded while a job runs, because its progress varies."""

from tests.differential.recording import Client
from tests.serving import wait_until

REPORT = "/api/jobs/task-report"
JOBS = "/api/jobs"
OVER = ("finished", "failed", "cancelled")
SECONDS = 30


def owner_of(client: Client) -> int:
    return int(client.api("GET", "/api/tasks?limit=1").json()["items"][0]["owner_id"])


def wait_for(client: Client, job_id: int) -> None:
    def over() -> bool:
        return client.api("GET", f"{JOBS}/{job_id}").json()["status"] in OVER

    client.record = False
    wait_until(over)
    client.record = True


def reports_api(ann: Client, ben: Client, _nobody: Client) -> None:
    me, other = owner_of(ann), owner_of(ben)
    ann.api("GET", f"{REPORT}/{me}")
    ann.api("GET", JOBS)
    for owner in ("1", 1.0, True, None, 0, -1, 2**63, {"$gt": ""}, [1], 999_999_999):
        ann.api("POST", REPORT, {"owner_id": owner})
    ann.api("POST", REPORT, {})
    ann.api("POST", REPORT, {"owner_id": other})
    ann.api("GET", f"{REPORT}/{other}")
    ann.api("GET", f"{REPORT}/999999999")
    for number in range(2):
        asked = ann.api("POST", REPORT, {"owner_id": me}, X_Request_ID=f"asks-{number}").json()
        wait_for(ann, asked["id"])
        path = f"{JOBS}/{asked['id']}"
        ann.api("GET", path)
        ann.api("GET", f"{REPORT}/{me}")
        ann.api("POST", "/api/tasks", {"title": "Between two reports", "status": "completed"})
    last = ann.api("GET", f"{path}/events").body.partition("\nid: ")[2].partition("\n")[0]
    ann.api("GET", f"{path}/events", Last_Event_ID=last)
    ann.api("HEAD", f"{path}/events")
    ann.api("POST", f"{path}/events", {})
    ann.get(f"{path.removeprefix('/api')}/events")
    ben.api("GET", f"{path}/events")
    ben.api("GET", path)
    ben.api("DELETE", path)
    ann.api("DELETE", path)
    ann.api("PUT", path, {})
    ann.api("OPTIONS", path)
    for query in (
        "",
        "?status=finished&limit=1",
        "?status=finished&limit=1&offset=1",
        "?status=failed",
        "?status=x",
        "?limit=0",
    ):
        ann.api("GET", f"{JOBS}{query}")
    ann.api("GET", f"{JOBS}/999999999")
    ann.get(path.removeprefix("/api"))
    ben.get(path.removeprefix("/api"))


def reports_site(_ann: Client, ben: Client, _nobody: Client) -> None:
    ben.get("/reports")
    for headers in ({}, {"HX-Request": "true"}):
        ben.post("/reports", headers=headers)
        ben.record = False
        job = ben.api("GET", f"{JOBS}?limit=1").json()["items"][0]
        wait_for(ben, job["id"])
        ben.get("/reports")
        ben.get(f"/jobs/{job['id']}", HX_Request="true")
    ben.get("/reports", method="OPTIONS")
    ben.get("/reports/1")
