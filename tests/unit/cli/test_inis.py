"""Every shipped INI file starts, and production.ini only with its own secrets and hosts."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.serving import QUIET
from tests.unit.cli.conftest import ROOT, shell

pytestmark = pytest.mark.slow

SECRETS = {
    "INTERMEDIATE_SESSION_SECRET_KEY": "0123456789abcdef" * 2,
    "INTERMEDIATE_JWT_SECRET_KEY": "fedcba9876543210" * 2,
    "INTERMEDIATE_ALLOWED_HOSTS": "tasks.example.org",
}
HEALTH = """
import json, sys
from pyramid.paster import get_app
from webtest import TestApp
import intermediate
app = get_app(sys.argv[1])
print(json.dumps(TestApp(app, {"HTTP_HOST": "tasks.example.org"}).get("/healthz").json))
intermediate.close(app)
"""


@pytest.fixture
def production(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "production.ini", tmp_path / "production.ini"))


@pytest.fixture
def services(postgres_url: str, redis_url: str, mongo_url: str) -> dict[str, str]:
    """The URLs of the services that production.ini names."""
    return {
        "INTERMEDIATE_DATABASE_URL": postgres_url,
        "INTERMEDIATE_REDIS_URL": redis_url,
        "INTERMEDIATE_MONGO_URL": mongo_url,
    }


def test_there_is_no_ini_without_a_test() -> None:
    assert sorted(path.name for path in ROOT.glob("*.ini")) == ["alembic.ini", "development.ini", "production.ini"]


def test_production_starts_on_its_services_and_a_migrated_database(production: Path, services: dict[str, str]) -> None:
    migrated = shell("intermediate", "migrate", production, **SECRETS, **services)
    assert migrated.returncode == 0, migrated.stderr
    health = shell("python", "-c", HEALTH, production, **SECRETS, **services)
    assert '"status": "ok"' in health.stdout, health.stderr
    worked = shell("intermediate-worker", production, "--burst", **SECRETS, **services)
    assert worked.returncode == 0, worked.stderr


def test_production_moves_to_embedded_backends_line_by_line(production: Path, tmp_path: Path) -> None:
    text = production.read_text()
    for key, name in (("cache", "memory"), ("jobs", "local"), ("analytics", "sql")):
        text = re.sub(rf"^{key}\.backend = \w+$", f"{key}.backend = {name}", text, flags=re.MULTILINE)
    text = re.sub(r"^database\.url = .*$", f"database.url = sqlite:///{tmp_path}/p.sqlite", text, flags=re.MULTILINE)
    production.write_text(text)
    migrated = shell("intermediate", "migrate", production, **SECRETS)
    assert migrated.returncode == 0, migrated.stderr
    health = shell("python", "-c", HEALTH, production, **SECRETS)
    assert '"status": "ok"' in health.stdout, health.stderr


def test_development_starts_with_nothing_but_itself(tmp_path: Path) -> None:
    ini = shutil.copy(ROOT / "development.ini", tmp_path / "development.ini")
    health = shell("python", "-c", HEALTH, ini)
    assert '"status": "ok"' in health.stdout, health.stderr
    assert (tmp_path / "development.sqlite").is_file()


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_production_without_its_own_secrets_is_refused(production: Path, missing: str) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}
    for command in (["pserve"], ["intermediate-app"], ["intermediate-worker"], ["intermediate", "migrate"]):
        refused = shell(*command, production, **(given | QUIET))
        assert refused.returncode == 78, (command, refused.stderr)
        [line] = [line for line in refused.stderr.splitlines() if "Starting server" not in line]
        assert missing in line or "site.allowed_hosts" in line
        if command != ["intermediate", "migrate"]:  # its output is for the user
            told = json.loads(line)
            assert (told["level"], told["service"]) == ("critical", "worker" if "worker" in command[0] else "web")


def test_bare_alembic_uses_the_same_settings(tmp_path: Path) -> None:
    database = tmp_path / "bare.sqlite"
    done = shell(
        "alembic", "-c", ROOT / "alembic.ini", "upgrade", "head", INTERMEDIATE_DATABASE_URL=f"sqlite:///{database}"
    )
    assert done.returncode == 0, done.stderr
    assert database.stat().st_size > 0
