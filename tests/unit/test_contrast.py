"""The colours of the site are readable: the contrast of the tokens in the stylesheet (WCAG 2, 1.4.3)."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "intermediate" / "static" / "site.css").read_text()
TEXT, EDGE = 4.5, 3.0
SHEETS = ("bg", "surface", "sunken", "tint")

PAIRS = [
    *((colour, sheet, TEXT) for colour in ("ink", "ink-2", "ink-3", "accent", "danger", "warn") for sheet in SHEETS),
    *(("line-strong", sheet, EDGE) for sheet in SHEETS),
    *(("focus", sheet, EDGE) for sheet in ("bg", "surface", "tint")),
    *((f"chart-{number}", "surface", EDGE) for number in range(1, 5)),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    ("warn", "warn-tint", TEXT),
    ("ink", "warn-tint", TEXT),
    ("danger", "danger-tint", TEXT),
    ("ink", "danger-tint", TEXT),
    ("on-inverse", "inverse", TEXT),
    ("inverse-link", "inverse", TEXT),
]


def themes() -> dict[str, dict[str, str]]:
    """Return the tokens of `:root`, each with its light and its dark value."""
    tokens = re.findall(r"--([\w-]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\);", CSS)
    return {
        "light": {name: light for name, light, _ in tokens},
        "dark": {name: dark for name, _, dark in tokens},
    }


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("colour", "ground", "needed"), PAIRS)
def test_a_colour_can_be_told_from_its_ground(theme: str, colour: str, ground: str, needed: float) -> None:
    tokens = themes()[theme]
    assert contrast(tokens[colour], tokens[ground]) >= needed


def test_the_two_themes_differ() -> None:
    tokens = themes()
    assert tokens["light"]["bg"] != tokens["dark"]["bg"]
    assert contrast(tokens["light"]["ink"], tokens["light"]["bg"]) == pytest.approx(15.4, abs=0.1)
