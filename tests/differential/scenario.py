"""The script: its clients, and its parts in order."""

import re
from collections.abc import Callable

from intermediate.plugins.base import Capability
from tests.differential.combinations import Combination
from tests.differential.parts import (
    account,
    conditional,
    imports,
    lists,
    logins,
    odd,
    pages,
    reports,
    settings,
    site,
    tasks,
    users,
)
from tests.differential.recording import Client, Recorder

PASSWORD = "correct horse battery"
ADMIN = "ada@example.com"
TOKEN = re.compile(r"imt_[\w-]{43}")
Part = Callable[..., None]

# Each part continues with the data that the previous ones left.
PARTS: tuple[Part, ...] = (
    pages.open_to_all,
    pages.without_a_token,
    tasks.tasks_api,
    tasks.anothers_tasks,
    conditional.conditions,
    conditional.trash,
    conditional.repeated_requests,
    conditional.stale_notes,
    lists.lists_and_statistics,
    site.notes_site,
    site.notes_fragments,
    site.forged_forms,
    account.named_tokens,
    reports.reports_api,
    reports.reports_site,
    settings.settings,
    imports.imports_api,
    odd.odd_bodies,
    odd.odd_fields,
    odd.odd_queries,
    odd.odd_addresses,
    odd.odd_headers,
    pages.gone,
)
# Without passwords there are no login pages, and anonymous requests get other responses.
WITH_PASSWORDS: tuple[Part, ...] = (
    logins.not_logged_in,
    logins.accounts_api,
    logins.spent_tokens,
    logins.accounts_site,
    logins.changed_accounts,
    settings.settings_with_a_password,
)
# For an administrator, and a user who gets reset links.
WITH_LINKS: tuple[Part, ...] = (logins.reset_links,)
# For an administrator, and a user whose account is deleted.
WITH_ADMIN: tuple[Part, ...] = (users.own_account, users.anothers_list, users.accounts)
PASSWORD_PARTS = {part.__name__ for part in WITH_PASSWORDS + WITH_LINKS}


def passwords(combination: Combination) -> bool:
    return combination.has("auth", Capability.PASSWORDS)


def play(recorder: Recorder, combination: Combination) -> None:
    """Run all parts that apply to this combination, in order."""
    plugged_in(recorder, combination)
    sign_in = by_password if passwords(combination) else by_proxy
    ann, ben = introduced(recorder, "ann@example.com", sign_in), introduced(recorder, "ben@example.com", sign_in)
    ada, eve = introduced(recorder, ADMIN, sign_in), introduced(recorder, "eve@example.com", sign_in)
    nobody = Client(recorder)
    scenes = [(PARTS, (ann, ben)), (WITH_ADMIN, (ada, eve))]
    if passwords(combination):
        scenes += [(WITH_PASSWORDS, (ann, ben)), (WITH_LINKS, (ada, ann))]
    for parts, pair in scenes:
        for part in parts:
            recorder.part = part.__name__
            part(*pair, nobody)


def plugged_in(recorder: Recorder, combination: Combination) -> None:
    """Assert that the home page, which differs by design, names exactly the backends of this combination."""
    home = recorder.send("GET", "/", {}, record=False)
    named = dict(re.findall(r"^(\w+)\.backend += <b>(.+)</b>$", home.body, re.MULTILINE))
    assert named == combination.chosen


def introduced(recorder: Recorder, email: str, sign_in: Callable[[Client, str], None]) -> Client:
    """Return a client with an account, logged in on the site, and with a token for the API. This is not recorded."""
    client = Client(recorder, record=False)
    sign_in(client, email)
    client.get("/account")
    made = TOKEN.search(client.post("/account/tokens", name="The script's").body)
    assert made
    client.api_headers = {"Authorization": f"Bearer {made[0]}"}
    client.record = True
    return client


def by_password(client: Client, email: str) -> None:
    client.api("POST", "/api/auth/register", {"email": email, "password": PASSWORD})
    client.get("/auth/login")
    assert client.post("/auth/login", email=email, password=PASSWORD, next="/notes").status == 303


def by_proxy(client: Client, email: str) -> None:
    client.site_headers = {"X-Remote-User": email}
