"""The analytics backend `sql`: reports in a table of the core database, without a separate service."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Connection, Engine, cast, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from intermediate.models import AnalyticsReport
from intermediate.plugins.analytics.interface import COUNTS, Analytics, AnalyticsError, Document, Totals
from intermediate.plugins.base import Capability


class SqlAnalytics(Analytics):
    """Uses transactions of its own, independent of the request's, as an external sink would."""

    capabilities: ClassVar = frozenset({Capability.READABLE, Capability.SHARED})

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def build(cls, config: Any, settings: object) -> "SqlAnalytics":
        return cls(config.registry.engine)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise AnalyticsError(str(error)) from error

    def put(self, document: Document) -> bool:
        owner_id, seq = document["owner_id"], document["seq"]
        values = {"seq": seq, "document": dict(document)}
        newer = update(AnalyticsReport).where(AnalyticsReport.owner_id == owner_id, AnalyticsReport.seq < seq)
        for _ in range(2):
            try:
                with self._connection() as connection:
                    if not connection.execute(newer.values(values)).rowcount:
                        connection.execute(insert(AnalyticsReport).values(owner_id=owner_id, **values))
                    return True
            except IntegrityError:
                continue  # the row exists: it is as new or newer, or was just inserted, so compare once more
        return False

    def get(self, owner_id: int) -> dict[str, Any] | None:
        with self._connection() as connection:
            return connection.scalar(select(AnalyticsReport.document).where(AnalyticsReport.owner_id == owner_id))

    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        rows = select(AnalyticsReport.document).where(AnalyticsReport.owner_id > after_owner)
        with self._connection() as connection:
            return connection.scalars(rows.order_by(AnalyticsReport.owner_id).limit(limit)).all()

    def totals(self) -> Totals:
        sums = [
            func.coalesce(func.sum(cast(AnalyticsReport.document[name].as_string(), BigInteger)), 0) for name in COUNTS
        ]
        with self._connection() as connection:
            found = connection.execute(select(func.count(), *sums).select_from(AnalyticsReport)).one()
        return Totals(*map(int, found))  # Postgres sums to a decimal

    def remove(self, owner_id: int) -> None:
        with self._connection() as connection:
            connection.execute(delete(AnalyticsReport).where(AnalyticsReport.owner_id == owner_id))

    def ping(self) -> None:
        with self._connection() as connection:
            connection.execute(select(AnalyticsReport.owner_id).limit(1))
