"""The analytics backend `duckdb`: reports in a DuckDB file, which can be queried with SQL.

DuckDB allows only one process at a time to open a file. So each call opens and closes it, and waits up to PATIENCE
seconds if another process has it open.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import duckdb

from intermediate.plugins.analytics.interface import Analytics, AnalyticsError, Document, Totals
from intermediate.plugins.base import Capability, Section

TABLE = "CREATE TABLE IF NOT EXISTS reports (owner_id BIGINT PRIMARY KEY, seq BIGINT, document JSON)"
TOTALS = """
SELECT count(*),
       coalesce(sum((document->>'total_tasks')::BIGINT), 0),
       coalesce(sum((document->>'pending_tasks')::BIGINT), 0),
       coalesce(sum((document->>'in_progress_tasks')::BIGINT), 0),
       coalesce(sum((document->>'completed_tasks')::BIGINT), 0),
       coalesce(sum((document->>'overdue_tasks')::BIGINT), 0)
FROM reports
"""
PATIENCE = 0.8
STEP = 0.02


class DuckdbSettings(Section):
    path: str = "reports.duckdb"
    """`analytics.duckdb.path` in the INI file: the DuckDB file, which is created on first use."""


class DuckdbAnalytics(Analytics):
    Settings = DuckdbSettings
    capabilities = frozenset({Capability.READABLE, Capability.SHARED})

    def __init__(self, path: str) -> None:
        self._path = path
        self._turn = Lock()

    @classmethod
    def build(cls, config: object, settings: DuckdbSettings) -> "DuckdbAnalytics":
        return cls(settings.path)

    @contextmanager
    def _reports(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._turn:
            try:
                with self._opened() as connection:
                    connection.execute(TABLE)
                    yield connection
            except duckdb.Error as error:
                raise AnalyticsError(str(error)) from error

    def _opened(self) -> duckdb.DuckDBPyConnection:
        """Return a connection as soon as no other process has the file open."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return duckdb.connect(self._path)
            except duckdb.IOException as error:
                if "lock" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(STEP)

    def put(self, document: Document) -> bool:
        row = [document["owner_id"], document["seq"], json.dumps(dict(document))]
        with self._reports() as reports:
            known = reports.execute("SELECT seq FROM reports WHERE owner_id = ?", row[:1]).fetchone()
            if newer := not known or known[0] < row[1]:
                reports.execute("INSERT OR REPLACE INTO reports VALUES (?, ?, ?)", row)
        return newer

    def get(self, owner_id: int) -> dict[str, Any] | None:
        with self._reports() as reports:
            row = reports.execute("SELECT document FROM reports WHERE owner_id = ?", [owner_id]).fetchone()
        return json.loads(row[0]) if row else None

    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        question = "SELECT document FROM reports WHERE owner_id > ? ORDER BY owner_id LIMIT ?"
        with self._reports() as reports:
            return [json.loads(text) for (text,) in reports.execute(question, [after_owner, limit]).fetchall()]

    def totals(self) -> Totals:
        with self._reports() as reports:
            found = reports.execute(TOTALS).fetchone() or ()
        return Totals(*map(int, found))

    def remove(self, owner_id: int) -> None:
        with self._reports() as reports:
            reports.execute("DELETE FROM reports WHERE owner_id = ?", [owner_id])

    def ping(self) -> None:
        with self._reports():
            pass
