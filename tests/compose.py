"""Read docker-compose.yml and .env.example as Docker would, with every secret filled in."""

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.serving import ROOT

SECRET = "0123456789abcdef" * 4


def dotenv(path: Path = ROOT / ".env.example") -> dict[str, str]:
    """Return the variables of an env file."""
    return dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE))


def filled_in() -> dict[str, str]:
    """Return the variables of .env.example, with a secret for each empty value."""
    return {name: value or SECRET for name, value in dotenv().items()}


def services() -> dict[str, Any]:
    """Return the services by name. Raises KeyError for a variable that is not in .env.example."""
    names = filled_in()
    text = re.sub(
        r"\$\{(\w+):\?see \.env\.example\}", lambda found: names[found[1]], (ROOT / "docker-compose.yml").read_text()
    )
    assert "$" not in text
    read: dict[str, Any] = YAML(typ="safe").load(text)["services"]
    return read


def environment(service: str) -> dict[str, str]:
    """Return the environment variables of a service's container."""
    described = services()[service]
    return (filled_in() if described.get("env_file") == ".env" else {}) | described.get("environment", {})


def production_ini() -> dict[str, str]:
    """Return the application settings of production.ini."""
    ini = ConfigParser(defaults={"here": str(ROOT)})
    ini.read(ROOT / "production.ini")
    return dict(ini["app:main"])
