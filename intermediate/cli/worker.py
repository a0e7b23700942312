"""`intermediate-worker`: runs background jobs in a process of its own."""

import os
import signal
import sys
from pathlib import Path
from threading import Event
from types import FrameType

import click

from intermediate import close, create_app, logs
from intermediate.cli.ini import read_settings
from intermediate.plugins import ConfigurationError
from intermediate.plugins.base import Capability

EX_CONFIG = 78


@click.command()
@click.argument("ini", type=click.Path(path_type=Path), default=Path("development.ini"))
@click.option("--burst", is_flag=True, help="End when no job is due.")
def main(ini: Path, burst: bool) -> None:
    """Run the background jobs of the application that INI configures.

    Any number of workers may run, beside any number of web processes. SIGTERM or Ctrl-C ends a worker after the job
    that it is at; a second one ends it at once, and another worker runs the job again when its lease has ended.

    \b
    Examples:
      intermediate-worker development.ini
      intermediate-worker production.ini --burst
    """
    try:
        run(ini, burst)
    except ConfigurationError as error:
        print(f"intermediate-worker cannot start: {error}", file=sys.stderr)
        raise SystemExit(EX_CONFIG) from None


def run(ini: Path, burst: bool) -> None:
    settings = read_settings(ini, os.environ)
    logs.configure(settings, "worker")
    app = create_app(settings)
    if Capability.SHARED not in app.registry.tasks.capabilities:
        raise ConfigurationError(
            f"tasks.backend = {settings.tasks.backend!r} keeps tasks in the web process, where no worker sees them."
        )
    stop = Event()

    def end(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise SystemExit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        app.registry.jobs.work(app.registry.worker.run, app.registry.worker.reconcile, burst=burst, stop=stop)
    finally:
        close(app)
