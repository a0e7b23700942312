"""Behavior of the tasks backend `memory` beyond the contract: where it may be used, and its single writer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intermediate.plugins import ConfigurationError
from intermediate.plugins.tasks.interface import NewTask, TasksError
from intermediate.plugins.tasks.memory import MemoryTasks
from intermediate.scripting import request_for
from intermediate.testing.contract import application
from intermediate.testing.tasks_bench import TasksBench

MEMORY = {"tasks.backend": "memory", "tasks.memory.wait_seconds": "0.1"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with application(MEMORY, tmp_path_factory.mktemp("memory")) as registry:
        yield registry


def test_jobs_of_other_processes_are_refused(tmp_path: Path) -> None:
    wanted = "set jobs.backend = inline, or tasks.backend = sql"
    with (
        pytest.raises(ConfigurationError, match=wanted) as refusal,
        application({**MEMORY, "jobs.backend": "local"}, tmp_path),
    ):
        pass
    assert "\n" not in str(refusal.value)


def test_a_second_writer_waits_and_then_gives_up(registry: Any) -> None:
    tasks = TasksBench(registry, patience=5)
    with tasks.transaction() as first:
        first.add(tasks.owner, [NewTask("first")])
        with pytest.raises(TasksError), tasks.transaction() as second:
            second.add(tasks.owner, [NewTask("second")])
    tasks.add(NewTask("third"))
    assert tasks.titles() == ["first", "third"]


def test_a_commit_that_fails_elsewhere_undoes_and_lets_others_write(registry: Any) -> None:
    tasks = TasksBench(registry, patience=5)

    class Fails:
        """A data manager that votes after the tasks, and fails."""

        def __init__(self, tm: Any) -> None:
            self.transaction_manager = tm

        def sortKey(self) -> str:  # noqa: N802  the package's name
            return "~~"

        def tpc_vote(self, _transaction: object) -> None:
            raise OSError("no")

        def ignore(self, _transaction: object) -> None:
            pass

        abort = commit = tpc_begin = tpc_finish = tpc_abort = ignore

    def add_in_vain() -> None:
        with request_for(registry) as request:
            registry.tasks.open(request.tm, request.db).add(tasks.owner, [NewTask("never")])
            request.tm.get().join(Fails(request.tm))

    with pytest.raises(OSError, match="no"):
        add_in_vain()
    assert tasks.titles() == []
    tasks.add(NewTask("later"))
    assert tasks.titles() == ["later"]


def test_processes_share_nothing() -> None:
    assert not MemoryTasks.capabilities
