"""`intermediate plugin new`: generate a package for a backend, to be completed by its author."""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import click
import jinja2

from intermediate.cli.failures import Command, Failure
from intermediate.plugins import KINDS, backend_names

TEMPLATES = Path(__file__).parent / "new_plugin"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
WORD = re.compile(r"[A-Za-z_]\w*")
LINE = 88


EXAMPLES = """\b
Examples:
  intermediate plugin new analytics duckdb --path ../intermediate-duckdb
  intermediate plugin new cache files"""


@click.group(epilog=EXAMPLES)
def plugin() -> None:
    """Create your own backends."""


@plugin.command(cls=Command, epilog=EXAMPLES)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option("--path", type=click.Path(path_type=Path), help="The folder to create; default intermediate-NAME.")
def new(kind: str, name: str, path: Path | None) -> None:
    """Generate a distribution with a backend: entry point, settings, backend, contract tests, README.

    Its methods raise NotImplementedError until you implement them. Existing files are not overwritten.
    """
    if not NAME.fullmatch(name):
        raise Failure(
            f"Invalid backend name {name!r}: "
            "use up to 40 lowercase letters, digits and underscores, starting with a letter."
        )
    if name in backend_names(kind):
        raise Failure(f"The backend {kind}.{name} already exists. Choose another name.")
    folder = path or Path(f"intermediate-{name.replace('_', '-')}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failure(f"{folder} already exists and is not an empty folder.")
    texts = dict(files(kind, name))
    try:
        write(folder, texts)
    except OSError as error:
        raise Failure(f"Cannot write {folder}: {error.strerror}. Nothing was created.") from None
    for file in texts:
        click.echo(folder / file)


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all files or none: first to a temporary folder beside them, since the disk may be full, then rename."""
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=folder, prefix=".new-") as begun:
            for file, text in texts.items():
                (Path(begun) / file).write_text(text, "utf-8")
            for file in texts:
                (Path(begun) / file).rename(folder / file)
    except BaseException:
        if made:
            with suppress(OSError):
                folder.rmdir()
        raise


def files(kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  the output is not HTML
    )
    module = importlib.import_module(f"intermediate.plugins.{kind}.interface")
    classes = abstract_classes(module)
    words = {
        "kind": kind,
        "name": name,
        "package": f"intermediate_{name}",
        "distribution": f"intermediate-{name.replace('_', '-')}",
        "prefix": "".join(part.capitalize() for part in name.split("_")),
        "classes": classes,
        "imports": imports(module, classes),
        "contract": f"{kind.capitalize()}Contract",
    }
    for template in sorted(environment.list_templates()):
        target = template.removesuffix(".jinja2").replace("NAME", name)
        yield target, environment.get_template(template).render(words)


@dataclass(frozen=True)
class Abstract:
    """An abstract class of an interface, with the signatures of its abstract methods."""

    name: str
    heads: tuple[str, ...]
    used: frozenset[str]
    """The identifiers in them, among which are the names to import."""


def abstract_classes(module: ModuleType) -> list[Abstract]:
    """Return the abstract classes of an interface: the backend first, then the classes of what it returns."""
    source = inspect.getsource(module)
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and inspect.isabstract(getattr(module, node.name)):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.decorator_list]
            heads = tuple(head(source, one) for one in methods)
            found.append(Abstract(node.name, heads, frozenset({node.name, *WORD.findall(" ".join(heads))})))
    return sorted(found, key=lambda one: not hasattr(getattr(module, one.name), "build"))


def head(source: str, method: ast.FunctionDef) -> str:
    """Return the source lines from `def` to the colon."""
    return "\n".join(source.splitlines()[method.lineno - 1 : method.body[0].lineno - 1])


def imports(module: ModuleType, classes: list[Abstract]) -> str:
    """Return the import statements for the names in the signatures, the standard library's first."""
    used = set().union(*(one.used for one in classes))
    elsewhere: dict[str, str] = {}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom):
            elsewhere |= {alias.name: str(node.module) for alias in node.names}
    places = {"intermediate.plugins.base": {"Section"}}
    for name in used:
        if name in elsewhere:
            places.setdefault(elsewhere[name], set()).add(name)
        elif name in vars(module):
            places.setdefault(module.__name__, set()).add(name)
    standard = {place for place in places if place.partition(".")[0] in sys.stdlib_module_names}
    groups = ([*sorted(standard)], [*sorted(places.keys() - standard)])
    return "\n\n".join(
        "\n".join(line(place, sorted(places[place], key=str.lower)) for place in group) for group in groups if group
    )


def line(place: str, names: list[str]) -> str:
    short = f"from {place} import {', '.join(names)}"
    if len(short) <= LINE:
        return short
    return "\n".join([f"from {place} import (", *(f"    {one}," for one in names), ")"])
