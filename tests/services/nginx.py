"""nginx with deploy/nginx.conf, in front of the application of a test."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.services import Absent, ServiceProcess, free_port, running

DEPLOY = Path(__file__).parents[2] / "deploy"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Edge(ServiceProcess):
    """nginx with the shipped configuration, with other ports and folders."""

    def __init__(
        self,
        folder: Path,
        *,
        application: int,
        certificate: tuple[str, str] | None = None,
        http: str = "1.1",
        patience: int | None = None,
    ) -> None:
        super().__init__(folder)
        self.tls_port = free_port()
        text = self._moved((DEPLOY / "nginx.conf").read_text(), "listen 80;", f"listen 127.0.0.1:{self.port};")
        # Test machines may have an older nginx without `resolve`, and no Docker.
        text = self._moved(text, "server web:8003 resolve;", f"server 127.0.0.1:{application};")
        text = self._moved(text, "/etc/nginx/tls/", f"{folder}/tls/")
        text = self._moved(text, "proxy_http_version 1.1;", f"proxy_http_version {http};")
        if patience:
            for what in ("header", "body"):
                name = f"client_{what}_timeout"
                text = self._moved(text, f"{name} {directive(name)};", f"{name} {patience}s;")
        text = self._moved(text, "/dev/stdout", f"{folder}/access.log")
        paths = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
        (folder / "nginx.conf").write_text(text.replace("http {\n", f"http {{\n{paths}", 1))
        (folder / "tls").mkdir()
        if certificate:
            tls = (DEPLOY / "tls.conf").read_text()
            tls = self._moved(tls, "listen 443", f"listen 127.0.0.1:{self.tls_port}")
            (folder / "tls" / "tls.conf").write_text(self._moved(tls, "/etc/nginx/tls/", f"{folder}/tls/"))
            for name, pem in zip(("fullchain.pem", "privkey.pem"), certificate, strict=True):
                (folder / "tls" / name).write_text(pem)

    @staticmethod
    def _moved(text: str, was: str, becomes: str) -> str:
        assert was in text, was
        return text.replace(was, becomes)

    def words(self) -> list[str]:
        user = "user root; " if os.geteuid() == 0 else ""  # only root can read the folder then
        main = f"daemon off; pid {self.folder}/nginx.pid; {user}"
        return [find(), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr", "-g", main]


def find() -> str:
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found is None:
        raise Absent("There is no nginx: apt-get install --no-install-recommends nginx-light")
    return found


@contextmanager
def before(application: int, **how: Any) -> Iterator[Edge]:
    """Start nginx in front of the server on that port.

    `http` is the HTTP version of its requests to that server, `patience` the timeout for slow clients in seconds.
    """
    find()
    with running(partial(Edge, application=application, **how)) as edge:
        yield edge


def directive(name: str) -> str:
    """Return the value of a directive in the shipped configuration."""
    [found] = re.findall(rf"^\s*{name} (.+);$", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE)
    return str(found)
