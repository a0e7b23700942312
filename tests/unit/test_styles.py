"""The stylesheet is orderly: its head lists its sections, and every rule is used."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "intermediate"
CSS = (PACKAGE / "static" / "site.css").read_text()
SECTION = re.compile(r"/\* ---- ([^:.]+?)(?:[:.] .*)? ---- \*/")


def test_its_head_lists_its_sections_in_their_order() -> None:
    head = CSS[: CSS.index("*/")].partition("\n\n")[2]
    listed = [name.strip() for name in re.sub(r"(?m)^ +[\w ]+: +", "·", head).split("·") if name.strip()]
    assert listed == SECTION.findall(CSS)


def test_what_it_names_is_on_some_page() -> None:
    rules = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    named = {name for heads in re.findall(r"([^{};]+)\{", rules) for name in re.findall(r"[.#]([a-z][\w-]*)", heads)}
    sources = (path for kind in ("jinja2", "js", "py") for path in PACKAGE.rglob(f"*.{kind}"))
    words = {word for source in sources for word in re.findall(r"[\w-]+", source.read_text())}
    marks = {f"{word}-mark" for word in words}  # parts of a chart are named after what they count
    assert named - words - marks == set()
