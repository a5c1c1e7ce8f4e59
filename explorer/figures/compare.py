"""The maps of two or three experiments on one colour scale, and their curves on one log axis."""

from dataclasses import replace
from typing import Any

import numpy as np

from explorer.figures.gradient_flow import horizon_map
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    band_names,
    bands,
    curve,
    label,
    layout,
    power_axis,
    scale_of,
    typed,
)
from explorer.figures.theme import Figure, Look, Trace
from explorer.reports.compare import CompareReport, Rival

APART = 0.07  # of the axis; names closer than this are moved apart


def colours(look: Look, report: CompareReport) -> tuple[str, ...]:
    """One colour per rival: its cell's own, or further ones where two have the same cell."""
    cells = [rival.experiment.cell for rival in report.rivals]
    if len(set(cells)) < len(cells):
        return look.accents[: len(cells)]
    return tuple(look.cells[cell] for cell in cells)


def rival_map(look: Look, report: CompareReport, rival: Rival) -> Figure:
    """One rival's map of all pairs; the last one carries the colour bar that all of them share."""
    title = "part of the row’s largest" if report.relative else "gradient left"
    figure = horizon_map(look, replace(rival.flow, log_map=rival.log_map), title)
    last = rival is report.rivals[-1]
    figure["data"][0]["showscale"] = last
    figure["layout"]["margin"] = {"l": 52, "r": 6, "t": 4, "b": 44}
    return figure


def lag_curves(look: Look, report: CompareReport) -> Figure:
    """What each keeps by lag on one log axis, with the band of its seeds, names at the curves' ends."""
    rows = [rival.flow.row for rival in report.rivals]
    scale = scale_of(rows, least=2.9)
    traces: list[Trace] = []
    for rival, colour in zip(report.rivals, colours(look, report), strict=True):
        traces += seeds(rival, colour, scale)
    for rival, colour in zip(report.rivals, colours(look, report), strict=True):
        lag = np.arange(len(rival.flow.row), dtype=np.float64)
        traces += curve(lag, rival.flow.row, scale, name=rival.name, colour=colour, meta="main")
    longest = max(max(len(row) for row in rows) - 1, 1)
    x = axis(look, "lag t − k (steps)", range=[0, longest])
    y = power_axis(look, "gradient left", scale.low, scale.high, most=6)
    words = [*band_names(look, scale.low, scale.high), *ends(look, report, scale)]
    shapes = bands(look, scale.low, scale.high)
    room = min(16 + 9 * max(len(rival.name) for rival in report.rivals), 150)
    margin = {"l": 66, "r": room, "t": 6, "b": 44}
    return {"data": traces, "layout": layout(look, x, y, annotations=words, shapes=shapes, margin=margin)}


def seeds(rival: Rival, colour: str, scale: Scale) -> list[Trace]:
    """The band between 10 % and 90 % of the seeds."""
    band = rival.flow.ribbon
    if band is None:
        return []
    lag = np.arange(len(band.median))
    low, high = (np.clip(np.where(np.isfinite(c), c / LN10, -1e6), scale.low, scale.high)
                 for c in (band.low, band.high))  # fmt: skip
    edge: Trace = {
        "type": "scatter", "mode": "lines", "x": typed(lag), "line": {"width": 0}, "hoverinfo": "skip",
    }  # fmt: skip
    name = f"{rival.name}, 10 to 90 % of {band.seeds} seeds"
    fill = {"fill": "tonexty", "fillcolor": faded(colour), "name": name}
    return [{**edge, "y": typed(low), "name": name}, {**edge, "y": typed(high), **fill}]


def faded(colour: str) -> str:
    """The colour, nearly transparent."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},0.13)"


def ends(look: Look, report: CompareReport, scale: Scale) -> list[dict[str, Any]]:
    """Each curve's name beside its end, moved apart where they would overlap."""
    found = []
    for rival, colour in zip(report.rivals, colours(look, report), strict=True):
        row = rival.flow.row / LN10
        end = float(np.clip(row[-1], scale.low, scale.high)) if np.isfinite(row[-1]) else scale.low
        found.append((end, len(row) - 1, rival.name, colour))
    gap, below = APART * 1.6 * (scale.high - scale.low), -np.inf
    words = []
    for end, x, name, colour in sorted(found):
        at = max(end, below + gap, scale.low + gap / 2)
        below = at
        words.append(label(look, name, x, at, colour, yanchor="middle", xshift=10))
    return words
