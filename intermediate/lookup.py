"""Fast lookup of one row by one key, for the queries that run before every view.

A query with SQLAlchemy, on a connection that begins and ends a transaction, takes twice the time of the query itself.
Here it is compiled once, and run on a connection of the engine's pool without a transaction.
"""

from contextlib import nullcontext
from operator import methodcaller
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import DBAPIError


class Lookup:
    """A query whose only parameter is `key`. All other values in it are literals."""

    def __init__(self, engine: Engine, statement: Select[Any], key: str) -> None:
        dialect = self._dialect = engine.dialect
        self._engine = engine
        self._sql = str(statement.compile(engine))
        self._key = None if dialect.positional else key
        # psycopg2 begins a transaction even for a read.
        self._reading = methodcaller("hurried") if dialect.name == "postgresql" else nullcontext
        processors = [column.type.result_processor(dialect, None) for column in statement.selected_columns]
        self._processors = [(index, process) for index, process in enumerate(processors) if process]

    def __call__(self, value: str) -> list[Any] | None:
        """Return the row, or None. DBAPIError if the database does not respond.

        If the connection was lost since its last use, so were all pooled ones: the query is repeated on a new one.
        """
        try:
            row = self._ask(value)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self._engine.dispose()
            row = self._ask(value)
        if row is not None:
            for index, process in self._processors:
                row[index] = process(row[index])
        return row

    def _ask(self, value: str) -> list[Any] | None:
        parameters: Any = {self._key: value} if self._key else (value,)
        driver_error, connection, died = self._dialect.loaded_dbapi.Error, None, False
        try:
            connection = self._engine.raw_connection()
            return self._run(connection.driver_connection, parameters)
        except driver_error as error:
            if connection is not None and (died := self._dialect.is_disconnect(error, connection, None)):
                connection.invalidate(error)
            raise DBAPIError.instance(
                self._sql, parameters, error, driver_error, connection_invalidated=died, dialect=self._dialect
            ) from error
        finally:
            if connection is not None:
                connection.close()

    def _run(self, driver: Any, parameters: Any) -> list[Any] | None:
        with self._reading(driver):
            cursor = driver.cursor()
            cursor.execute(self._sql, parameters)
            row = cursor.fetchone()
            cursor.close()
        return None if row is None else [*row]
