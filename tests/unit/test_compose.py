"""docker-compose.yml runs the services that production.ini names, and exposes no more than necessary."""

import re
import shutil
from pathlib import Path

import pytest

from intermediate import settings
from tests import compose
from tests.functional.packages import bash
from tests.services import nginx
from tests.serving import ROOT

OURS = ("migrate", "web", "worker")


def test_every_service_of_production_is_there() -> None:
    services = compose.services()
    assert set(services) == {*OURS, "edge", "postgres", "redis", "mongodb", "rq-dashboard"}
    images = {name: described["image"] for name, described in services.items() if "image" in described}
    theirs = {"edge": "nginx:1.28", "postgres": "postgres:16", "redis": "redis:7", "mongodb": "mongo:7"}
    assert images == theirs | dict.fromkeys(OURS, "intermediate")


def test_the_edge_alone_is_believed_and_leads_to_the_web() -> None:
    edge = compose.services()["edge"]
    [address] = edge["networks"]["default"].values()
    for name in OURS:
        assert compose.environment(name)["INTERMEDIATE_SITE_TRUSTED_PROXIES"] == address
    # A recreated container has another address, and there may be several.
    assert nginx.directive("server") == "web:8003 resolve"
    assert edge["volumes"] == ["./deploy/nginx.conf:/etc/nginx/nginx.conf:ro"]


def test_settings_lead_to_its_services() -> None:
    ini = compose.production_ini()
    ini = {key: value for key, value in ini.items() if key not in ("here", "use") and not key.startswith("pyramid.")}
    for name in OURS:
        environ = compose.environment(name)
        read = settings.load(ini, environ)
        assert f":{compose.SECRET}@postgres/" in read.database.url
        assert environ["INTERMEDIATE_REDIS_URL"].endswith("@redis:6379/0")
        assert "@mongodb:27017/analytics" in environ["INTERMEDIATE_MONGO_URL"]
        assert (read.cache.backend, read.jobs.backend, read.analytics.backend) == ("redis", "rq", "mongo")


def test_migrations_come_before_web_and_worker_and_services_before_migrations() -> None:
    services = compose.services()
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_healthy"},
            "mongodb": {"condition": "service_healthy"},
        }
    for name in ("postgres", "redis", "mongodb", "web"):
        assert services[name]["healthcheck"]["test"]


def test_only_this_machine_gets_in() -> None:
    ports = [port for described in compose.services().values() for port in described.get("ports", ())]
    assert sorted(ports) == ["127.0.0.1:8003:80", "127.0.0.1:9181:9181"]


def test_no_service_is_ready_that_only_sets_itself_up() -> None:
    services = compose.services()
    # During initialization, postgres listens only on its socket, and mongodb on 127.0.0.1.
    assert "--host=127.0.0.1" in services["postgres"]["healthcheck"]["test"]
    assert "--host=mongodb" in services["mongodb"]["healthcheck"]["test"]


def test_the_command_of_the_example_fills_in_every_secret(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    [command] = re.findall(r"^#   (.+)$", example, re.MULTILINE)
    shutil.copy(ROOT / ".env.example", tmp_path)
    bash(command, tmp_path)
    filled = compose.dotenv(tmp_path / ".env")
    secrets = [value for name, value in filled.items() if not compose.dotenv()[name]]
    assert len(secrets) == len(set(secrets)) == 6
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in secrets)


def test_the_image_is_built_of_nothing_but_what_it_copies() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == {name for line in copied for name in line.split()}


def test_what_runs_our_code_can_write_nothing_but_what_it_must() -> None:
    services = compose.services()
    for name in (*OURS, "rq-dashboard"):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]


def test_whoever_ignores_sigterm_as_the_first_process_is_not_the_first() -> None:
    for name in (*OURS, "rq-dashboard"):
        assert compose.services()[name]["init"] is True


def test_the_queue_is_never_evicted() -> None:
    words = compose.services()["redis"]["command"]
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"


@pytest.mark.parametrize("stage", ["dashboard", "app"])
def test_images_run_as_nobody_special(stage: str) -> None:
    stages = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    [found] = [text for text in stages if text.splitlines()[0].endswith(f" AS {stage}")]
    assert re.findall(r"^USER (\S+)$", found, re.MULTILINE) == ["10001"]
