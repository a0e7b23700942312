"""Concurrent identical requests on Postgres."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from webtest import TestApp

from intermediate import accounts, import_job, ledger
from intermediate.leases import Leases
from intermediate.plugins.tasks.interface import NewTask
from intermediate.scripting import request_for
from intermediate.testing.contract import in_threads
from tests.faults.postgres.conftest import SOON, run, titles, waiting
from tests.functional.conftest import PASSWORD, make_api, new_email
from tests.functional.test_tasks import log_in
from tests.serving import wait_until


def test_one_of_fifty_who_register_an_address_at_once_gets_it(app: Any) -> None:
    body = {"email": new_email(), "password": PASSWORD}

    def register() -> int:
        for _ in range(30):
            status: int = TestApp(app).post_json("/api/auth/register", body, status="*").status_int
            if status != 503:  # a busy machine refuses some when too many passwords wait to be hashed
                break
        return status

    assert Counter(in_threads(*[register] * 50, patience=60)) == {201: 1, 409: 49}


def test_an_account_is_deleted_while_its_file_is_imported_and_neither_waits_for_the_other(app: Any) -> None:
    with request_for(app.registry) as request:
        owner = accounts.create(request.db, new_email(), None).id
        job_id = ledger.add(request.db, import_job.KIND, owner, {}, request.id)
    claim = Leases(app.registry.engine, app.registry.app_settings.jobs).claim(job_id)
    assert claim

    def remove() -> None:
        with request_for(app.registry) as request:
            accounts.remove(request.db, request.tasks, owner, request.id)

    with ThreadPoolExecutor(1) as pool:
        with request_for(app.registry) as importing:
            importing.tasks.add(owner, [NewTask("one")])
            removal = pool.submit(remove)
            wait_until(lambda: waiting(app) == 1)
            claim.keep(importing.db, progress=50)
        removal.result(SOON)
    with request_for(app.registry) as request, pytest.raises(KeyError):
        accounts.get(request.db, owner)


def test_sample_tasks_that_are_asked_for_twice_at_once_are_added_once(app: Any, outside: Any) -> None:
    api, browser = make_api(app), TestApp(app)
    log_in(browser, api)
    form = {"csrf_token": browser.get("/notes").forms["add"]["csrf_token"].value}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    run(outside, "SELECT FROM users FOR UPDATE")
    with ThreadPoolExecutor(2) as threads:
        for _ in range(2):
            threads.submit(TestApp(app).post, "/notes/samples", form, headers, status=303)
        wait_until(lambda: waiting(app) == 2)
        outside.rollback()
    assert len(titles(api)) == 10
