"""A kind of jobs that a product adds has a name, a page and a place in the API without further code."""

from collections.abc import Callable, Iterator

import pytest
from webtest import TestApp

from intermediate import queueing, worker
from intermediate.leases import Claim, HopelessError
from intermediate.request import Request
from intermediate.scripting import request_for
from tests.conftest import NewDatabase
from tests.functional.conftest import Api, Target, make_api, serving

KIND = "reminder"


@pytest.fixture(scope="module")
def inline(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("kinds")
    with (
        new_database(folder) as url,
        serving(False, folder, **{"database.url": url, "jobs.backend": "inline"}) as target,
    ):
        yield target


@pytest.fixture
def app(inline: Target) -> TestApp:
    return TestApp(inline)


@pytest.fixture
def api(inline: Target) -> Api:
    return make_api(inline)


Ask = Callable[..., str]


@pytest.fixture
def ask(api: Api, inline: Target, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Request a job that runs a function, and return its address on the site."""

    def ask(run: Callable[[Request, Claim], None]) -> str:
        monkeypatch.setitem(worker.JOBS, KIND, run)
        api.get("/api/tasks")  # the first request starts the backend
        with request_for(inline.registry) as request:
            return f"/jobs/{queueing.ask(request, KIND, api.user_id).id}"

    return ask


def send(_request: Request, _claim: Claim) -> None:
    pass


def test_it_has_a_page_and_no_report(api: Api, site: TestApp, ask: Ask) -> None:
    address = ask(send)
    document = api.get(f"/api{address}").json
    assert (document["kind"], document["status"], document["result_url"]) == (KIND, "finished", None)
    page = site.get(address).html
    name = f"Job {document['id']}"
    assert page.h1.text == name
    assert page.select_one("#job-title").text == "Finished"
    assert "eport" not in page.main.text
    assert [link.text for link in site.get("/jobs").html.select(".job-row a")] == [name]


def test_its_failure_is_told(site: TestApp, ask: Ask) -> None:
    def fail(_request: Request, _claim: Claim) -> None:
        raise HopelessError("The mail server is not known.")

    page = site.get(ask(fail)).html.main
    assert page.select_one("#job-title").text == "Failed. It was tried once."
    assert "The mail server is not known." in page.text
    assert page.select_one("#generate") is None


def test_it_is_followed_while_it_is_under_way(site: TestApp, ask: Ask) -> None:
    seen: list[list[str]] = []

    def look(_request: Request, claim: Claim) -> None:
        page = site.get(f"/jobs/{claim.job.id}").html.main
        seen.append([page.select_one("#job-title").text, *(step.text.strip() for step in page.select(".steps span"))])

    ask(look)
    assert seen == [["Running", "Waiting for a worker", "Running"]]
