"""Lists and statistics in the API: filters, sort orders with ties, pages, and cache hits."""

from itertools import product
from urllib.parse import urlencode

from intermediate.plugins.tasks.interface import PRIORITIES, SORTS, STATUSES
from tests.differential.recording import Client

TASKS = "/api/tasks"
# Titles that collations, case folding and bytes would sort differently than code points.
TITLES = (
    "a",
    "B",
    "b",
    "Z",
    "ä",
    "z",
    "a b",
    "a-b",
    "ab",
    "_",
    "É",
    "é",
    "ß",
    "SS",
    "ı",
    "I",
    "i",
    "🎈",
    "\uffee",
    "10",
    "9",
)
DUE = (None, "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000001Z", "2050-06-01T12:00:00+02:00", "2050-06-01T10:00:00Z")
SEARCHES = ("B", "ä", "É", "ss", "ẞ", "ı", "%", "_", "\\", "a b", "🎈", "'", '"', "zz", "10", "+", "two\nlines")


def lists_and_statistics(ann: Client, _ben: Client, _nobody: Client) -> None:
    for number, title in enumerate(TITLES):
        status, priority = STATUSES[number % 3], PRIORITIES[number // 3 % 3]
        tags = ["even"] if number % 2 == 0 else ["odd", "ä,".strip(",")]
        ann.api(
            "POST",
            TASKS,
            {"title": title, "status": status, "priority": priority, "due_at": DUE[number % 5], "tags": tags},
        )
    for title in ("100% sure", "a_b", "aXb", 'it\'s "it"', "back\\slash"):
        ann.api("POST", TASKS, {"title": title, "description": "two\nlines" if "X" in title else None})
    for name, sign in product(SORTS, ("", "-")):
        ann.api("GET", f"{TASKS}?sort={sign}{name}&limit=100")
    for search in SEARCHES:
        ann.api("GET", f"{TASKS}?{urlencode({'q': search})}&sort=title")
    filters(ann)
    pages(ann)
    ann.api("GET", f"{TASKS}/stats")
    ann.api("GET", f"{TASKS}/stats")
    ann.api("HEAD", f"{TASKS}/stats")
    ann.api("POST", f"{TASKS}/stats", {})


def filters(ann: Client) -> None:
    for query in (
        "status=completed",
        "priority=high&status=pending",
        "tag=even",
        "tag=%C3%A4&status=in_progress",
        "tag=EVEN",
        "tag=nobody",
        "due_before=2020-01-01T00:00:00Z",
        "due_after=2020-01-01T00:00:00.000001Z",
        "due_after=2020-01-01T00:00:00Z&due_before=2050-06-01T12:00:00%2B02:00&sort=due_at",
        "due_after=2051-01-01T00:00:00Z",
        "q=b&status=pending&priority=low&tag=odd",
        "status=",
        "q=",
    ):
        ann.api("GET", f"{TASKS}?{query}")


def pages(ann: Client) -> None:
    """A repeated page is a cache hit, and a write invalidates it."""
    for _ in range(2):
        for offset in (0, 7, 14, 21, 28, 35, 999_999_999):
            ann.api("GET", f"{TASKS}?limit=7&offset={offset}&sort=priority")
    ann.api("GET", f"{TASKS}?limit=1&q=b&sort=-due_at")
    cursors(ann)
    exports(ann)
    ann.api("HEAD", f"{TASKS}?limit=1")
    ann.api("PATCH", f"{TASKS}/{ann.api('GET', f'{TASKS}?limit=1').json()['items'][0]['id']}", {"title": "changed"})
    ann.api("GET", f"{TASKS}?limit=1")
    ann.api("GET", f"{TASKS}?limit=1")


def cursors(ann: Client) -> None:
    """Follow cursors from the first page to the last in every order, and send cursors that are invalid for the list."""
    for name, sign in product(SORTS, ("", "-")):
        path = f"{TASKS}?limit=9&sort={sign}{name}"
        page = ann.api("GET", path).json()
        while cursor := page["next_cursor"]:
            page = ann.api("GET", f"{path}&cursor={cursor}").json()
    first = ann.api("GET", f"{TASKS}?limit=1&tag=even").json()["next_cursor"]
    ann.api("HEAD", f"{TASKS}?limit=1&tag=even&cursor={first}")
    for query in (
        f"limit=1&cursor={first}",
        f"tag=even&offset=0&cursor={first}",
        "cursor=",
        "cursor=x",
        "cursor=.%C3%A9",
    ):
        ann.api("GET", f"{TASKS}?{query}")


def exports(ann: Client) -> None:
    for query in ("", "?format=json", "?format=ndjson&sort=title", "?tag=even&status=pending&sort=-due_at"):
        ann.api("GET", f"{TASKS}/export{query}")
    for form in ("csv", "json", "ndjson"):
        ann.api("GET", f"{TASKS}/export?format={form}&tag=nobody")
    ann.api("HEAD", f"{TASKS}/export")
    ann.api("POST", f"{TASKS}/export", {})
    for query in ("format=xml", "format=", "limit=1", "offset=0", "cursor=x", "sort=nothing", "status=done"):
        ann.api("GET", f"{TASKS}/export?{query}")
