"""Shared parts of the charts: the width of a drawing, and labels."""

from dataclasses import dataclass
from typing import Literal

WIDTH = 464.0
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Label:
    """A text and its position."""

    text: str
    x: float
    y: float
    anchor: Anchor = "middle"
