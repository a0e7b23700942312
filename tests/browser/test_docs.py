"""The API documentation in a browser: Swagger UI logs in and sends requests, ReDoc shows the operations."""

import secrets
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.functional.conftest import PASSWORD, new_email

pytestmark = pytest.mark.slow

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def email(page: Page) -> str:
    """The e-mail address of an account."""
    email = new_email()
    account = {"email": email, "password": PASSWORD}
    assert page.request.post("/api/auth/register", data=account).status == 201
    return email


def operations_of(path: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for name, operation in path.items() if name in METHODS]


def operation(page: Page, method: str, path: str) -> Locator:
    return page.locator(f".opblock-{method}", has=page.locator(f"[data-path='{path}']"))


def authorize(page: Page, email: str, client: str, where: str) -> None:
    page.get_by_role("button", name="Authorize", exact=True).click()
    form = page.locator(".auth-container", has=page.locator("#oauth_username"))
    form.locator("#oauth_username").fill(email)
    form.locator("#oauth_password").fill(PASSWORD)
    form.locator("#password_type").select_option(where)
    form.locator("#client_id_password").fill(client)
    form.get_by_role("button", name="Apply given OAuth2 credentials").click()
    expect(page.get_by_role("heading", name="Authorized", exact=True)).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).first.click()


def execute(operation: Locator, body: str = "") -> tuple[str, str]:
    """Send a request with "Try it out", and return the status and the body of the response."""
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    if body:
        operation.locator("textarea.body-param__text").fill(body)
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response").first
    expect(answer).to_be_visible()
    return answer.locator(".response-col_status").inner_text().strip(), answer.inner_text()


@pytest.mark.parametrize(("client", "where"), [("", "basic"), ("swagger-ui", "basic"), ("swagger-ui", "request-body")])
def test_swagger_ui_logs_in_and_tries_things_out(page: Page, email: str, client: str, where: str) -> None:
    title = f"By Swagger UI {secrets.token_hex(4)}"
    page.goto("/docs")
    authorize(page, email, client, where)
    status, body = execute(operation(page, "post", "/api/tasks"), f'{{"title": "{title}"}}')
    assert (status, title in body) == ("201", True)
    status, body = execute(operation(page, "get", "/api/tasks"))
    assert (status, title in body) == ("200", True)


def test_redoc_shows_each_operation_and_finds_it(page: Page) -> None:
    document = page.request.get("/openapi.json").json()
    page.goto("/redoc")
    for operation in (one for path in document["paths"].values() for one in operations_of(path)):
        section = page.locator(f"[data-section-id$='/operation/{operation['operationId']}']")
        expect(section.get_by_role("heading").first).to_contain_text(operation["summary"])
    page.get_by_role("textbox", name="Search").fill("Create a task")
    expect(page.locator("[data-role='search:results']")).to_contain_text("Create a task")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
@pytest.mark.parametrize("width", [360, 1200])
def test_the_pages_fit_the_window(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    expect(page.get_by_role("heading", name="intermediate")).to_be_visible()
    wide: Any = page.evaluate("document.documentElement.scrollWidth")
    assert wide == width
