"""Accounts in the API: the user's own, and all accounts for administrators."""

from itertools import product
from typing import Any

from tests.differential.recording import Client

ME, USERS, TASKS = "/api/users/me", "/api/users", "/api/tasks"
WRONG: tuple[Any, ...] = (
    [],
    {"email": "x"},
    {"email": None},
    {"new_password": "short"},
    {"role": "admin"},
    {"id": 1},
)
WRONG_FOR_ADMINS: tuple[Any, ...] = ({}, {"role": "root"}, {"role": None}, {"is_active": 1}, {"email": "x@y.org"}, [])
FALLS: tuple[dict[str, Any], ...] = ({"role": "user"}, {"is_active": False})


def own_account(_ada: Client, eve: Client, nobody: Client) -> None:
    """Requests with the same response whether accounts have passwords or not."""
    for verb in ("GET", "DELETE", "OPTIONS", "POST"):
        nobody.api(verb, ME)
    nobody.api("PATCH", ME, {})
    eve.api("GET", ME)
    eve.api("HEAD", ME)
    eve.api("PATCH", ME, {})
    eve.api("PATCH", ME, {}, Content_Type="application/merge-patch+json")
    eve.api("PATCH", ME, {}, Content_Type="text/plain")
    for body in WRONG:
        eve.api("PATCH", ME, body)
    eve.api("PATCH", ME, {"email": "eva@example.com"})
    eve.api("POST", ME)
    eve.api("GET", f"{ME}/x")


def anothers_list(ada: Client, eve: Client, nobody: Client) -> None:
    """An administrator reads Eve's tasks, with the parameters of a list. Eve can read only her own."""
    for title in ("a", "b", "c"):
        eve.api("POST", TASKS, {"title": title, "tags": ["hers"]})
    hers, mine = (one.api("GET", ME).json()["id"] for one in (eve, ada))
    for client, query in product((nobody, eve, ada), (f"owner_id={hers}", f"owner_id={mine}", "owner_id=999999999")):
        client.api("GET", f"{TASKS}?{query}")
    for query in ("q=b", "tag=hers&sort=title&limit=2&offset=1", "status=done", "owner_id=1"):
        ada.api("GET", f"{TASKS}?owner_id={hers}&{query}")
    for query in ("owner_id=0", "owner_id=", "owner_id=x", "owner_id=1_0"):
        ada.api("GET", f"{TASKS}?{query}")
    page = ada.api("GET", f"{TASKS}?owner_id={hers}&limit=2").json()
    for client in (ada, eve):
        client.api("GET", f"{TASKS}?owner_id={hers}&limit=2&cursor={page['next_cursor']}")
    ada.api("GET", f"{TASKS}?limit=2&cursor={page['next_cursor']}")


def accounts(ada: Client, eve: Client, nobody: Client) -> None:
    me = eve.api("GET", ME).json()
    hers = f"{USERS}/{me['id']}"
    mine = f"{USERS}/{ada.api('GET', ME).json()['id']}"
    for path in (USERS, hers, mine, f"{USERS}/999999999", f"{USERS}/x"):
        for client in (nobody, eve):
            client.api("GET", path)
            client.api("PATCH", path, {"role": "admin"})
            client.api("DELETE", path)
        ada.api("GET", path)
        ada.api("OPTIONS", path)
        ada.api("POST", path, {})
    for query in ("limit=2", "limit=2&offset=1", "offset=100", "limit=0", "limit=x", "role=admin"):
        ada.api("GET", f"{USERS}?{query}")
    for body in WRONG_FOR_ADMINS:
        ada.api("PATCH", hers, body)
    ada.api("PATCH", hers, {"role": "admin"})
    eve.api("GET", f"{USERS}?limit=1")
    ada.api("PATCH", hers, {"role": "user", "is_active": False})
    eve.api("GET", ME)
    ada.api("PATCH", hers, {"is_active": True})
    eve.api("GET", ME)
    for fall in FALLS:
        ada.api("PATCH", mine, fall)
    ada.api("DELETE", ME)
    ada.api("DELETE", mine)
    eve.api("POST", "/api/tasks", {"title": "goes with the account"})
    eve.api("DELETE", ME)
    eve.api("GET", ME)
    ada.api("GET", hers)
    ada.api("DELETE", hers)
    [ben] = [user for user in ada.api("GET", USERS).json()["items"] if user["email"] == "ben@example.com"]
    ada.api("DELETE", f"{USERS}/{ben['id']}")
    ada.api("GET", USERS)
