"""A bare Pyramid application: one traversal, one view, the bytes of a file. Serves them as an INI tells waitress to.

python bench/bare.py INI FILE
"""

import gc
import sys
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from waitress.server import create_server

from intermediate.cli.app import server_options
from intermediate.cli.ini import read_ini


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


def main() -> None:
    ini, body = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
    config = Configurator(root_factory=Root)
    config.add_view(
        lambda _context, _request: Response(body=body, content_type="application/json", charset="utf-8"),
        context=Tasks,
        request_method="GET",
    )
    server = create_server(config.make_wsgi_app(), **server_options(read_ini(ini, "server:main"), "127.0.0.1", 0))
    gc.collect()
    gc.freeze()  # as intermediate-app does
    print(f"Serving on http://127.0.0.1:{server.effective_port}", file=sys.stderr, flush=True)
    server.run()


if __name__ == "__main__":
    main()
