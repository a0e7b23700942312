"""Public pages, requests without a token, and paths that do not exist."""

from tests.differential.recording import Client

HTML = "text/html"


def open_to_all(_ann: Client, _ben: Client, nobody: Client) -> None:
    for path in ("/livez", "/healthz"):
        nobody.get(path)
        nobody.get(path, method="HEAD")
    nobody.api("GET", "/api")
    nobody.get("/metrics", X_Forwarded_For="192.0.2.1")  # refused from outside; the content varies with time
    for name in ("site.css", "site.js", "icons.svg", "logo.svg", "nothing.css"):
        nobody.get(f"/static/{name}")
    nobody.get("/static/site.css", Range="bytes=0-9")
    for path in ("/docs", "/redoc", "/guide"):
        nobody.get(path)
        nobody.get(f"{path}/more")
    for path in ("/docs", "/redoc"):  # not the guide: its length depends on the links in its header
        nobody.get(path, method="HEAD")
    for theme in ("system", "odd"):  # not a stored theme: its cookie contains a time
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
    """The site and the API have different responses for paths that do not exist."""
    for client in (ann, nobody):
        client.get("/nowhere")
        client.get("/nowhere", HX_Request="true")
        client.get("/nowhere", Accept=HTML)
        client.api("GET", "/api/nowhere")
        client.api("GET", "/api/nowhere", Accept=HTML)
        client.api("DELETE", "/api")
