"""A bare Pyramid application for comparison: one traversal and one view that returns the content of a file.

python bench/bare.py INI FILE [DATABASE_URL PART...]

It is served by our waitress, configured by INI. Each PART adds, with minimal code, something that the application does
for every response, to show its cost: `headers`, `log` (two JSON lines), `identity` (the query for the user),
`transaction` (pyramid_tm), `cache` (the content, from Redis).
"""

import gc
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from redis import Redis

from intermediate import db
from intermediate.cli.app import server_options
from intermediate.cli.ini import read_ini
from intermediate.logs import JsonFormatter
from intermediate.lookup import Lookup
from intermediate.security import who
from intermediate.servers.waitress import make_server
from intermediate.tweens import API

PAGE = "</api/tasks?limit=50&offset="
HEADERS = API | {
    "Cache-Control": "no-store",
    "Vary": "Authorization",
    "X-Cache": "hit",
    "X-Request-ID": "0" * 32,
    "Link": f'{PAGE}0>; rel="first", {PAGE}50>; rel="next", {PAGE}50>; rel="last"',
}

log = logging.getLogger("bare")


class Resource:
    def __init__(self, request: Any) -> None:
        self.request = request


class Tasks(Resource):
    pass


class Api(Resource):
    def __getitem__(self, name: str) -> Resource:
        return {"tasks": Tasks}[name](self.request)


class Root(Resource):
    def __getitem__(self, name: str) -> Resource:
        return {"api": Api}[name](self.request)


def two_lines(request: Request) -> None:
    log.info("cache %s", "hit", extra={"key": "tasks:1:60:0123456789abcdef0123456789abcdef"})
    log.info("request", extra={"method": request.method, "path": request.path_info, "status": 200, "ms": 0.5})


def identity_of(url: str) -> Callable[[Request], None]:
    lookup = Lookup(db.make_engine(url), who("api", "token"), "session")

    def ask(_request: Request) -> None:
        lookup("nobody")

    return ask


def kept(body: bytes) -> Callable[[Request], None]:
    client = Redis.from_url(os.environ["INTERMEDIATE_REDIS_URL"])
    client.set("page", body)

    def ask(_request: Request) -> None:
        assert client.get("page") == body

    return ask


def main() -> None:
    ini, body, parts = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), sys.argv[4:]
    headers = HEADERS if "headers" in parts else {}
    steps = [identity_of(sys.argv[3])] if "identity" in parts else []
    steps += [kept(body)] if "cache" in parts else []
    steps += [two_lines] if "log" in parts else []
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service="bare", environment="development"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])

    def view(_context: Tasks, request: Request) -> Response:
        for step in steps:
            step(request)
        response = Response(body=body, content_type="application/json", charset="utf-8")
        response.headerlist.extend(headers.items())
        return response

    config = Configurator(root_factory=Root, settings={"tm.annotate_user": "false"})
    if "transaction" in parts:
        config.include("pyramid_tm")
    config.add_view(view, context=Tasks, request_method="GET")
    _, options = server_options(read_ini(ini, "server:main"), "127.0.0.1", 0)
    server = make_server(config.make_wsgi_app(), **options)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)  # as intermediate-app does
    print(f"Serving on http://127.0.0.1:{server.effective_port}", file=sys.stderr, flush=True)
    server.run()


if __name__ == "__main__":
    main()
