"""Registration, login and logout, for backends with passwords."""

from tests.differential.recording import Client

WORD = "correct horse battery"
CLEO = {"email": "cleo@example.com", "password": WORD}
REGISTER, LOGIN, REFRESH, LOGOUT = (f"/api/auth/{name}" for name in ("register", "login", "refresh", "logout"))


PAGES = ("/notes", "/notes?status=pending&q=%C3%A4", "/notes/1", "/notes/1/edit", "/reports", "/jobs/1", "/account")
COOKIES = ("session=", "session=abc", "session=" + "A" * 4000, 'session="\\377"', "session=\xe9")


def not_logged_in(ann: Client, _ben: Client, nobody: Client) -> None:
    for path in PAGES:
        nobody.get(path)
        nobody.get(path, HX_Request="true")
    nobody.get("/auth/login")
    nobody.get("/openapi.json")
    nobody.post("/notes", title="nobody's")
    nobody.post("/reports")
    nobody.get("/notes", Authorization=ann.api_headers["Authorization"])
    for cookie in (*COOKIES, ann.cookie[:-2]):
        nobody.get("/notes", Cookie=cookie)
    for csrf in ("", "wrong"):
        ann.post("/auth/logout", csrf=csrf)
    ann.post("/auth/logout", headers={"Origin": "https://evil.example"})
    for verb in ("OPTIONS", "PUT", "GET"):
        nobody.get("/auth/logout", method=verb)
    ann.get("/notes", method="HEAD")


def accounts_api(_ann: Client, _ben: Client, nobody: Client) -> None:
    nobody.api("POST", REGISTER, CLEO)
    nobody.api("POST", REGISTER, {**CLEO, "email": " CLEO@Example.com "})
    for email, password in (
        ("nobody", WORD),
        ("ß@example.com", WORD),
        ("a\0@example.com", WORD),
        ("a" * 250 + "@example.com", WORD),
        ("new@example.com", "short"),
        ("new@example.com", "x" * 1025),
        ("new@example.com", 8),
    ):
        nobody.api("POST", REGISTER, {"email": email, "password": password})
    nobody.api("POST", REGISTER, {**CLEO, "role": "admin"})
    for name, password in (
        ("cleo@example.com", "not it"),
        ("who@example.com", WORD),
        ("\0", WORD),
        ("cleo@example.com", "\0"),
    ):
        nobody.form(LOGIN, username=name, password=password)
    nobody.form(LOGIN, username="cleo@example.com")
    nobody.form(LOGIN, username="cleo@example.com", password=WORD, grant_type="implicit")
    nobody.form(LOGIN, username="cleo@example.com", password=WORD, scope="all")
    nobody.api("POST", LOGIN, CLEO)


def spent_tokens(_ann: Client, _ben: Client, nobody: Client) -> None:
    """A refresh token is valid once. Using it again revokes its whole family."""
    first = nobody.form(LOGIN, username=" CLEO@example.com", password=WORD).json()
    second = nobody.form(REFRESH, refresh_token=first["refresh_token"], grant_type="refresh_token").json()
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    nobody.api("GET", "/api/tasks", **bearer)
    nobody.form(REFRESH, refresh_token=first["refresh_token"])
    nobody.api("GET", "/api/tasks", **bearer)
    for fields in (
        {"refresh_token": first["access_token"]},
        {"refresh_token": "x"},
        {},
        {"refresh_token": "x", "grant_type": "y"},
    ):
        nobody.form(REFRESH, **fields)
    third = nobody.form(LOGIN, username="cleo@example.com", password=WORD).json()
    bearer = {"Authorization": f"Bearer {third['access_token']}"}
    nobody.api("GET", "/api/tasks", Authorization=f"Bearer {third['refresh_token']}")
    nobody.api("POST", LOGOUT, **bearer)
    nobody.api("POST", LOGOUT, **bearer)
    nobody.api("GET", "/api/tasks", **bearer)


def accounts_site(_ann: Client, _ben: Client, nobody: Client) -> None:
    dana = Client(nobody.recorder)
    dana.get("/auth/register")
    dana.post("/auth/register", email="", password="short")
    dana.post("/auth/register", email="cleo@example.com", password=WORD)
    dana.post("/auth/register", email="dana@example.com", password="x", more="y")
    dana.post("/auth/register", csrf="wrong", email="dana@example.com", password=WORD)
    dana.post("/auth/register", email="dana@example.com", password=WORD)
    dana.get("/notes")
    dana.get("/auth/register")
    dana.get("/auth/login?next=/reports")
    before = dana.cookie
    dana.post("/auth/logout")
    dana.get("/notes", Cookie=before)
    for target in ("/reports", "//evil", "https://evil", "/a\\b", "/%2f/evil"):
        dana.get("/auth/login?next=" + target.replace("\\", "%5C"))
        dana.post("/auth/login", email="dana@example.com", password="not it", next=target)
        dana.post("/auth/login", email=" DANA@example.com", password=WORD, next=target)
        dana.get("/notes")
        dana.post("/auth/logout")


def reset_links(ada: Client, ann: Client, nobody: Client) -> None:
    """An administrator's reset links for Ann, whose sessions end when the first one is used."""
    users = "/api/users"
    hers = f"{users}/{ann.api('GET', f'{users}/me').json()['id']}"
    for client in (nobody, ann):
        client.api("POST", f"{hers}/reset-link")
    for path in (hers, f"{users}/999999999", f"{users}/me", f"{users}/x"):
        ada.api("POST", f"{path}/reset-link")
        ada.api("GET", f"{path}/reset-link")
    links = [ada.api("POST", f"{hers}/reset-link").json()["link"] for _ in range(3)]
    tokens = [link.partition("token=")[2] for link in links]
    for token in ("", "x", "%C3%A9", "%FF", tokens[0][1:]):
        nobody.get(f"/auth/reset?token={token}")
    nobody.get("/auth/login")
    nobody.post("/auth/reset", token="x", password="staple wrong donkey")
    nobody.post("/auth/reset", csrf="wrong", token=tokens[0], password="staple wrong donkey")
    nobody.get(f"/auth/reset?token={tokens[0]}")
    for password in ("short", "password1", "ann@example.com", "staple wrong donkey", "once more, please"):
        nobody.post("/auth/reset", token=tokens[0], password=password)
    nobody.get("/auth/login")
    nobody.get(f"/auth/reset?token={tokens[1]}")
    ann.api("GET", f"{users}/me")
    ann.get("/notes")
    ada.api("PATCH", hers, {"is_active": False})
    ada.api("POST", f"{hers}/reset-link")
    ada.api("PATCH", hers, {"is_active": True})


def changed_accounts(_ann: Client, _ben: Client, nobody: Client) -> None:
    me, new = "/api/users/me", "staple wrong donkey"
    pair = nobody.form(LOGIN, username="cleo@example.com", password=WORD).json()
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    for body in (
        {"email": "clio@example.com"},
        {"new_password": new},
        {"email": "clio@example.com", "current_password": "not it"},
        {"new_password": "password1", "current_password": WORD},
        {"new_password": "cleo@example.com", "current_password": WORD},
        {"email": "dana@example.com", "current_password": WORD},
        {"email": "clio@example.com", "current_password": WORD},
        {"current_password": "not looked at"},
        {"new_password": new, "current_password": WORD},
    ):
        nobody.api("PATCH", me, body, **bearer)
        nobody.api("GET", me, **bearer)
    nobody.form(REFRESH, refresh_token=pair["refresh_token"])
    nobody.form(LOGIN, username="clio@example.com", password=WORD)
    pair = nobody.form(LOGIN, username="clio@example.com", password=new).json()
    nobody.api("DELETE", me, Authorization=f"Bearer {pair['access_token']}")
    nobody.form(LOGIN, username="clio@example.com", password=new)
    nobody.api("POST", REGISTER, {"email": "clio@example.com", "password": "intermediate1"})
