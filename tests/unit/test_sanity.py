"""Requests that are refused before any view, and that the HTTP test client cannot send."""

from webtest import TestApp

from tests.unit.conftest import MakeApp


def client(make_registry: MakeApp, **ini: str) -> TestApp:
    return TestApp(make_registry(**ini).app)


def test_a_path_with_a_nul_is_a_bad_request(make_registry: MakeApp) -> None:
    app = client(make_registry)
    assert app.get("/%00", status=400).json["code"] == "bad_request"
    assert app.get("/api/tasks/1%00", status=400).json["code"] == "bad_request"


def test_only_allowed_hosts_are_answered(make_registry: MakeApp) -> None:
    app = client(make_registry, site__allowed_hosts="tasks.example.org")
    for host in ("tasks.example.org", "TASKS.example.org:8443"):
        app.get("/livez", headers={"Host": host}, status=200)
    for host in ("evil.example", "tasks.example.org.evil.example", "localhost"):
        assert "host name" in app.get("/livez", headers={"Host": host}, status=400).json["detail"]


def test_any_host_is_answered_where_none_is_named(make_registry: MakeApp) -> None:
    client(make_registry).get("/livez", headers={"Host": "anything.example"}, status=200)
