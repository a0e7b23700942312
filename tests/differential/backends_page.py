"""Generate the tables of `docs/backends.md` (`make docs`).

The promises are read from the interfaces, and the backends that keep them from their contract suites.
"""

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from intermediate.plugins import KINDS, find_backend
from intermediate.plugins.base import Capability
from intermediate.testing.contract import Contract
from intermediate.testing.promises import promises
from tests.differential.combinations import OTHERS, REFERENCE, REFUSED
from tests.plugins.test_contracts import KINDS as CONTRACTS
from tests.serving import ROOT

PAGE = ROOT / "docs" / "backends.md"
BLOCK = re.compile(r"(<!-- (\w+)(?: (\w+))? -->\n).*?(<!-- end -->)", re.DOTALL)
CAPABILITY = re.compile(r"\b(?:if|with|without)(?: capability)? `?(\w+)`?")


def suites(kind: str) -> dict[str, type[Contract]]:
    """Map each shipped backend, with its database if it has one, to its contract suite."""
    module = import_module(f"tests.plugins.test_{kind}")
    found = {}
    for suite in vars(module).values():
        own = inspect.isclass(suite) and issubclass(suite, Contract) and suite.__module__ == module.__name__
        if own and ":" not in suite.backend:  # a dotted path is a backend for tests only
            on = " on Postgres" if "database.url" in suite.ini else ""
            found[f"`{suite.backend}`{on}"] = suite
    return found


def own_code(suite: type[Contract]) -> set[str]:
    """Return the members of a backend's suite that are not data. A replaced test would hide a broken promise."""
    own = {name: value for name, value in vars(suite).items() if not name.startswith("__")}
    return {name for name, value in own.items() if name.startswith("test_") or callable(value)}


def guarantees(kind: str) -> str:
    """Return the table of promises and backends. A cell names the capability of a promise that the backend lacks."""
    columns = suites(kind)
    rows = [["promise", *columns]]
    for name, words in promises(CONTRACTS[kind].interface).items():
        named = {Capability(word) for word in CAPABILITY.findall(words) if word in set(Capability)}
        cells = [_cell(named - find_backend(kind, suite.backend).capabilities) for suite in columns.values()]
        rows.append([f"`{name}`: {words}", *cells])
    return table(rows)


def _cell(lacking: set[Capability]) -> str:
    return f"without `{min(lacking)}`" if lacking else "kept"


def settings(kind: str) -> str:
    """Return the table of each backend's capabilities and options, with their defaults."""
    rows = [["`" + f"{kind}.backend" + "`", "capabilities", "options"]]
    for name in dict.fromkeys(suite.backend for suite in suites(kind).values()):
        backend = find_backend(kind, name)
        options = [f"`{kind}.{name}.{key} = {_shown(field)}`" for key, field in backend.Settings.model_fields.items()]
        capabilities = ", ".join(f"`{one}`" for one in sorted(backend.capabilities))
        rows.append([f"`{name}`", capabilities or "none", "<br>".join(options) or "none"])
    return table(rows)


def _shown(field: Any) -> str:
    default = field.default
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return "" if default is PydanticUndefined else str(default)


def combinations(_kind: str) -> str:
    """Return the table of combinations that are compared, and of those that are refused."""
    rows = [["combination", "database", *KINDS, ""]]
    for one in (REFERENCE, *OTHERS):
        worker = "and `intermediate-worker`" if one.worker else ""
        rows.append([one.name, one.database, *one.chosen.values(), worker])
    for refused in REFUSED:
        one = refused.combination
        rows.append([one.name, one.database, *one.chosen.values(), f"refused by `{refused.program}`"])
    return table(rows)


def table(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


TABLES: dict[str, Callable[[str], str]] = {
    "settings": settings,
    "guarantees": guarantees,
    "combinations": combinations,
}


def made(page: str) -> str:
    """Return the page with its tables regenerated."""
    return BLOCK.sub(lambda found: f"{found[1]}{TABLES[found[2]](found[3])}\n{found[4]}", page)


def main(path: Path = PAGE) -> None:
    path.write_text(made(path.read_text()))


if __name__ == "__main__":
    main()
