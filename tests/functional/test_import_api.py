"""Imports through the API: a file becomes a job, and the job creates tasks and a result."""

from typing import Any

import pytest

from intermediate.sanity import FORM_AROUND_FILE
from tests.functional.conftest import Api
from tests.functional.test_reports import finished

IMPORT = "/api/tasks/import"
CSV = {"Content-Type": "text/csv"}
HEADER = b"title,description,status,created_at\n"
FILE = HEADER + b"One,,pending,2026-01-01T00:00:00Z\n,no title,pending,\nTwo,,completed,2026-01-02T00:00:00Z\n"
MIB = 1024 * 1024


def post(api: Api, body: bytes, status: Any = 202, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.post(IMPORT, body, headers={**CSV, **given}, status=status)


def test_a_file_becomes_tasks_and_a_result(api: Api, other: Api) -> None:
    answer = post(api, FILE)
    job = answer.json
    assert answer.headers["Location"].endswith(f"/api/jobs/{job['id']}")
    assert (job["kind"], job["owner_id"]) == ("import", api.user_id)
    done = finished(api, job["id"])
    assert (done["status"], done["result_url"]) == ("finished", f"/api/jobs/{job['id']}/result")
    assert api.get(done["result_url"]).json == {
        "rows": 3,
        "imported": 2,
        "refused": 1,
        "errors": [{"line": 3, "reason": "title: Field required"}],
        "errors_left_out": 0,
    }
    assert [task["title"] for task in api.get("/api/tasks").json["items"]] == ["Two", "One"]
    other.get(done["result_url"], status=404)
    other.delete(f"/api/jobs/{job['id']}", status=404)
    assert other.get("/api/tasks").json["total"] == 0


def test_a_form_with_a_file_does_the_same(api: Api) -> None:
    job = api.post(IMPORT, upload_files=[("file", "tasks.csv", FILE)], status=202).json
    finished(api, job["id"])
    assert api.get("/api/tasks").json["total"] == 2


def test_what_was_exported_can_be_imported(api: Api, other: Api) -> None:
    for title in ("=1+1", "plain", "'=1+1"):
        api.post_json("/api/tasks", {"title": title, "description": '-\n"x"', "tags": ["@a", "b"]}, status=201)
    job = post(other, api.get("/api/tasks/export").body).json
    finished(other, job["id"])

    def tasks(of: Api) -> list[Any]:
        items = of.get("/api/tasks?sort=title").json["items"]
        return [[task[name] for name in ("title", "description", "tags", "created_at")] for task in items]

    assert tasks(other) == tasks(api)


@pytest.mark.parametrize("body", [b"", b"title\nx\n", HEADER[:-1] + b",owner_id\n", b"\xff", b'"x" y,z\n'])
def test_a_file_with_a_wrong_header_is_told_at_once(api: Api, body: bytes) -> None:
    problem = post(api, body, 422).json
    assert problem["code"] == "invalid_file"
    assert problem["detail"].startswith("The file cannot be imported: ")
    assert api.get("/api/jobs").json["total"] == 0


def test_a_file_that_is_broken_further_on_fails_the_job(api: Api) -> None:
    job = finished(api, post(api, FILE + b'"open').json["id"])
    assert (job["status"], job["attempts"]) == ("failed", 1)
    assert "line 5" in job["error"]
    assert api.get(job["result_url"]).json["imported"] == 0
    assert api.get("/api/tasks").json["total"] == 0


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/csv; charset=utf-16", "", "x"])
def test_another_kind_of_body_is_415(api: Api, kind: str) -> None:
    assert post(api, FILE, 415, Content_Type=kind).json["code"] == "unsupported_media_type"
    post(api, FILE, 415, Content_Encoding="gzip")


def test_a_form_that_is_not_one_file_is_refused(api: Api) -> None:
    def form(*fields: tuple[str, ...]) -> Any:
        return api.post(IMPORT, upload_files=[(*field, FILE) for field in fields], status="4*")

    assert form(("other", "tasks.csv")).json["errors"][0]["loc"] == ["body", "file"]
    assert form(("file", "a.csv"), ("file", "b.csv")).status_int == 422
    assert form(*[("file", f"{n}.csv") for n in range(11)]).json["code"] == "malformed_form"
    for kind in ("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x"):
        assert post(api, FILE, "4*", Content_Type=kind).status_int in (400, 422)


@pytest.mark.parametrize(
    ("kind", "around"),
    [
        ("multipart/form-data; xboundary=z; boundary=a", b""),
        ('multipart/form-data; x="; boundary=z"; boundary=a', b""),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nX: --b\r\nContent-Type:\r\n multipart/mixed; boundary=a\r\n\r\n"),
    ],
)
def test_the_parts_of_a_form_cannot_be_hidden(api: Api, kind: str, around: bytes) -> None:
    """For WebOb, each part costs more time than its bytes would, and the memory of thousands."""
    parts = b'--a\r\nContent-Disposition: form-data; name="file"\r\n\r\n\r\n' * 20
    assert post(api, around + parts, 400, Content_Type=kind).json["code"] == "malformed_form"


def test_a_file_has_a_limit_of_its_own(api: Api) -> None:
    """20 MiB, which exceeds the limit of all other bodies."""
    row = b"x," + b"y" * 9000 + b",pending,\n"
    job = finished(api, post(api, HEADER + row * (2 * MIB // len(row))).json["id"])
    assert job["status"] == "finished"
    for size in (20 * MIB + 1, 20 * MIB + FORM_AROUND_FILE + 1):
        problem = post(api, HEADER + b" " * (size - len(HEADER)), 413).json
        assert problem["detail"] == f"The file can be at most {20 * MIB} bytes."
    form = [("file", "tasks.csv", HEADER + b" " * (20 * MIB + 1 - len(HEADER)))]
    assert api.post(IMPORT, upload_files=form, status=413).json["code"] == "too_large"
    for path in ("/api/tasks", "/api/tasks/export", "/api/tasks/import/"):
        assert (
            api.post(path, b"x" * (MIB + 1), headers=CSV, status=413).json["detail"]
            == "The request body can be at most 1 MiB."
        )


def test_who_is_nobody_imports_nothing(api: Api) -> None:
    api.app.post(IMPORT, FILE, headers=CSV, status=401)
    api.get(IMPORT, status=405)


def test_a_report_has_no_such_result(api: Api) -> None:
    job = api.post_json("/api/jobs/task-report", {"owner_id": api.user_id}, status=202).json
    assert api.get(f"/api/jobs/{job['id']}/result", status=404).json["code"] == "no_result"


def test_a_repeat_with_the_same_key_is_the_same_job(api: Api) -> None:
    first = post(api, FILE, Idempotency_Key="once").json
    finished(api, first["id"])
    assert post(api, FILE, Idempotency_Key="once").json["id"] == first["id"]
    assert post(api, FILE + b"x,,pending,\n", 422, Idempotency_Key="once").json["code"] == "idempotency_key_reused"
    large = HEADER + b"x," + b"y" * 9000 + b",pending,\n" + b"\n" * 3 * MIB
    assert post(api, large, Idempotency_Key="large").json["id"] == post(api, large, Idempotency_Key="large").json["id"]
    assert api.get("/api/jobs").json["total"] == 2
