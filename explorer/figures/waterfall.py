"""The way of one error back through time: what is left of it, and each step's two factors."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    bands,
    curve,
    label,
    layout,
    power_axis,
    scale_of,
    size_axis,
    typed,
)
from explorer.figures.ranges import widened
from explorer.figures.theme import DIRECT, TEXT, Figure, Look, Trace
from explorer.reports.waterfall import Waterfall
from explorer.wording import percent

MARGIN = {"l": 66, "r": 14, "t": 12, "b": 46}
NAMES = 0.3  # room above and below the bars for the names of the parts, as a share of their extent
SPLIT = (0.46, 0.54)  # the bars end and the curve begins at these shares of the height


def waterfall(look: Look, fall: Waterfall) -> Figure:
    """Above, the error left at every step k; below, the factor of each step in its two parts."""
    scale = scale_of([fall.level], least=2.0)
    steps = np.append(fall.last - fall.width, fall.t).astype(np.float64)
    traces = curve(steps, fall.level, scale, name="error left", colour=look.ink, meta="main", yaxis="y2")
    for mark in traces[1:]:
        mark["yaxis"] = "y2"
    limits = bar_limits(fall)
    for name, part, colour in parts(look, fall):
        traces += bars(fall, part, limits, name=name, colour=colour)
    ticks = {"dtick": 1} if fall.t < 6 else {}
    x = axis(look, "step k (the error travels to the left)", range=[-0.5, fall.t + 0.7], anchor="y", **ticks)
    lower = size_axis(
        look,
        "factor" if fall.width[0] == 1 else f"per {fall.width[0]} steps",
        limits.low,
        limits.high,
        domain=[0, SPLIT[0]],
    )
    upper = power_axis(look, "error left", scale.low, scale.high, most=4, domain=[SPLIT[1], 1])
    shapes = [{**shape, "yref": "y2"} for shape in bands(look, scale.low, scale.high)]
    shapes += [one_line(look), *stretch(look, fall)]
    words = [*names(look, fall), *stretch_name(look, fall)]
    drawn = layout(
        look,
        x,
        lower,
        yaxis2=upper,
        shapes=shapes,
        annotations=words,
        margin=MARGIN,
        barmode="relative",
        bargap=0.1,
    )
    return {"data": traces, "layout": drawn}


def parts(look: Look, fall: Waterfall) -> tuple[tuple[str, Array, str], ...]:
    """(name, ln factor of each bar, colour) of the two parts."""
    first, second = fall.names
    return ((first, fall.first, look.accents[3]), (second, fall.second, look.accents[2]))


def bar_limits(fall: Waterfall) -> Scale:
    """The log₁₀ range of the stacked bars, 1 always inside, at most twelve decades down."""
    both = np.stack([fall.first, fall.second]) / LN10
    finite = np.where(np.isfinite(both), both, 0.0)
    down, up = np.minimum(finite, 0.0).sum(axis=0).min(), np.maximum(finite, 0.0).sum(axis=0).max()
    room = max(NAMES * float(up - down), 0.15)
    return widened(max(float(down) - room, -12.0), float(up) + room)


def bars(fall: Waterfall, part: Array, limits: Scale, *, name: str, colour: str) -> list[Trace]:
    """One part's factors as bars from 1; an exact zero, or one off the scale, is a mark at the bottom."""
    middle = fall.last - (fall.width - 1) / 2
    log10 = part / LN10
    shown = np.isfinite(log10)
    drawn: list[Trace] = [
        {
            "type": "bar",
            "x": typed(middle[shown]),
            "y": typed(log10[shown]),
            "width": typed(0.9 * fall.width[shown]),
            "marker": {"color": colour},
            "name": name,
            "hovertemplate": f"step %{{x}}: {name} multiply by 10<sup>%{{y:.2f}}</sup><extra></extra>",
        }
    ]
    lost = np.isneginf(log10) | (log10 < limits.low)
    if lost.any():
        zero = np.where(np.isneginf(log10[lost]), "exactly 0", "below the scale")
        drawn.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": typed(middle[lost]),
                "y": typed(np.full(lost.sum(), limits.low * 0.9)),
                "text": [str(words) for words in zero],
                "marker": {"symbol": "triangle-down-open", "size": 11, "color": colour, "line": {"width": 2}},
                "name": f"{name}, exactly 0",
                "hovertemplate": f"step %{{x}}: {name} %{{text}}<extra></extra>",
            }
        )
    return drawn


def one_line(look: Look) -> dict[str, Any]:
    """The line at a factor of 1."""
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": 0, "y1": 0,
        "line": {"color": look.muted, "width": 1.5},
    }  # fmt: skip


def names(look: Look, fall: Waterfall) -> list[dict[str, Any]]:
    """The two parts' names, that of the one which grows above 1, the other below."""
    totals = fall.totals
    order = (0, 1) if totals[0] >= totals[1] else (1, 0)
    plate = {"bgcolor": look.background, "opacity": 0.85, "borderpad": 0}
    described = parts(look, fall)
    places = ((SPLIT[0], "top"), (0.0, "bottom"))
    return [
        label(
            look, described[i][0], 0.01, y, described[i][2], xref="paper", yref="paper", yanchor=side,
            font={"size": DIRECT - 2, "color": described[i][2]}, **plate,
        )
        for i, (y, side) in zip(order, places, strict=True)
    ]  # fmt: skip


def stretch(look: Look, fall: Waterfall) -> list[dict[str, Any]]:
    """The few steps that hold most of the loss, shaded through both axes."""
    found = fall.concentrated()
    if found is None:
        return []
    begin, end = found
    return [
        {
            "type": "rect", "x0": begin - 0.5, "x1": end + 0.5, "yref": "paper", "y0": 0, "y1": 1,
            "fillcolor": look.threshold, "opacity": 0.14, "line": {"width": 0}, "layer": "below",
        }
    ]  # fmt: skip


def stretch_name(look: Look, fall: Waterfall) -> list[dict[str, Any]]:
    """How much of the loss the shaded steps hold."""
    found = fall.concentrated()
    if found is None:
        return []
    begin, end = found
    inside = (fall.last >= begin) & (fall.last <= end)
    share = float((fall.first + fall.second)[inside].sum()) / fall.left
    left = begin > fall.t / 2
    return [
        label(
            look, f"{percent(share)} of the loss", begin - 0.7 if left else end + 0.7, SPLIT[1],
            look.threshold, yref="paper", xanchor="right" if left else "left",
            font={"size": TEXT, "color": look.threshold},
        )
    ]  # fmt: skip
