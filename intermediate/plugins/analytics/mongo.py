"""The analytics backend `mongo`: reports in the MongoDB collection `task_reports`, for use with external chart tools.

Uses only features of MongoDB 4.4 that FerretDB also supports. The tests run on FerretDB where MongoDB is not installed.
"""

import hashlib
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pymongo
from bson.errors import BSONError
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, PyMongoError

from intermediate.plugins import ConfigurationError
from intermediate.plugins.analytics.interface import COUNTS, Analytics, AnalyticsError, Document, Totals
from intermediate.plugins.base import Capability, Section

COLLECTION = "task_reports"
SHAPE = "mongodb://user:password@host:27017/database, with user and password percent-encoded"
WRITE_SECONDS = 5.0
SELECT_SECONDS = 2.0
# The driver selects a server in steps of half a second. A higher value would make a read take more than a second.
READ_SECONDS = 0.5
PLACE_LENGTH = 100
Client = MongoClient[dict[str, Any]]


class MongoAnalyticsSettings(Section):
    url: SecretStr = SecretStr("mongodb://localhost:27017/analytics")
    """The server and, after the slash, the database that contains the collection of reports."""


class MongoAnalytics(Analytics):
    """Uses one client per process, created on first use and so after a fork."""

    Settings = MongoAnalyticsSettings
    capabilities: ClassVar = frozenset({Capability.READABLE, Capability.SHARED, Capability.REMOTE})

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = place_of(url)
        self._client: Client | None = None
        self._making = threading.Lock()
        self._putting = threading.Lock()

    @classmethod
    def build(cls, config: Any, settings: MongoAnalyticsSettings) -> "MongoAnalytics":
        return cls(settings.url.get_secret_value())

    @contextmanager
    def _reports(self, seconds: float) -> Iterator[Collection[dict[str, Any]]]:
        """Yield the collection. All operations together must end within `seconds`."""
        try:
            with self._making:
                self._client = self._client or make_client(self._url)
            with pymongo.timeout(seconds):
                if seconds > SELECT_SECONDS:
                    # Otherwise the driver would spend all the time on server selection.
                    with pymongo.timeout(SELECT_SECONDS):
                        _ = self._client.is_primary
                yield self._client.get_default_database()[COLLECTION]
        except (PyMongoError, BSONError) as error:
            raise AnalyticsError(str(error)) from error

    def put(self, document: Document) -> bool:
        older = {"owner_id": document["owner_id"], "seq": {"$lt": document["seq"]}}
        # MongoDB compares and replaces atomically. FerretDB 1.24 does not, so the threads of a process take turns.
        # Writers in several processes are safe only with MongoDB.
        with self._putting, self._reports(WRITE_SECONDS) as reports:
            # On each call, because a collection that was dropped in the meantime is recreated without the index.
            reports.create_index("owner_id", unique=True)
            try:
                reports.replace_one(older, dict(document), upsert=True)
            except DuplicateKeyError:  # no older document was found, so the stored one is as new or newer
                # Or another writer inserted an older one after the comparison, so compare once more.
                return reports.replace_one(older, dict(document)).matched_count == 1
        return True

    def get(self, owner_id: int) -> dict[str, Any] | None:
        with self._reports(READ_SECONDS) as reports:
            return reports.find_one({"owner_id": owner_id}, {"_id": False})

    def find(self, *, after_owner: int = 0, limit: int = 100) -> Sequence[dict[str, Any]]:
        if limit < 1:  # MongoDB treats a limit of 0 as "all"
            return ()
        with self._reports(READ_SECONDS) as reports:
            found = reports.find({"owner_id": {"$gt": after_owner}}, {"_id": False})
            return found.sort("owner_id").limit(limit).to_list()

    def totals(self) -> Totals:
        """Add up in Python: in a $group, FerretDB 1.24 returns 0 for every sum but the first."""
        owners, sums = 0, dict.fromkeys(COUNTS, 0)
        with self._reports(READ_SECONDS) as reports:
            for document in reports.find({}, {"_id": False} | dict.fromkeys(COUNTS, True)):
                owners += 1
                for name in COUNTS:
                    sums[name] += document.get(name, 0)
        return Totals(owners, **sums)

    def remove(self, owner_id: int) -> None:
        with self._reports(WRITE_SECONDS) as reports:
            reports.delete_one({"owner_id": owner_id})

    def place(self) -> str:
        return self._place

    def ping(self) -> None:
        with self._reports(READ_SECONDS) as reports:
            reports.database.command("ping")

    def close(self) -> None:
        if self._client:
            self._client.close()


def make_client(url: str) -> Client:
    """Return a client that connects on first use."""
    return MongoClient(
        url,
        connect=False,
        appname="intermediate",
        serverSelectionTimeoutMS=round(SELECT_SECONDS * 1000),
        timeoutMS=round(WRITE_SECONDS * 1000),
    )


def place_of(url: str) -> str:
    """Return the hosts and the database of a URL, without DNS lookups or connections.

    Raises ConfigurationError if the URL is not valid.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # the driver only warns about unknown options
            with make_client(url) as client:
                database = client.get_default_database().name
                if "@" in database:
                    raise ValueError("there is a slash before the @")
    except (PyMongoError, ValueError, TypeError, OSError, Warning) as error:
        # The driver's message can quote any part of the URL, including a password that was not encoded.
        secret = any(sign in url.lower() for sign in ("@", "password", "token"))
        why = "" if secret else f": {' '.join(str(error).split()).rstrip('.')}"
        raise ConfigurationError(f"analytics.mongo.url is not valid{why}. Write it as {SHAPE}.") from None
    [hosts] = re.findall(r"^[a-z+]+://(?:[^/@]*@)?([^/?@]*)", url)
    place = f"mongo {hosts}/{database}"
    if len(place) <= PLACE_LENGTH:
        return place
    tail = hashlib.sha256(place.encode()).hexdigest()[:16]
    return f"{place[: PLACE_LENGTH - len(tail) - 1]}~{tail}"
