"""The OpenAPI 3.1 document of an application, built from its views and from the models of requests and responses."""

from collections.abc import Iterator
from importlib.metadata import metadata
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from intermediate import resources
from intermediate.openapi import headers, problems
from intermediate.openapi.accounts import REGISTER
from intermediate.openapi.operation import Answer, Operation
from intermediate.plugins.base import Capability
from intermediate.schemas.base import LAST_ID
from intermediate.schemas.documents import OAuthError, ProblemDocument
from intermediate.security import ADMIN_ONLY
from intermediate.templating import SITE
from intermediate.views.methods import methods_of

Schema = dict[str, Any]
ID = {"type": "integer", "minimum": 1, "maximum": LAST_ID}
PATHS: dict[type, tuple[str, str]] = {
    resources.Root: ("", "Health"),
    resources.Api: ("/api", "Start"),
    resources.Auth: ("/api/auth", "Accounts"),
    resources.Me: ("/api/users/me", "Accounts"),
    resources.Users: ("/api/users", "Administration"),
    resources.User: ("/api/users/{user_id}", "Administration"),
    resources.Tasks: ("/api/tasks", "Tasks"),
    resources.Task: ("/api/tasks/{task_id}", "Tasks"),
    resources.TrashedTask: ("/api/tasks/{task_id}", "Tasks"),
    resources.Reports: ("/api/jobs/task-report", "Reports"),
    resources.Report: ("/api/jobs/task-report/{owner_id}", "Reports"),
    resources.Jobs: ("/api/jobs", "Jobs"),
    resources.Job: ("/api/jobs/{job_id}", "Jobs"),
}
"""Resource to its path and its tag."""
DESCRIPTION = """Tasks, reports on them, and background jobs.

Register, then log in: the token endpoint takes a form (OAuth 2.0 password grant). Send the access token as
`Authorization: Bearer ...`. Errors are `application/problem+json` (RFC 9457) with a stable `code`; errors of the token
endpoints follow RFC 6749. Every response has an `X-Request-ID`, which also appears in the logs.
"""


class Undocumented(Exception):
    """A view of the API has no operation, or its resource no path."""


def build(registry: Any) -> Schema:
    """Build the document of an application. Operations that its auth backend does not support are left out."""
    can = registry.auth.capabilities
    passwords = Capability.PASSWORDS in can
    found = [one for one in operations(registry) if passwords or one[0] is not resources.Auth]
    found = [one for one in found if Capability.REGISTRATION in can or one[3] is not REGISTER]
    schemas = _Schemas([operation for *_, operation in found])
    paths: dict[str, Schema] = {}
    for context, name, method, operation in found:
        path, tag = _place_of(context)
        whole = f"{path}/{name}" if name else path
        paths.setdefault(whole, _parameters_of(path))[method.lower()] = _described(
            operation, tag, "{" in path, getattr(context, "__acl__", None) is ADMIN_ONLY, schemas
        )
    about = metadata("intermediate")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": SITE,
            "version": about["Version"],
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag for _, tag in PATHS.values())],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas.all,
            "headers": headers.answers(),
            "parameters": headers.parameters(),
            "securitySchemes": _security_schemes(passwords),
        },
    }


def operations(registry: Any) -> Iterator[tuple[type, str, str, Operation]]:
    """Yield resource, view name, method and operation of each view of the API, and of other views with an operation."""
    for view in registry.methods.views():
        context, operation, [method, *_] = view["context"], view.get("operation"), sorted(methods_of(view))
        if operation is None and view["surface"] == "api":
            raise Undocumented(f"{method} of {context.__name__} {view['name']}: state its operation")
        if operation is not None:
            yield context, view["name"], method, operation


def _place_of(context: type) -> tuple[str, str]:
    if context not in PATHS:
        raise Undocumented(f"{context.__name__}: give it a line in PATHS of intermediate/openapi/document.py")
    return PATHS[context]


class _Schemas:
    """The JSON Schemas of all models, each once, and references to them."""

    def __init__(self, found: list[Operation]) -> None:
        models: dict[Any, JsonSchemaMode] = {ProblemDocument: "serialization", OAuthError: "serialization"}
        for operation in found:
            if operation.body:
                models[operation.body] = "validation"
            for answer in operation.answers.values():
                models |= dict.fromkeys(answer.contents.values(), "serialization")
        inputs: Any = [(model, mode, TypeAdapter(model)) for model, mode in models.items()]
        self._refs, definitions = TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")
        self._modes = models
        self.all: Schema = definitions["$defs"]

    def refer(self, model: Any) -> Schema:
        return self._refs[model, self._modes[model]]


def _parameters_of(path: str) -> Schema:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if not names:
        return {}
    return {"parameters": [{"name": name, "in": "path", "required": True, "schema": ID} for name in names]}


def _described(operation: Operation, tag: str, in_path: bool, admin: bool, schemas: _Schemas) -> Schema:
    described: Schema = {"operationId": operation.id, "summary": operation.summary, "tags": [tag]}
    parameters = [{"$ref": f"#/components/parameters/{name}"} for name in operation.headers]
    if operation.query:
        parameters = [*_query(operation.query), *parameters]
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        content = {"schema": schemas.refer(operation.body)}
        described["requestBody"] = {"required": True, "content": dict.fromkeys(operation.types, content)}
    if operation.files:
        content = {kind: {"schema": schema} for kind, schema in operation.files.items()}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = _responses(operation, in_path, admin, schemas)
    described["security"] = [] if operation.public else [{"password": []}, {"token": []}]
    return described


def _responses(operation: Operation, in_path: bool, admin: bool, schemas: _Schemas) -> Schema:
    found = {str(status): _answer(answer, schemas) for status, answer in operation.answers.items()}
    if operation.oauth:
        return found | {
            str(status): problems.oauth_response(status, codes)
            if status in problems.OF_OAUTH
            else problems.response(status, codes)
            for status, codes in operation.problems.items()
        }
    codes = problems.codes_of(operation, in_path, admin)
    return found | {str(status): problems.response(status, names) for status, names in codes.items()}


def _answer(answer: Answer, schemas: _Schemas) -> Schema:
    described: Schema = {
        "description": answer.description,
        "headers": headers.refer("X-Request-ID", *answer.headers),
    }
    if answer.contents:
        described["content"] = {kind: {"schema": schemas.refer(model)} for kind, model in answer.contents.items()}
    if answer.links:
        described["links"] = {
            name: {
                "operationId": name,
                "parameters": {parameter: "$response.body#/id" if answer.body else f"$request.path.{parameter}"},
            }
            for name, parameter in answer.links.items()
        }
    return described


def _query(model: type[BaseModel]) -> list[Schema]:
    """Return a parameter for each field of a query. `null` is dropped, since absence has no value in a query."""
    schema = model.model_json_schema()
    found = []
    for name, field in schema["properties"].items():
        told = dict(field)
        choices = [one for one in told.pop("anyOf", [told]) if one.get("type") != "null"]
        description = told.pop("description", None)
        if len(choices) == 1 and choices[0] is not told:
            told = told | choices[0]
        told = {k: v for k, v in told.items() if k != "title" and not (k == "default" and v is None)}
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": told}
        found.append(parameter | ({"description": description} if description else {}))
    return found


def _security_schemes(passwords: bool) -> Schema:
    flow = {"tokenUrl": "/api/auth/login", "refreshUrl": "/api/auth/refresh", "scopes": {}}
    token = {"type": "http", "scheme": "bearer", "description": "A named token, created on /account."}
    if not passwords:
        return {"token": token}
    return {"password": {"type": "oauth2", "flows": {"password": flow}}, "token": token}
