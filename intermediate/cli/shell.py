"""The setup of `pshell development.ini`."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from transaction.interfaces import NoTransaction


def setup(env: dict[str, Any]) -> Iterator[None]:
    """Provide `request`, `tasks` and `session` in a transaction, which is rolled back at the end.

    `tm.commit()` keeps the changes, and `tm.begin()` starts the next transaction.
    """
    request = env["request"]
    request.id = "pshell"
    tm = request.tm
    tm.begin()
    env.update(tm=tm, session=request.db, tasks=request.tasks)
    try:
        yield
    finally:
        with suppress(NoTransaction):  # it was committed, and no other one begun
            tm.abort()
