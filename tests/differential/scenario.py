"""The script: who takes part, and the parts in their order."""

import re
from collections.abc import Callable

from intermediate.plugins.base import Capability
from tests.differential.combinations import Combination
from tests.differential.parts import lists, odd, pages, passwords, reports, site, tasks
from tests.differential.recording import Client, Recorder

PASSWORD = "correct horse battery"
Part = Callable[..., None]

# Each part goes on from where the one before it left its two people.
PARTS: tuple[Part, ...] = (
    pages.open_to_all,
    pages.not_signed_in,
    tasks.tasks_api,
    tasks.anothers_tasks,
    lists.lists_and_statistics,
    site.notes_site,
    site.notes_fragments,
    site.forged_forms,
    reports.reports_api,
    reports.reports_site,
    odd.odd_bodies,
    odd.odd_fields,
    odd.odd_queries,
    odd.odd_addresses,
    odd.odd_headers,
    pages.gone,
)
WITH_PASSWORDS: tuple[Part, ...] = (passwords.accounts_api, passwords.accounts_site)


def play(recorder: Recorder, combination: Combination) -> None:
    """Everything that this combination has, asked of it in one order."""
    passwords = combination.has("auth", Capability.PASSWORDS)
    introduce = by_password if passwords else by_proxy
    ann, ben = introduce(recorder, "ann@example.com"), introduce(recorder, "ben@example.com")
    nobody = Client(recorder)
    plugged_in(recorder, combination)
    for part in (*PARTS, *(WITH_PASSWORDS if passwords else ())):
        recorder.part = part.__name__
        part(ann, ben, nobody)


def plugged_in(recorder: Recorder, combination: Combination) -> None:
    """The one page that differs by design, the home page, must name just the backends of this combination."""
    home = recorder.send("GET", "/", {}, record=False)
    named = dict(re.findall(r"^(\w+)\.backend += <b>(.+)</b>$", home.body, re.MULTILINE))
    assert named == combination.chosen


def by_password(recorder: Recorder, email: str) -> Client:
    """Somebody with a new account, logged in on both surfaces, in a way that other backends do not know."""
    client = Client(recorder, record=False)
    client.api("POST", "/api/auth/register", {"email": email, "password": PASSWORD})
    token = client.form("/api/auth/login", username=email, password=PASSWORD).json()["access_token"]
    client.api_headers = {"Authorization": f"Bearer {token}"}
    client.get("/auth/login")
    assert client.post("/auth/login", email=email, password=PASSWORD, next="/notes").status == 303
    client.record = True
    return client


def by_proxy(recorder: Recorder, email: str) -> Client:
    """Somebody whom a proxy's header names on the site. A token for the API is made on the account's page."""
    raise NotImplementedError
