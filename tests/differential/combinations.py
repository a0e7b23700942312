"""The combinations of backends that are compared: each a name and the INI settings that differ from development.ini.

A new backend needs one line here. A value such as "{redis}" is replaced by the URL of that service, and "{own_name}" by
a name that no other run uses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from intermediate.plugins import KINDS, find_backend
from intermediate.plugins.base import Capability
from intermediate.settings import SECTIONS

EMBEDDED_DATABASE = "sqlite"
OWN_NAME = "own_name"


@dataclass(frozen=True)
class Combination:
    """`development.ini` with other settings. If `worker`, jobs run only in an `intermediate-worker`."""

    name: str
    ini: Mapping[str, str] = field(default_factory=dict)
    worker: bool = False

    @property
    def services(self) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", " ".join(self.ini.values()))) - {OWN_NAME}

    @property
    def chosen(self) -> dict[str, str]:
        """The backend of each kind."""
        return {kind: self.ini.get(f"{kind}.backend", SECTIONS[kind]().backend) for kind in KINDS}  # type: ignore[attr-defined]

    @property
    def database(self) -> str:
        return "postgres" if "database.url" in self.ini else EMBEDDED_DATABASE

    def has(self, kind: str, capability: Capability) -> bool:
        return capability in find_backend(kind, self.chosen[kind]).capabilities


POSTGRES = {"database.url": "{postgres}"}
REDIS = {"cache.backend": "redis", "cache.redis.url": "{redis}"}
RQ = {"jobs.backend": "rq", "jobs.rq.url": "{redis}", "jobs.queue_name": "{own_name}"}
MONGO = {"analytics.backend": "mongo", "analytics.mongo.url": "{mongo}"}
MEMORY = {"tasks.backend": "memory"}

REFERENCE = Combination("all embedded")
PRODUCTION = Combination("all production", {**POSTGRES, **REDIS, **RQ, **MONGO}, worker=True)
OTHERS = (
    Combination("database postgres", POSTGRES),
    Combination("auth remote_user", {"auth.backend": "remote_user"}),
    Combination("tasks memory", {**MEMORY, "jobs.backend": "inline"}),
    Combination("cache redis", REDIS),
    Combination("cache null", {"cache.backend": "null"}),
    Combination("jobs inline", {"jobs.backend": "inline"}),
    Combination("jobs rq", RQ, worker=True),
    Combination("analytics mongo", MONGO),
    Combination("analytics null", {"analytics.backend": "null"}),
    PRODUCTION,
)


@dataclass(frozen=True)
class Refused:
    """A combination with which a program refuses to start, and its error message."""

    combination: Combination
    program: str
    message: str


UNSHARED = (
    "jobs.backend = {jobs!r} also runs jobs in other processes, but tasks.backend = 'memory' lives in this one:"
    " set jobs.backend = inline, or tasks.backend = sql."
)
REFUSED = (
    *(
        Refused(
            Combination(f"tasks memory, jobs {jobs}", {**MEMORY, "jobs.backend": jobs}),
            "pserve",
            UNSHARED.format(jobs=jobs),
        )
        for jobs in ("local", "rq")
    ),
    Refused(
        Combination("tasks memory, in a worker", {**MEMORY, "jobs.backend": "inline"}),
        "intermediate-worker",
        "tasks.backend = 'memory' keeps tasks in the memory of the web server, where workers cannot reach them.",
    ),
)
