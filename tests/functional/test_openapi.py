"""The OpenAPI document is valid and complete, and contains nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from webtest import TestApp

from tests.functional.conftest import Target, make_api

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document(target: Target) -> dict[str, Any]:
    found: dict[str, Any] = TestApp(target).get("/openapi.json", status=200).json
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def test_it_is_valid(document: dict[str, Any]) -> None:
    errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert document["openapi"].startswith("3.1.")
    assert errors == []


def test_each_operation_says_what_a_client_needs(document: dict[str, Any]) -> None:
    found = list(operations(document))
    assert len(found) > 25
    assert len({operation["operationId"] for *_, operation in found}) == len(found)
    for path, method, operation in found:
        assert operation["summary"], (path, method)
        assert any(status.startswith("2") for status in operation["responses"]), (path, method)
        assert ("401" in operation["responses"]) == bool(operation["security"]) or "login" in path, (path, method)
        for answer in operation["responses"].values():
            assert "X-Request-ID" in answer["headers"], (path, method)


def test_each_model_has_an_example(document: dict[str, Any]) -> None:
    without = [name for name, schema in document["components"]["schemas"].items() if not schema.get("examples")]
    assert without == ["OpenApiDocument"]  # this document is its own example


def test_a_client_that_has_it_is_not_sent_it_again(target: Target) -> None:
    app = TestApp(target)
    first = app.get("/openapi.json", status=200)
    assert first.headers["Cache-Control"] == "public, no-cache"
    app.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]}, status=304)


def test_what_is_documented_is_there(target: Target, document: dict[str, Any]) -> None:
    """A documented method is allowed, and an allowed one is documented."""
    api = make_api(target)
    for path, item in document["paths"].items():
        if "{" in path:
            continue
        answer = api.options(path)
        allowed = set(answer.headers["Allow"].lower().split(", ")) - {"head", "options"}
        assert allowed == {method for method in METHODS if method in item}, path


def test_without_passwords_there_are_no_logins(proxied: Target) -> None:
    found = TestApp(proxied).get("/openapi.json").json
    assert not [path for path in found["paths"] if path.startswith("/api/auth")]
    assert list(found["components"]["securitySchemes"]) == ["token"]
