"""The content of a log line."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from intermediate.logs import JsonFormatter, about

formatter = JsonFormatter(service="web", environment="test")


def line(message: str = "a %s", *args: object, error: bool = False, **extra: object) -> dict[str, Any]:
    exc_info = sys.exc_info() if error else None
    log = logging.getLogger("somewhere")
    record = log.makeRecord("somewhere", logging.INFO, "file", 1, message, args, exc_info, extra=extra)
    found: dict[str, Any] = json.loads(formatter.format(record))
    return found


def test_a_line_holds_what_every_line_does_and_the_extra() -> None:
    found = line("a %s", "b", path="/x", odd=object)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "event": "a b",
        "request_id": None,
        "level": "info",
        "logger": "somewhere",
        "path": "/x",
        "odd": str(object),
        "service": "web",
        "environment": "test",
    }


def test_the_request_id_is_bound() -> None:
    with about("abc"):
        assert line("x")["request_id"] == "abc"


def test_a_crash_is_one_line_with_its_traceback() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        assert line("x", error=True)["exception"].endswith("ValueError: no")


@pytest.mark.parametrize("value", ["half a pair: \ud800", b"\xff", object()])
def test_what_is_no_text_is_logged_all_the_same(value: object) -> None:
    assert line(value=value)["value"]


UNFORESEEN = """
import threading, warnings
from intermediate import logs
from intermediate.settings import load
logs.configure(load({}, {}), "worker")
warnings.warn("this is old", UserWarning)
for end in (ZeroDivisionError("in a thread"), SystemExit(0)):
    def run():
        raise end
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
raise ZeroDivisionError("at the end")
"""


@pytest.mark.slow
def test_what_python_says_by_itself_is_a_line_too() -> None:
    done = subprocess.run([sys.executable, "-c", UNFORESEEN], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    warned, in_thread, at_the_end = map(json.loads, done.stderr.splitlines())
    assert (warned["level"], warned["logger"]) == ("warning", "py.warnings")
    assert "UserWarning: this is old" in warned["event"]
    for line, words in ((in_thread, "in a thread"), (at_the_end, "at the end")):
        assert (line["level"], line["event"], line["service"]) == ("critical", "crashed", "worker")
        assert line["exception"].endswith(f"ZeroDivisionError: {words}")
