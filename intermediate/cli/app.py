"""`intermediate-app`: serve an INI file with the server that it names, and shut down gracefully."""

import gc
import logging
import signal
from pathlib import Path
from typing import Any, NoReturn

import click

import intermediate
from intermediate import logs, metrics
from intermediate.cli.failures import Failure, Web
from intermediate.cli.ini import INI, ini_loader, read_ini
from intermediate.plugins import ConfigurationError
from intermediate.servers import GUNICORN, server_options
from intermediate.servers.waitress import make_server
from intermediate.streams import end_on_signals


@click.command(
    cls=Web,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  intermediate-app
  intermediate-app development.ini --port 8080
  intermediate-app production.ini --host 0.0.0.0""",
)
@click.argument("ini", type=INI, default="development.ini")
@click.option("--host", help="The address to listen on, instead of the one in INI.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on, instead of the one in INI.")
def main(ini: Path, host: str | None, port: int | None) -> None:
    """Serve the site and the API as configured in [server:main]. INI defaults to development.ini.

    On SIGTERM it finishes the requests in progress and exits. Ctrl-C does the same with waitress; gunicorn exits at
    once.
    """
    read_ini(ini)  # reports errors without values; other readers would show them, secrets included
    use, options = server_options(read_ini(ini, "server:main"), host, port)
    # Waitress drains on SystemExit as on Ctrl-C. An unhandled SIGTERM would kill it at once.
    signal.signal(signal.SIGTERM, stop)
    if use == GUNICORN:
        metrics.share()
    app = load(ini)
    # Objects from the start are permanent: after freezing, the collector does not scan them again during requests,
    # and forked processes share their memory.
    gc.collect()
    gc.freeze()
    # Collect less often, when there is enough garbage to find.
    gc.set_threshold(10_000)
    try:
        (serve_processes if use == GUNICORN else serve)(app, options)
    finally:
        intermediate.close(app)


def load(ini: Path) -> Any:
    """Return the application, with the middleware that the INI file configures."""
    loader: Any = ini_loader(ini, ["wsgi"])
    try:
        loader.setup_logging()
        loader.get_wsgi_app_settings()
    except (LookupError, ImportError, ValueError) as error:  # of the INI file only: the application is not created yet
        raise ConfigurationError(f"Cannot serve {ini}: {error!r}") from None
    return loader.get_wsgi_app()


def serve(app: Any, options: dict[str, str]) -> None:
    """Serve with waitress, in this process."""
    end_on_signals(app.registry.streams)
    try:
        server = make_server(app, **options)
    except ValueError as error:
        raise ConfigurationError(f"[server:main]: {error}") from None
    except OSError as error:
        raise Failure(f"Cannot listen on {options.get('listen')}: {error.strerror}") from None
    several = getattr(server, "effective_listen", None)
    for address, port in several or [(server.effective_host, server.effective_port)]:
        logs.tell("web", logging.INFO, f"Serving on http://{address}:{port}")
    server.run()


def serve_processes(app: Any, options: dict[str, str]) -> None:
    from intermediate.servers import gunicorn  # not available on every system

    gunicorn.serve(app, options)


def stop(*_: object) -> NoReturn:
    raise SystemExit(0)
