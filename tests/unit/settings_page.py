"""Generate `docs/settings.md` from the settings and their docstrings (`make docs`)."""

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from intermediate.plugins import KINDS, backend_names, find_backend
from intermediate.plugins.base import CENTURY_DAYS, CENTURY_SECONDS, Section
from intermediate.settings import CACHE_SWITCH, SECTIONS, SHARED, variable

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
HEAD = f"""# Settings

Each setting is a line of the INI file, under `[app:main]`, or an environment variable, which takes precedence:
`cache.ttl_seconds` is also `{variable("cache.ttl_seconds")}`. An unknown name or an invalid value stops startup.
`production.ini` contains the settings that you are most likely to change. Options of a backend apply only if it is
chosen. No duration may be longer than a century.

Some variables set several settings, or have a shorter name:

"""
CENTURY = (CENTURY_DAYS, CENTURY_SECONDS)
BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most"}


def models() -> Iterator[tuple[str, type[Section]]]:
    """Yield every section, and after the section of a kind the options of its backends."""
    for name, model in SECTIONS.items():
        yield name, model
        for backend in backend_names(name) if name in KINDS else ():
            yield f"{name}.{backend}", find_backend(name, backend).Settings


def default(field: Any) -> str:
    found = field.default
    if found is PydanticUndefined:
        return ""
    if isinstance(found, SecretStr):
        found = found.get_secret_value()
    if isinstance(found, tuple):
        found = ", ".join(map(str, found))
    return f"`{str(found).lower() if isinstance(found, bool) else found}`" if found != "" else ""


def bounds(section: str, name: str, field: Any) -> str:
    """Return what values are accepted, if the default alone does not show it."""
    if name == "backend":
        return "one of " + ", ".join(f"`{one}`" for one in backend_names(section)) + ", or `package.module:Class`"
    if typing.get_origin(field.annotation) is typing.Literal:
        return "one of " + ", ".join(f"`{one}`" for one in typing.get_args(field.annotation))
    found: dict[str, Any] = {}
    for one in reversed(field.metadata):  # the field's own bounds come first, and are narrower than those of its type
        found |= {name: getattr(one, name) for name in BOUNDS if getattr(one, name, None) is not None}
    return ", ".join(f"{BOUNDS[name]} {bound}" for name, bound in found.items() if bound not in CENTURY)


def rows(section: str, model: type[Section]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        words = " ".join((field.description or "").split())
        limits = bounds(section, name, field)
        yield f"| `{section}.{name}` | {default(field)} | {words}{f' ({limits})' if limits else ''} |"


def made() -> str:
    lines = [f"- `{name}`: {', '.join(f'`{key}`' for key in keys)}" for name, keys in SHARED.items()]
    lines.append(f"- `{CACHE_SWITCH}`: `false` chooses the cache `null`")
    for section, model in models():
        if found := list(rows(section, model)):
            lines += ["", f"## {section}", "", "| setting | default | |", "|---|---|---|", *found]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(made())
