"""Runs jobs: the one function that queues call, and the reconciler."""

import logging

from pyramid.config import Configurator

from intermediate.ledger import Ledger
from intermediate.request import Request

log = logging.getLogger(__name__)


def submit_after_commit(request: Request, job_id: int) -> None:
    """Hand a job to the queue once its row is committed. A hand-over that fails is made up by the reconciler."""

    def submit(committed: bool) -> None:
        if committed:
            request.registry.jobs.submit(job_id)

    request.tm.get().addAfterCommitHook(submit)


def includeme(config: Configurator) -> None:
    config.registry.ledger = Ledger(config.registry.engine, config.registry.app_settings.jobs)
