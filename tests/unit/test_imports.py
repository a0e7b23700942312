"""Import rules: views import interfaces but no backend, backends import neither views nor each other."""

import ast
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import intermediate
from intermediate.plugins import KINDS

PACKAGE = Path(intermediate.__file__).parent
PLUGINS = "intermediate.plugins."
# Third-party backends may be installed too.
BACKENDS = {
    point.module
    for kind in KINDS
    for point in entry_points(group=f"intermediate.{kind}")
    if point.module.startswith(PLUGINS)
}
DRIVERS = ("redis", "rq", "pymongo", "psycopg2", "dogpile", "argon2")


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, module: str) -> set[str]:
    """Return the modules that a source imports anywhere: `from a import b` may mean either a or a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return names


IMPORTS = {module_of(path): imports_of(path.read_text(), module_of(path)) for path in PACKAGE.rglob("*.py")}


def kept_to_backends(module: str) -> bool:
    """Return whether a module belongs to one backend, as `sql_queries` does to `sql`."""
    return any(module == backend or module.startswith(f"{backend}_") for backend in BACKENDS)


def test_there_is_something_to_hold() -> None:
    assert {f"{PLUGINS}tasks.sql", f"{PLUGINS}tasks.memory", f"{PLUGINS}cache.null"} <= BACKENDS <= IMPORTS.keys()
    assert kept_to_backends(f"{PLUGINS}tasks.sql_queries")
    assert imports_of("from .sql import x\nimport a.b", f"{PLUGINS}tasks.memory") == {
        f"{PLUGINS}tasks.sql",
        f"{PLUGINS}tasks.sql.x",
        "a.b",
    }


@pytest.mark.parametrize("module", sorted(IMPORTS))
def test_only_a_backend_imports_what_is_its_own(module: str) -> None:
    """Views, the core, the suites and other backends use a backend only through its interface."""
    families = [backend for backend in BACKENDS if module == backend or module.startswith(f"{backend}_")]
    others = {
        name
        for name in IMPORTS[module]
        if kept_to_backends(name) and not any(name == own or name.startswith(f"{own}_") for own in families)
    }
    assert others == set()


@pytest.mark.parametrize("module", sorted(name for name in IMPORTS if name.startswith(PLUGINS)))
def test_no_plugin_imports_a_view(module: str) -> None:
    forbidden = ("intermediate.views", "intermediate.resources", "intermediate.cli", "intermediate.testing")
    assert not {name for name in IMPORTS[module] if name.startswith(forbidden)}


def test_only_testing_imports_pytest() -> None:
    users = {module for module, names in IMPORTS.items() if any(name.split(".")[0] == "pytest" for name in names)}
    assert users
    assert all(module.startswith("intermediate.testing") for module in users)


def test_drivers_of_backends_that_are_not_chosen_are_not_imported(tmp_path: Path) -> None:
    script = f"""
import sys, intermediate
ini = {{"cache.backend": "null", "analytics.backend": "null", "jobs.backend": "inline", "tasks.backend": "memory"}}
intermediate.close(intermediate.main({{"here": {str(tmp_path)!r}}}, **ini))
print(*(name for name in {DRIVERS!r} if name in sys.modules))
print(*(name for name in sys.modules if name.startswith({PLUGINS!r})))
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    drivers, plugins = ran.stdout.splitlines()
    # If psycopg2 is installed, zope.sqlalchemy imports it, to recognize errors that can be retried.
    assert set(drivers.split()) - {"psycopg2"} == {"argon2"}
    assert BACKENDS & set(plugins.split()) == {
        f"{PLUGINS}{name}" for name in ("auth.local", "tasks.memory", "cache.null", "jobs.inline", "analytics.null")
    }
