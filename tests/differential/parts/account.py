"""The account page, and named tokens that are created on it."""

import re

from tests.differential.recording import Client, Entry

HX = {"HX-Request": "true"}
TOKEN = re.compile(r"imt_[\w-]{43}")
ROW = re.compile(r'name="token" value="([\w-]{43})"')
TASKS = "/api/tasks?limit=1"


def found(pattern: re.Pattern[str], page: Entry) -> str:
    match = pattern.search(page.body)
    assert match, page.body
    return match[match.lastindex or 0]


def named_tokens(ann: Client, ben: Client, nobody: Client) -> None:
    ann.get("/account")
    ann.get("/account/tokens")
    ann.get("/account/revoke")
    made = ann.post("/account/tokens", name="A program", days="30")
    bearer = f"Bearer {found(TOKEN, made)}"
    nobody.api("GET", TASKS, Authorization=bearer)
    nobody.api("GET", TASKS, Authorization=bearer[:-1])
    ann.get("/account")
    for name, days in (("A program", ""), ("", ""), ("x" * 61, ""), ("a\0b", "7"), ("Another", "-1")):
        ann.post("/account/tokens", name=name, days=days)
        ann.post("/account/tokens", headers=HX, name=name, days=days)
    ann.post("/account/tokens", headers=HX, name="Ünïcode 🎈 <b>", days="365")
    newest = found(ROW, ann.get("/account"))
    for row in ("", "nothing", newest):
        ben.post("/account/revoke", token=row)
    ann.post("/account/revoke", csrf="wrong", token=newest)
    ann.post("/account/revoke", headers=HX, token=newest)
    ann.post("/account/revoke", token=newest)
    ann.post("/account/revoke", token=found(ROW, ann.get("/account")))
    ann.get("/account")
    nobody.api("GET", TASKS, Authorization=bearer)
