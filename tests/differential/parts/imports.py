"""Imports, from the file to the result. Nothing is recorded while a job runs, because its progress varies."""

from tests.differential.parts.reports import JOBS, wait_for
from tests.differential.recording import Client

IMPORT = "/api/tasks/import"
CSV = "text/csv"
HEADER = "title,description,status,created_at"
ALL = f"{HEADER},tags,priority,due_at,completed_at"
FILES = (
    f"{HEADER}\nImported,,pending,2026-01-01T00:00:00Z\n,no title,pending,\nthree,cells,pending\nx,,done,\n".encode(),
    f'{HEADER}\n\'=1+1,"a\nb",completed,\n'.encode(),
    f'{ALL}\r\nImported too,,completed,2026-01-01T00:00:00Z,"b,a",high,,2026-01-02T00:00:00Z\r\n'.encode(),
    HEADER.encode(),
    f'{HEADER}\nx,"y" z,pending,\n'.encode(),
    f"{HEADER}\n".encode() + b"".join(b"%d,,neither,\n" % number for number in range(120)),
)
FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="tasks.csv"\r\nContent-Type: text/csv\r\n\r\n'
    b"title,description,status,created_at\nIn a form,,pending,2026-01-01T00:00:00Z\n\r\n--edge--\r\n"
)
BAD = (
    (b"", CSV),
    (b"title\nx\n", CSV),
    (b"\xff\xfe", CSV),
    (HEADER.encode(), "text/plain"),
    (HEADER.encode(), "text/csv; charset=latin-1"),
    (FORM, "multipart/form-data"),
    (FORM, "multipart/form-data; boundary=other"),
    (FORM.replace(b'"file"', b'"other"'), "multipart/form-data; boundary=edge"),
    (FORM.replace(b"; filename", b"; name2"), "multipart/form-data; boundary=edge"),
    (b"{}", "application/json"),
)


def imports_api(ann: Client, ben: Client, nobody: Client) -> None:
    for number, file in enumerate((*FILES, FORM)):
        kind = "multipart/form-data; boundary=edge" if file is FORM else CSV
        asked = ann.api("POST", IMPORT, file, Content_Type=kind, X_Request_ID=f"imports-{number}").json()
        wait_for(ann, asked["id"])
        path = f"{JOBS}/{asked['id']}"
        ann.api("GET", path)
        ann.api("GET", f"{path}/result")
    ann.api("GET", "/api/tasks?limit=100&q=import&sort=title")
    ben.api("GET", f"{path}/result")
    ann.api("POST", f"{path}/result", {})
    report = ann.api("GET", f"{JOBS}?limit=100").json()["items"][-1]
    ann.api("GET", f"{JOBS}/{report['id']}/result")
    for body, kind in BAD:
        ann.api("POST", IMPORT, body, Content_Type=kind)
    ann.api("POST", IMPORT, HEADER.encode(), Content_Type=CSV, Content_Encoding="gzip")
    ann.api("GET", IMPORT)
    nobody.api("POST", IMPORT, HEADER.encode(), Content_Type=CSV)
