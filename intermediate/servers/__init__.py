"""The WSGI servers, waitress and gunicorn, and the validation of [server:main]. `strict.py` is what both refuse."""

import os
import re
from collections.abc import Mapping

from waitress.adjustments import Adjustments

from intermediate.plugins import ConfigurationError
from intermediate.settings import Settings

WAITRESS = "egg:intermediate#main"
GUNICORN = "egg:intermediate#gunicorn"
# The option for the address to listen on, by server.
LISTEN = {WAITRESS: "listen", "egg:waitress": "listen", "egg:waitress#main": "listen", GUNICORN: "bind"}


def server_options(ini: Mapping[str, str], host: str | None, port: int | None) -> tuple[str, dict[str, str]]:
    """Return which server to use and its options: those of the INI file, with the given host or port, if any."""
    options = {name: value for name, value in ini.items() if name not in ("here", "__file__")}
    use = options.pop("use", WAITRESS)
    if use not in LISTEN:
        raise ConfigurationError(
            f"[server:main] use = {use}: use {WAITRESS} (waitress) or {GUNICORN} (several processes)"
        )
    for name in ("threads", "workers"):
        if re.fullmatch(r"0+|-\d+", options.get(name, "")):
            raise ConfigurationError(f"[server:main] {name} = {options[name]}: use at least 1")
    processes = os.environ.get("WEB_CONCURRENCY", "1")
    if use == GUNICORN and not re.fullmatch(r"[1-9]\d*", processes):
        raise ConfigurationError(f"WEB_CONCURRENCY = {processes!r}: use the number of web processes, such as 4")
    listen = LISTEN[use]
    given = options.get(listen, "").split()
    if host is None and port is None and given:
        return use, options
    ini_host, ini_port = options.pop("host", "127.0.0.1"), options.pop("port", "8003")
    if given and (found := re.fullmatch(r"(.*?)(?::(\w+))?", given[0])):
        ini_host, ini_port = found[1], found[2] or ini_port
    name = host or ini_host
    bracketed = f"[{name}]" if ":" in name and not name.startswith("[") else name
    return use, options | {listen: f"{bracketed}:{ini_port if port is None else port}"}


def verify(settings: Settings, ini: Mapping[str, str]) -> None:
    """Raise ConfigurationError if the server of this section would not start."""
    use, options = server_options(ini, None, None)
    if use == GUNICORN:
        from intermediate.servers.gunicorn import configuration  # not available on every system

        configuration(settings, options)
        return
    try:
        Adjustments(**options)
    except ValueError as error:
        raise ConfigurationError(f"[server:main]: {error}") from None
