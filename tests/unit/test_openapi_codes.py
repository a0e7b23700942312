"""The OpenAPI document lists every error that the code can return, and its examples match its schemas."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pyramid.router import Router

import intermediate
from intermediate.openapi.document import build
from tests.fuzz import outcomes, unseen

PACKAGE = Path(intermediate.__file__).parent
# Codes that no documented operation returns.
ELSEWHERE = {
    "method_not_allowed": "of a method that is no operation",
    "not_acceptable": "of an address that shows HTML only",
    "conflict": "of any two requests that contradict each other at the same moment",
    "internal_error": "of a mistake of ours, which nobody should count on",
    "invalid_csrf_token": "of the site's forms",
    "invalid_remote_user": "of the site, behind a proxy",
    "not_signed_in": "of the site, behind a proxy",
    "cache_unavailable": "of nothing: without its store a cache is a miss",
    "reset_link_refused": "of the site's form for whoever is locked out",
    "job_not_failed": "of the site's page of everybody's jobs",
    "analytics_unavailable": "of the site's page for administrators",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    here = {"here": str(tmp_path_factory.mktemp("codes"))}
    app: Router = intermediate.main(here, **{"jobs.backend": "inline"})
    yield build(app.registry)
    intermediate.close(app)


def codes_of(tree: ast.AST) -> Iterator[str]:
    """Return the codes in a module: those of raised problems and OAuth errors, and those of backend errors."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            places = {"Problem": 1, "oauth_error": 0}
            place = places.get(node.func.id, len(node.args))
            found = node.args[place : place + 1]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "code":
            found = [node.value]
        else:
            continue
        yield from (one.value for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str))


def raised() -> set[str]:
    sources = [path for path in PACKAGE.rglob("*.py") if "testing" not in path.parts]
    return {code for path in sources for code in codes_of(ast.parse(path.read_text()))}


def documented(part: Any) -> Iterator[str]:
    """Return the codes in all enumerations of codes, at any depth."""
    if isinstance(part, dict):
        for name in ("code", "error"):
            known = part.get(name)
            yield from known["enum"] if isinstance(known, dict) and "enum" in known else ()
        for inner in part.values():
            yield from documented(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from documented(inner)


def test_codes_are_found_in_source() -> None:
    source = 'raise Problem(404, "lost", "x")\noauth_error("odd", "y")\nclass E:\n    code = "away"\n'
    assert set(codes_of(ast.parse(source))) == {"lost", "odd", "away"}
    assert "stale_version" in raised()


def test_every_error_that_is_raised_is_documented(document: dict[str, Any]) -> None:
    assert raised() - set(documented(document)) - ELSEWHERE.keys() == set()


def test_the_guide_to_the_api_has_every_code_and_no_other(document: dict[str, Any]) -> None:
    rows = re.findall(r"^\| [45]\d\d.*?\| (.*?) \|", (PACKAGE.parent / "docs" / "api.md").read_text(), re.MULTILINE)
    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} == set(documented(document))


def test_no_code_is_excused_that_is_documented_or_gone(document: dict[str, Any]) -> None:
    assert ELSEWHERE.keys() & set(documented(document)) == set()
    assert ELSEWHERE.keys() - raised() == set()


def test_the_fuzzer_is_excused_only_from_what_is_documented_and_tested_elsewhere(document: dict[str, Any]) -> None:
    promised = outcomes.documented(document)
    assert unseen.ANYWHERE.keys() - {one for found in promised.values() for one in found} == set()
    assert unseen.OF_ONE.keys() - promised.keys() == set()
    for excuses in (unseen.ANYWHERE, *unseen.OF_ONE.values()):
        for why in excuses.values():
            assert (PACKAGE.parent / why.rpartition(": ")[2]).exists(), why


def test_examples_are_what_their_models_say(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        judge = Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": document["components"]},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        for example in schema.get("examples", []):
            assert [error.message for error in judge.iter_errors(example)] == [], name


def test_links_lead_to_operations_and_fill_what_these_want(document: dict[str, Any]) -> None:
    wanted, links = {}, []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            wanted[operation["operationId"]] = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            links += [link for answer in operation["responses"].values() for link in answer.get("links", {}).values()]
    assert links
    assert [link for link in links if set(link["parameters"]) != wanted.get(link["operationId"])] == []


def test_no_task_that_is_there_leads_to_its_restoring(document: dict[str, Any]) -> None:
    """That would be a 404: only a task in the trash can be restored."""
    for item in document["paths"].values():
        for operation in (operation for name, operation in item.items() if name != "parameters"):
            for answer in operation["responses"].values():
                if "content" in answer:
                    assert "restore_task" not in answer.get("links", {}), operation["operationId"]


def test_if_none_match_fails_for_writes_and_is_304_for_reads(document: dict[str, Any]) -> None:
    task = document["paths"]["/api/tasks/{task_id}"]
    assert "precondition_failed" in set(documented(task["put"]["responses"]["412"]))
    assert "precondition_failed" not in set(documented(task["get"]["responses"]["412"]))
    assert "304" in task["get"]["responses"]
    assert "304" not in task["put"]["responses"]


def test_what_logs_in_can_be_refused_for_a_while_and_be_away(document: dict[str, Any]) -> None:
    """An operation that checks a password is rate-limited and depends on the database."""
    for path, method in (("/api/auth/login", "post"), ("/api/users/me", "patch")):
        assert {"429", "503"} <= document["paths"][path][method]["responses"].keys(), path
    assert {"413", "503"} <= document["paths"]["/api/auth/refresh"]["post"]["responses"].keys()
