"""The script covers every view and method, and every difference between two transcripts is reported."""

from importlib.metadata import entry_points
from pathlib import Path

from intermediate.engines import MODULES
from intermediate.plugins import KINDS
from intermediate.resources import Admin, AdminJob, AdminJobs, Job, Root, User, Users
from tests.differential.combinations import OTHERS, REFERENCE, Combination
from tests.differential.conftest import Played
from tests.differential.running import Recording, in_thread

DOCUMENTED = {200, 201, 202, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422}
# A job can be cancelled only while it runs, which never happens with inline jobs. Metrics contain times and counts.
# Pages of administrators show the backends, and the current content of the sink.
NOT_COMPARED = {
    (Job, "", "api", "DELETE"),
    (Job, "cancel", "site", "POST"),
    (Root, "metrics", "site", "GET"),
    (Admin, "", "site", "GET"),
    (AdminJob, "cancel", "site", "POST"),
    (AdminJob, "retry", "site", "POST"),
    (AdminJobs, "", "site", "GET"),
    (User, "change", "site", "POST"),
    (User, "reset-link", "site", "GET"),
    (User, "reset-link", "site", "POST"),
    (Users, "", "site", "GET"),
}
ELSEWHERE = Combination(
    "embedded otherwise",
    {"tasks.backend": "memory", "cache.backend": "null", "jobs.backend": "inline", "analytics.backend": "null"},
)


def test_each_view_is_asked_with_each_of_its_methods(played: Played) -> None:
    assert played.steps - played.answered == NOT_COMPARED, "a step in tests/differential/parts is missing"


def test_each_documented_status_is_answered(played: Played) -> None:
    statuses = {entry.status for entry in played.recording.entries}
    assert statuses >= DOCUMENTED
    assert not [entry for entry in played.recording.entries if entry.status >= 500]


def test_other_embedded_backends_answer_the_same(played: Played, tmp_path: Path) -> None:
    with in_thread(ELSEWHERE, tmp_path) as (address, _):
        found = Recording(ELSEWHERE, address).compared_with(played.recording)
    assert not found, "\n\n".join(found[:5])


def test_each_backend_that_ships_is_in_a_combination() -> None:
    for kind in KINDS:
        points = entry_points(group=f"intermediate.{kind}")
        shipped = {point.name for point in points if point.dist and point.dist.name == "intermediate"}
        assert {each.chosen[kind] for each in (REFERENCE, *OTHERS)} == shipped != set()
    assert {each.database for each in (REFERENCE, *OTHERS)} == set(MODULES.values())
