"""The analytics backend `null`: discards all reports."""

from collections.abc import Sequence
from typing import Any

from intermediate.plugins.analytics.interface import Analytics, Document, Totals


class NullAnalytics(Analytics):
    def put(self, document: Document) -> bool:
        return True

    def get(self, owner_id: int) -> None:
        return None

    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        return ()

    def totals(self) -> Totals:
        return Totals()

    def remove(self, owner_id: int) -> None:
        pass
