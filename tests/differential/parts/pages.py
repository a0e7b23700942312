"""What everybody can see, what nobody can, and what is not there."""

from tests.differential.recording import Client

HTML = "text/html"


def open_to_all(_ann: Client, _ben: Client, nobody: Client) -> None:
    for path in ("/livez", "/healthz"):
        nobody.get(path)
        nobody.get(path, method="HEAD")
    nobody.api("GET", "/api")
    nobody.get("/metrics", X_Forwarded_For="192.0.2.1")  # for programs of this machine it has times
    for name in ("site.css", "site.js", "icons.svg", "logo.svg", "nothing.css"):
        nobody.get(f"/static/{name}")
    nobody.get("/static/site.css", Range="bytes=0-9")
    for path in ("/docs", "/redoc", "/guide"):
        nobody.get(path)
        nobody.get(f"{path}/more")
    for path in ("/docs", "/redoc"):  # how long the guide is depends on the links above it
        nobody.get(path, method="HEAD")
    for theme in ("system", "odd"):  # one that is kept has a time in its cookie
        nobody.post("/theme", theme=theme, back="/nowhere")
        nobody.get("/nowhere")
    nobody.post("/language", language="odd", back="/nowhere")
    for path in ("/", "/livez", "/healthz", "/docs", "/redoc", "/api", "/theme", "/language"):
        nobody.get(path, method="OPTIONS")
        nobody.get(path, method="PUT")


def without_a_token(_ann: Client, _ben: Client, nobody: Client) -> None:
    for path in (
        "/api/tasks",
        "/api/tasks/1",
        "/api/tasks/stats",
        "/api/jobs",
        "/api/jobs/1",
        "/api/jobs/task-report/1",
    ):
        nobody.api("GET", path)
        nobody.api("GET", path, Authorization="Bearer a.b.c")
    nobody.api("POST", "/api/tasks", {"title": "nobody's"})
    nobody.api("DELETE", "/api/tasks/1")


def gone(ann: Client, _ben: Client, nobody: Client) -> None:
    """Each surface has its own way to say that something is not there."""
    for client in (ann, nobody):
        client.get("/nowhere")
        client.get("/nowhere", HX_Request="true")
        client.get("/nowhere", Accept=HTML)
        client.api("GET", "/api/nowhere")
        client.api("GET", "/api/nowhere", Accept=HTML)
        client.api("DELETE", "/api")
