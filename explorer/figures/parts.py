"""The parts figures are made of: axes in powers of ten, bands, and curves that never lose a value.

Figures are plain data, {"data": [...], "layout": {...}}, which Plotly draws and a test can read.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.counted import whole
from explorer.figures.theme import DECADES, DIRECT, FONT, LINE, TEXT, TITLE, Look, Trace
from explorer.wording import number, ten_to

LN10 = float(np.log(10.0))
SUBSCRIPTS = str.maketrans("ₜₖₘₐₓ", "tkmax")
TRUE_VALUE = ", 10<sup>%{customdata:.1f}</sup>"


def typed(values: Any) -> dict[str, Any]:
    """An array as Plotly's float32 base64 typed array: a tenth of the time and half the bytes of a list."""
    a = np.ascontiguousarray(values, dtype=np.float32)
    encoded: dict[str, Any] = {"dtype": "f4", "bdata": base64.b64encode(a.tobytes()).decode()}
    if a.ndim == 2:
        encoded["shape"] = f"{a.shape[0]}, {a.shape[1]}"
    return encoded


def untyped(encoded: dict[str, Any]) -> Array:
    """The numbers of a typed array, for tables and tests."""
    a = np.frombuffer(base64.b64decode(encoded["bdata"]), dtype=np.float32).astype(np.float64)
    return a.reshape([int(n) for n in encoded["shape"].split(",")]) if "shape" in encoded else a


def lowered(text: str) -> str:
    """Text with its subscripts, ₜ ₖ ₘₐₓ, set in Plotly's own way, in the font of all the rest."""
    return re.sub("[ₜₖₘₐₓ]+", lambda found: f"<sub>{found[0].translate(SUBSCRIPTS)}</sub>", text)


def axis(look: Look, title: str, **changes: Any) -> dict[str, Any]:
    """One axis with its title; where that names what is counted, its few ticks are at whole numbers only."""
    base = {
        "title": {"text": title, "font": {"size": TITLE, "color": look.ink}, "standoff": 6},
        "tickfont": {"size": TEXT, "color": look.muted},
        "gridcolor": look.grid,
        "linecolor": look.muted,
        "tickcolor": look.muted,
        "ticks": "outside",
        "zeroline": False,
        "automargin": True,
        "tickformat": ",",
    }
    return {**base, **whole(title, **changes), **changes}


def power_axis(look: Look, title: str, low: float, high: float, **changes: Any) -> dict[str, Any]:
    """An axis of log₁₀ values from low to high, labelled in powers of ten, at most `most` of them."""
    ticks = power_ticks(low, high, changes.pop("most", 7))
    return axis(
        look,
        title,
        range=[low, high],
        tickvals=[float(n) for n in ticks],
        ticktext=[ten_to(n) for n in ticks],
        **changes,
    )


def size_axis(look: Look, title: str, low: float, high: float, **changes: Any) -> dict[str, Any]:
    """An axis of log₁₀ values from low to high, labelled 0.5, 1, 2 ... where it spans few decades."""
    if high - low > 2.2:
        return power_axis(look, title, low, high, **{"most": 5, **changes})
    digits = (1, 2, 5) if high - low > 0.7 else (1, 1.2, 1.5, 2, 3, 4, 5, 6, 8)
    sizes = [d * 10.0**n for n in range(int(np.floor(low)), int(np.ceil(high)) + 1) for d in digits]
    ticks = [size for size in sizes if low <= np.log10(size) <= high]
    return axis(
        look,
        title,
        range=[low, high],
        tickvals=[float(np.log10(size)) for size in ticks],
        ticktext=[number(size) for size in ticks],
        **changes,
    )


def power_ticks(low: float, high: float, most: int = 7) -> list[int]:
    """Whole decades from low to high, at most `most` of them, evenly spaced and through 0."""
    for step in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000):
        first = int(np.ceil(low / step)) * step
        ticks = list(range(first, int(np.floor(high)) + 1, step))
        if len(ticks) <= most:
            return ticks
    return [0]


def layout(look: Look, x: dict[str, Any], y: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A figure's layout: no title (the page has it), no legend (lines are labelled), transparent."""
    base = {
        "font": {"family": FONT, "size": TEXT, "color": look.ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"font": {"family": FONT, "size": TEXT}},
        "margin": {"l": 64, "r": 14, "t": 10, "b": 50},
        "showlegend": False,
        "uirevision": "keep",
        "xaxis": x,
        "yaxis": y,
    }
    return {**base, **changes}


def colour_bar(look: Look, title: str, **changes: Any) -> dict[str, Any]:
    """A slim colour bar with its title."""
    base = {
        "thickness": 14,
        "outlinewidth": 0,
        "len": 1.0,
        "ticklen": 4,
        "title": {"text": title, "side": "right", "font": {"size": TEXT, "color": look.ink}},
        "tickfont": {"size": TEXT, "color": look.muted},
    }
    return {**base, **changes}


def power_bar(look: Look, title: str, decades: float = DECADES) -> dict[str, Any]:
    """A colour bar in powers of ten for log₁₀ values from −decades to decades."""
    ticks = power_ticks(-decades, decades)
    return colour_bar(look, title, tickvals=ticks, ticktext=[ten_to(n) for n in ticks])


def bands(look: Look, low: float, high: float) -> list[dict[str, Any]]:
    """Shapes behind a curve of log₁₀ sizes: vanishing below 10⁻³, exploding above 10³, a line at 1."""

    def band(y0: float, y1: float, colour: str) -> dict[str, Any]:
        return {
            "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": y0, "y1": y1,
            "fillcolor": colour, "line": {"width": 0}, "layer": "below",
        }  # fmt: skip

    one = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "layer": "below",
        "line": {"color": look.muted, "width": 1.5, "dash": "dot"},
    }  # fmt: skip
    shapes = [one]
    if low < -3:
        shapes.append(band(low, -3, look.vanish))
    if high > 3:
        shapes.append(band(3, high, look.explode))
    return shapes


def band_names(look: Look, low: float, high: float) -> list[dict[str, Any]]:
    """The words "vanishing" and "exploding" in their bands, at the left."""
    names = []
    if low < -3.8:
        font = {"size": TITLE, "color": look.vanish_ink}
        names.append(note(look, "vanishing", 0.012, low, font=font, yanchor="bottom"))
    if high > 3.8:
        font = {"size": TITLE, "color": look.explode_ink}
        names.append(note(look, "exploding", 0.012, high, font=font, yanchor="top"))
    return names


def note(look: Look, text: str, x: float, y: float, **changes: Any) -> dict[str, Any]:
    """A word inside a figure, x as a share of its width, y on its axis."""
    base = {
        "text": text, "xref": "paper", "x": x, "y": y, "xanchor": "left", "yanchor": "middle",
        "showarrow": False, "font": {"size": TITLE, "color": look.muted},
    }  # fmt: skip
    return {**base, **changes}


@dataclass(frozen=True)
class Scale:
    """The log₁₀ range of an axis; curves leave marks where they leave it."""

    low: float
    high: float


def scale_of(curves: Sequence[Array], least: float = DECADES) -> Scale:
    """A range around 10⁰ that holds the ln curves, in steps that do not jump with every change.

    At least ±`least` decades around 1; then the next of a few round widths.
    """
    finite = np.concatenate([c[np.isfinite(c)].ravel() for c in curves] or [np.zeros(1)]) / LN10
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return Scale(-max(rounded_up(-low), least if low < -0.5 else 1.0), rounded_up(high))


def rounded_up(decades: float) -> float:
    """The next of a few round widths: 1, 2, 3, 6, 12, 20, 30, 40, 60, 80, 120, ..."""
    widths = (1, 2, 3, 6, *(w * 10**n for n in range(1, 5) for w in (1.2, 2, 3, 4, 6, 8)))
    return float(next((w for w in widths if w >= decades * 1.02), decades))


def curve(x: Array, ln: Array, scale: Scale, *, name: str, colour: str, **changes: Any) -> list[Trace]:
    """A curve of sizes given as ln, drawn as log₁₀, with marks where it leaves the scale.

    Exact zeros are hollow triangles at the bottom, values below the scale full ones, values above it full
    ones at the top; hovering any of them tells the true value.
    """
    log10 = ln / LN10
    inside = np.isfinite(log10) & (log10 >= scale.low) & (log10 <= scale.high)
    line = {
        "type": "scatter", "mode": mode_for(x[inside]), "name": name,
        "x": typed(x), "y": typed(np.where(inside, log10, np.nan)), "line": {"color": colour, "width": LINE},
        "hovertemplate": f"{name}: 10<sup>%{{y:.2f}}</sup> at %{{x}}<extra></extra>", "connectgaps": False,
        **changes,
    }  # fmt: skip
    pad = 0.025 * (scale.high - scale.low)
    beneath = np.isfinite(log10) & (log10 < scale.low)
    kinds = [
        (np.isneginf(log10), scale.low + pad, "triangle-down-open", "exactly 0", ""),
        (beneath, scale.low + pad, "triangle-down", "below the scale", TRUE_VALUE),
        (log10 > scale.high, scale.high - pad, "triangle-up", "above the scale", TRUE_VALUE),
    ]
    return [line] + [
        {
            "type": "scatter", "mode": "markers", "x": typed(x[where]), "y": typed(np.full(where.sum(), y)),
            "name": f"{name}, {words}", "marker": {"symbol": symbol, "size": 9, "color": colour},
            "customdata": typed(np.where(np.isfinite(log10[where]), log10[where], 0.0)),
            "hovertemplate": f"{name}: {words}{value} at %{{x}}<extra></extra>",
        }
        for where, y, symbol, words, value in kinds
        if where.any()
    ]  # fmt: skip


def label(look: Look, text: str, x: float, y: float, colour: str, **changes: Any) -> dict[str, Any]:
    """A line's name, written next to it in its colour."""
    base = {
        "text": f"<b>{text}</b>", "x": x, "y": y, "showarrow": False,
        "font": {"size": DIRECT, "color": colour}, "xanchor": "left", "yanchor": "bottom",
    }  # fmt: skip
    return {**base, **changes}


def escaped(text: str) -> str:
    """Text that came from outside, safe inside Plotly's own markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mode_for(steps: Array) -> str:
    """A line, or a dot where there is one step alone."""
    return "lines" if len(steps) > 1 else "lines+markers"
