"""The settings on the account page: those that need no password, and those that do."""

import re
from typing import Any

from tests.differential.parts.account import HX, found
from tests.differential.parts.logins import WORD
from tests.differential.recording import Client

NOT_GOOD: tuple[dict[str, Any], ...] = (
    {},
    {"email": "x"},
    {"email": "dana@example.com", "current_password": WORD},
    {"email": "f@example.com"},
)
LOGIN = re.compile(r'name="session" value="(\w+)"')
NEW = "staple wrong donkey"


def settings(ann: Client, _ben: Client, _nobody: Client) -> None:
    ann.get("/account/time-zone")
    for zone in ("Nowhere/At_all", "Europe/Berlin\0", "UTC", ""):
        ann.post("/account/time-zone", time_zone=zone)
        ann.post("/account/time-zone", headers=HX, time_zone=zone)
    ann.post("/account/time-zone", csrf="wrong", time_zone="UTC")
    for wanted in ("odd", "on"):  # not "off", which sets a cookie with a time
        ann.post("/account/shortcuts", shortcuts=wanted)
    ann.get("/jobs")
    ann.get("/reports/banner", HX_Request="true")
    ann.get("/reports/csv")


def settings_with_a_password(_ann: Client, _ben: Client, nobody: Client) -> None:
    fay = Client(nobody.recorder)
    fay.get("/auth/register")
    fay.post("/auth/register", email="fay@example.com", password=WORD)
    for name in ("email", "password", "delete"):
        fay.get(f"/account/{name}")
        nobody.get(f"/account/{name}")
    fay.get("/account")
    for fields in NOT_GOOD:
        fay.post("/account/email", **fields)
        fay.post("/account/email", headers=HX, **fields)
    fay.post("/account/email", email="faye@example.com", current_password=WORD)
    for old, new in (("not it", NEW), (WORD, "short"), (WORD, WORD), ("", "")):
        fay.post("/account/password", current_password=old, new_password=new)
        fay.get("/account")  # a new session has another CSRF token
    fay.post("/account/password", current_password=WORD, new_password=NEW)
    fay.get("/account")
    also_fay = Client(nobody.recorder)
    also_fay.get("/auth/login")
    also_fay.post("/auth/login", email="faye@example.com", password=NEW)
    fay.post("/account/end", session="nothing")
    fay.post("/account/end", session=found(LOGIN, fay.get("/account")))
    also_fay.get("/account")
    fay.post("/account/end-others")
    fay.post("/account/end-others", headers=HX)
    fay.get("/account/export")
    for proof in ("", "not it", NEW):
        fay.post("/account/delete", proof=proof)
    fay.get("/farewell")
    fay.get("/account")
