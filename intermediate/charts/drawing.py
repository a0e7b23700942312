"""What the charts have in common: how wide a drawing is, and a text on it."""

from dataclasses import dataclass
from typing import Literal

WIDTH = 464.0
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Label:
    """A text, and where it stands."""

    text: str
    x: float
    y: float
    anchor: Anchor = "middle"
