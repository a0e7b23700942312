"""`intermediate-worker`: run background jobs in a separate process."""

import logging
import signal
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import click

from intermediate.cli.failures import Worker
from intermediate.cli.ini import INI, application
from intermediate.plugins import ConfigurationError
from intermediate.plugins.base import Capability

log = logging.getLogger(__name__)


@click.command(
    cls=Worker,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  intermediate-worker
  intermediate-worker production.ini
  intermediate-worker development.ini --burst""",
)
@click.argument("ini", type=INI, default="development.ini")
@click.option("--burst", is_flag=True, help="Exit when no job is due.")
def main(ini: Path, burst: bool) -> None:
    """Run background jobs. INI defaults to development.ini.

    You can run any number of workers beside any number of web processes. SIGTERM or Ctrl-C ends a worker after its
    current job; a second one ends it at once, and another worker runs the job again when its lease has expired.
    """
    stop = Event()

    def end(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise SystemExit(128 + number)
        stop.set()

    with application(ini, "worker") as app:
        refuse_tasks_elsewhere(app.registry)
        jobs = app.registry.app_settings.jobs
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        log.info("worker_started", extra={"backend": jobs.backend, "queue": jobs.queue_name})
        app.registry.jobs.work(app.registry.worker.run, app.registry.worker.reconcile, burst=burst, stop=stop)
        log.info("worker_ended")


def refuse_tasks_elsewhere(registry: Any) -> None:
    if Capability.SHARED not in registry.tasks.capabilities:
        name = registry.app_settings.tasks.backend
        raise ConfigurationError(
            f"tasks.backend = {name!r} keeps tasks in the memory of the web server, where workers cannot reach them."
        )
