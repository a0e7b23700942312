"""The comparison of documented and observed outcomes in the fuzzer."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.fuzz import outcomes, run
from tests.fuzz.outcomes import Outcomes

TASK = "GET /task"
STALE, MISSING = "412 stale_version", "404 not_found"


def problem(*codes: str) -> dict[str, Any]:
    parts = [{"$ref": "#/problem"}, {"properties": {"code": {"enum": [*codes]}}}]
    return {"content": {"application/problem+json": {"schema": {"allOf": parts}}}}


def seen(**counts: int) -> Outcomes:
    """Build outcomes: `_200=3` is the outcome 200, three times."""
    return Outcomes(Counter, {TASK: Counter({name[1:].replace("_", " ", 1): count for name, count in counts.items()})})


def differences(promised: set[str], found: Outcomes, **excused: str) -> list[str]:
    excuses = {name[1:].replace("_", " ", 1): why for name, why in excused.items()}
    return list(outcomes.differences({TASK: promised}, found, {TASK: excuses}))


def test_an_outcome_is_a_status_and_the_code_of_an_error() -> None:
    assert outcomes.outcome(200, b'{"code": "of a success"}') == "200"
    assert outcomes.outcome(412, b'{"code": "stale_version"}') == STALE
    assert outcomes.outcome(400, b'{"error": "invalid_grant"}') == "400 invalid_grant"
    assert outcomes.outcome(304, b"") == "304"


def test_an_error_without_a_code_is_its_status_whatever_its_body() -> None:
    for body in (b"", b"no JSON", b"[]", b"\xff", b'{"code": null}'):
        assert outcomes.outcome(502, body) == "502", body


def test_a_response_documents_each_of_its_codes() -> None:
    responses = {"200": {"content": {"application/json": {"schema": {}}}}, "204": {}, "404": problem("a", "b")}
    assert outcomes.documented_by(responses) == {"200", "204", "404 a", "404 b"}


def test_operations_are_named_by_method_and_path() -> None:
    document: dict[str, Any] = {"paths": {"/task": {"parameters": [], "get": {"responses": {"200": {}}}}}}
    assert outcomes.documented(document) == {TASK: {"200"}}


def test_what_is_documented_seen_or_excused_makes_no_difference() -> None:
    assert differences({"200", STALE, MISSING}, seen(_200=1, _412_stale_version=1), _404_not_found="elsewhere") == []


def test_a_documented_code_that_no_case_got_is_a_difference() -> None:
    found = seen(_200=1, _412_precondition_failed=1)
    assert differences({"200", STALE, "412 precondition_failed"}, found) == [
        f"{TASK} documents what no case got: {STALE}"
    ]


def test_an_answer_that_is_not_documented_is_a_difference() -> None:
    found = seen(_200=1, _412_stale_version=1)
    assert differences({"200", "412 precondition_failed"}, found, _412_precondition_failed="elsewhere") == [
        f"{TASK} answered what it does not document: {STALE}"
    ]


def test_an_operation_that_never_succeeds_is_a_difference() -> None:
    assert differences({"200", MISSING}, seen(_404_not_found=9), _200="elsewhere") == [f"{TASK} never succeeded"]
    assert differences({"200"}, Outcomes(Counter)) == [
        f"{TASK} never succeeded",
        f"{TASK} documents what no case got: 200",
    ]


def test_an_excuse_that_nothing_needs_is_a_difference() -> None:
    told = f"{TASK} is excused for what was seen or is not documented: {STALE}"
    assert differences({"200", STALE}, seen(_200=1, _412_stale_version=1), _412_stale_version="elsewhere") == [told]
    assert differences({"200"}, seen(_200=1), _412_stale_version="elsewhere") == [told]


def test_an_operation_that_the_document_lacks_is_a_difference() -> None:
    assert list(outcomes.differences({}, seen(_200=1), {})) == [f"not documented at all: {TASK}"]


def test_too_few_cases_and_too_few_steps_are_wrong() -> None:
    document: dict[str, Any] = {"paths": {"/task": {"get": {"responses": {"200": {}}}}}}
    alone, step = (outcomes.Answer(TASK, "200", phase) for phase in ("fuzzing", "stateful"))
    steps = [step] * run.STEPS * len(run.ROLES)
    assert list(run.wrong(document, [alone] * run.CASES + steps)) == []
    assert list(run.wrong(document, [alone] * 10 + steps)) == [f"only {10 + len(steps):,} cases of 5,000 were sent"]
    assert list(run.wrong(document, [alone] * run.CASES)) == ["only 0 steps of 400 were sent in sequences"]


def test_what_is_written_down_is_read_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "answers"
    for found, phase in (("200", "fuzzing"), (STALE, "stateful"), ("200", "stateful")):
        outcomes.write(file, outcomes.Answer(TASK, found, phase))
    answers = outcomes.read(file)
    assert outcomes.steps(answers) == 2
    assert outcomes.counted(answers) == {TASK: {"200": 2, STALE: 1}}
    assert list(outcomes.table(outcomes.counted(answers))) == [
        f"{TASK:<40} 200: 2  {STALE}: 1",
        "\n3 cases, 67% of them answered 2xx",
    ]
