"""One look for every figure: each colour and size, in light and in dark.

Colour grammar: blue shrinks, neutral is 1, red grows; networks and gates are never blue or red.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Figure = dict[str, Any]
Trace = dict[str, Any]

FONT = "'Source Sans', 'Source Sans Pro', 'Segoe UI', sans-serif"
TEXT, TITLE, DIRECT = 15, 16, 18  # font sizes in pixels: ticks, axis titles, labels on the lines
LINE = 3.5  # width of a curve in pixels
DECADES = 6.0  # maps show 10⁻⁶ to 10⁶; beyond, the colour stays at its end and hovering tells the value


@dataclass(frozen=True)
class Look:
    """The colours of one theme."""

    dark: bool
    ink: str
    muted: str
    grid: str
    background: str
    cells: dict[str, str]
    symbols: dict[str, str]  # gates and states by their symbol
    accents: tuple[str, ...]  # further lines, apart from each other for every kind of colour vision
    threshold: str
    vanish: str  # band below 10⁻³
    explode: str  # band above 10³
    vanish_ink: str
    explode_ink: str
    diverging: tuple[tuple[float, str], ...]
    sequential: tuple[tuple[float, str], ...]
    ordered: tuple[tuple[float, str], ...]  # many steps in a row: ever lighter, no blue, no red


def stops(colours: Sequence[str]) -> tuple[tuple[float, str], ...]:
    """Colours evenly spaced over a scale."""
    return tuple((i / (len(colours) - 1), colour) for i, colour in enumerate(colours))


LIGHT = Look(
    dark=False,
    ink="#14181D",
    muted="#56616D",
    grid="#E3E7EB",
    background="#FFFFFF",
    cells={"rnn": "#14181D", "lstm": "#00805E", "gru": "#8A4FBF"},
    symbols={
        "f": "#00805E", "i": "#A05A00", "g": "#B0267E", "o": "#6B56C9", "c": "#3F6B00", "h": "#14181D",
        "r": "#A05A00", "z": "#00805E", "n": "#B0267E", "a": "#6B56C9", "m": "#3F6B00",
    },
    accents=("#14181D", "#00805E", "#8A4FBF", "#A05A00", "#B0267E"),
    threshold="#8A5300",
    vanish="rgba(33,102,172,0.10)",
    explode="rgba(178,24,43,0.09)",
    vanish_ink="#1B5A9B",
    explode_ink="#A3182A",
    diverging=stops(
        ["#053061", "#1B5A9B", "#4393C3", "#A6CFE4", "#F4F4F2", "#F9C3A7", "#DD6F56", "#B2182B", "#67001F"]
    ),
    sequential=stops(["#F4F4F2", "#BFD8CC", "#7FB8A0", "#3B9474", "#00664A", "#00382A"]),
    ordered=stops(["#4A1B6D", "#574B78", "#3C6F6C", "#3F9460", "#8DB03C", "#E3C62F"]),
)  # fmt: skip

DARK = Look(
    dark=True,
    ink="#EEF2F6",
    muted="#A8B3BF",
    grid="#2A323C",
    background="#0F1318",
    cells={"rnn": "#EEF2F6", "lstm": "#2FD3A2", "gru": "#C79BF2"},
    symbols={
        "f": "#2FD3A2", "i": "#F0B04A", "g": "#FF8CCB", "o": "#B3A6FF", "c": "#B6D957", "h": "#EEF2F6",
        "r": "#F0B04A", "z": "#2FD3A2", "n": "#FF8CCB", "a": "#B3A6FF", "m": "#B6D957",
    },
    accents=("#EEF2F6", "#2FD3A2", "#C79BF2", "#F0B04A", "#FF8CCB"),
    threshold="#FFC247",
    vanish="rgba(88,160,240,0.16)",
    explode="rgba(255,120,80,0.16)",
    vanish_ink="#8CC4FF",
    explode_ink="#FFA98A",
    diverging=stops(
        ["#A9C8FF", "#6FB2EE", "#3C8DC4", "#1F577C", "#1B1F24", "#6E2D1E", "#B5502F", "#EA8A5E", "#FFC9A8"]
    ),
    sequential=stops(["#1B1F24", "#14463A", "#0E6B55", "#149A78", "#55C9A6", "#B5F0DC"]),
    ordered=stops(["#7D47B3", "#84739F", "#58A096", "#5FC083", "#B4D45E", "#FBE773"]),
)  # fmt: skip


def look(dark: bool) -> Look:
    """The theme's colours."""
    return DARK if dark else LIGHT
