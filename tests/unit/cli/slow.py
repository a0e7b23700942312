"""A slow view, for `pyramid.includes`."""

import sys
import time
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response


def slow(_request: Any) -> Response:
    sys.stderr.write("begun\n")
    time.sleep(1.5)
    return Response("done")


def includeme(config: Configurator) -> None:
    config.add_route("slow", "/slow")
    config.add_view(slow, route_name="slow")
