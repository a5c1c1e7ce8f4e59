"""Where pre-activations fall on φ and φ′, and the slope of every unit at every step."""

from itertools import pairwise
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import LN10, axis, colour_bar, label, layout, mode_for, note, typed
from explorer.figures.theme import LINE, TEXT, Figure, Look, Trace
from explorer.reports.layers import Layer
from explorer.reports.saturation import SaturationReport
from explorer.wording import percent, ten_to

MARGIN = {"l": 62, "r": 14, "t": 8, "b": 46}
GAP = 0.05  # between the rows of a figure, as a share of its height
FAINTEST = -4.0  # log₁₀ of the slope at the end of the colour scale; below it hovering tells
UPPER = 0.26  # the share of the slope map's height that the curves over it take
SYMBOLS = {"g": "c̃"}  # how a symbol is written, where it is not written as itself
MOST_MARKS = 400  # exact zeros marked in a map


def colour_of(look: Look, layer: Layer) -> str:
    """A gate's own colour, ink for the units of an RNN."""
    return look.symbols[layer.symbol]


def rows_of(report: SaturationReport) -> list[tuple[float, float]]:
    """The vertical share of each layer, first on top; one whose φ goes below 0 gets more."""
    weights = np.array([1.5 if np.any(phi < 0) else 1.0 for phi in report.spread.phi])
    ends = np.concatenate([[0.0], np.cumsum(weights / weights.sum())]) * (1.0 + GAP)
    return [(float(1.0 - end + GAP), float(1.0 - start)) for start, end in pairwise(ends)]


def spread(look: Look, report: SaturationReport) -> Figure:
    """φ (dotted) and φ′ (solid) over the pre-activations of this run, saturated ones blue; a row a layer."""
    limit = float(report.spread.edges[-1])
    rows = rows_of(report)
    x = axis(
        look, "pre-activation a", range=[-limit, limit], anchor=f"y{len(rows)}" if len(rows) > 1 else "y"
    )
    drawn = layout(look, x, {}, margin={**MARGIN, "l": 56}, bargap=0.04)
    traces: list[Trace] = []
    words: list[dict[str, Any]] = []
    for i, domain in enumerate(rows):
        name = "y" if i == 0 else f"y{i + 1}"
        low = -1.1 if np.any(report.spread.phi[i] < 0) else 0.0
        ticks = [-1, 0, 1] if low else [0, 1]
        title = "φ, φ′" if len(rows) == 1 else SYMBOLS.get(report.layers[i].symbol, report.layers[i].symbol)
        drawn[f"yaxis{name[1:]}"] = axis(look, title, domain=domain, range=[low, 1.15], tickvals=ticks)
        traces += layer_traces(look, report, i, name)
        words += layer_words(look, report, i, name)
    return {"data": traces, "layout": {**drawn, "annotations": words}}


def layer_traces(look: Look, report: SaturationReport, i: int, name: str) -> list[Trace]:
    """One layer's distribution as bars, scaled to the row, with φ and φ′ on top."""
    found, one = report.spread, report.layers[i]
    share = found.share[i]
    bars: Trace = {
        "type": "bar",
        "x": typed((found.edges[1:] + found.edges[:-1]) / 2),
        "y": typed(0.92 * share / max(float(share.max()), 1e-300)),
        "customdata": typed(100 * share),
        "marker": {"color": [look.vanish_ink if flat else look.muted for flat in found.flat[i]]},
        "opacity": 0.5,
        "yaxis": name,
        "name": one.name,
        "hovertemplate": f"{one.name}, a near %{{x:.2f}}: %{{customdata:.2g}} % of all values<extra></extra>",
    }
    line: Trace = {"type": "scatter", "mode": "lines", "x": typed(found.a), "yaxis": name}
    return [
        bars,
        {
            **line, "y": typed(found.phi[i]), "name": "φ",
            "line": {"color": look.ink, "width": 2, "dash": "dot"},
            "hovertemplate": f"{one.activation.label}(%{{x:.2f}}) = %{{y:.3f}}<extra></extra>",
        },
        {
            **line, "y": typed(found.slope[i]), "name": "φ′",
            "line": {"color": colour_of(look, one), "width": LINE},
            "hovertemplate": "φ′(%{x:.2f}) = %{y:.3g}<extra></extra>",
        },
    ]  # fmt: skip


def layer_words(look: Look, report: SaturationReport, i: int, name: str) -> list[dict[str, Any]]:
    """The layer's name and shares at the left, and what lies beyond the axis at the right."""
    one, beyond = report.layers[i], float(report.spread.beyond[i])
    alone = len(report.layers) == 1
    text = f"<b>{one.activation.label}</b><br>{one.sides()}" if alone else f"<b>{one.name}</b> {one.sides()}"
    high = {"yref": name, "yanchor": "top", "font": {"size": TEXT, "color": colour_of(look, one)}}
    words = [note(look, text, 0.012, 0.95 if alone else 1.12, align="left", **high)]
    if beyond >= 0.01:
        words.append(note(look, f"{percent(beyond)} beyond ▸", 0.99, 0.9, xanchor="right", **high))
    return [*words, *curve_names(look, report, name)] if alone else words


def curve_names(look: Look, report: SaturationReport, name: str) -> list[dict[str, Any]]:
    """The names of φ and φ′ beside their curves, φ where it is high, φ′ on its way down or far right."""
    a, phi, slope = report.spread.a, report.spread.phi[0], report.spread.slope[0]
    limit, colour = float(a[-1]), colour_of(look, report.layers[0])
    high = int(np.flatnonzero((phi <= 1.0) & (a <= 0.55 * limit))[-1])
    falls, odd = slope[-1] < 0.5 * slope.max(), phi[0] < 0
    left = int(np.flatnonzero((a < 0) & (slope <= 0.7 * slope.max()))[-1]) if falls else 0
    down = (left if odd else len(a) - 1 - left) if falls else int(0.8 * len(a))
    side = (
        {"xanchor": "right" if odd else "left", "xshift": -4 if odd else 4}
        if falls
        else {"xanchor": "center"}
    )
    return [
        label(look, "φ", float(a[high]), float(phi[high]), look.ink, yref=name, yanchor="top", xshift=4),
        label(look, "φ′", float(a[down]), float(slope[down]), colour, yref=name, **side),
    ]


def slopes(look: Look, report: SaturationReport) -> Figure:
    """The share of units saturated per step, and under it the slope of every unit at every step."""
    found = report.slopes
    steps: Array = np.asarray(found.first + (found.width - 1) / 2, dtype=np.float64)
    rows = len(found.log_slope)
    x = axis(look, "step t", range=[0.5, report.T + 0.5], showgrid=False, anchor="y")
    plain = {"domain": [0, 1 - UPPER - GAP], "range": [rows - 0.5, -0.5], "showgrid": False}
    y = axis(look, "unit", **plain, **unit_ticks(look, report))
    upper = axis(look, "share", domain=[1 - UPPER, 1], range=[0, 103], tickvals=[50, 100], ticksuffix=" %")
    traces = [slope_heat(look, report, steps), *slope_zeros(look, report, steps)]
    for one, share in zip(report.layers, found.saturated, strict=True):
        traces.append(
            {
                "type": "scatter",
                "mode": mode_for(steps),
                "x": typed(steps),
                "y": typed(100 * share),
                "yaxis": "y2",
                "line": {"color": colour_of(look, one), "width": 2.5, "shape": "hvh"},
                "name": one.name,
                "meta": "main",
                "hovertemplate": f"step %{{x}}: %{{y:.3g}} % of {one.name} {one.word}<extra></extra>",
            }
        )
    between = [i * report.H - 0.5 for i in range(1, len(report.layers))]
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at,
         "line": {"color": look.background, "width": 3}}
        for at in between
    ]  # fmt: skip
    drawn = layout(look, x, y, yaxis2=upper, shapes=shapes, margin={**MARGIN, "r": 6})
    return {"data": traces, "layout": drawn}


def unit_ticks(look: Look, report: SaturationReport) -> dict[str, Any]:
    """Units as numbers for one layer, else each layer's symbol in its colour in the middle of its rows."""
    if len(report.layers) == 1:
        return {"nticks": 6} if report.H > 6 else {"dtick": 1}
    return {
        "tickvals": [(i + 0.5) * report.H - 0.5 for i in range(len(report.layers))],
        "ticktext": [
            f'<span style="color:{colour_of(look, one)}"><b>{one.name}</b></span>' for one in report.layers
        ],
        "ticks": "",
    }


def slope_heat(look: Look, report: SaturationReport, steps: Array) -> Trace:
    """The slopes as a heat map in the shrinking half of the colours, a slope of 1 neutral."""
    log10 = np.maximum(report.slopes.log_slope / LN10, -1e6)
    names = np.repeat([one.name for one in report.layers], report.H)
    units = np.tile(np.arange(report.H), len(report.layers))
    ticks = [float(n) for n in range(int(FAINTEST), 1)]
    return {
        "type": "heatmap",
        "x": typed(steps),
        "y": typed(np.arange(len(log10))),
        "z": typed(log10),
        "zmin": FAINTEST,
        "zmax": 0,
        "colorscale": [(2 * at, colour) for at, colour in look.diverging if at <= 0.5],
        "colorbar": colour_bar(
            look, "slope φ′", tickvals=ticks, ticktext=[ten_to(int(n)) for n in ticks], len=1 - UPPER, y=0,
            yanchor="bottom",
        ),
        "text": [[f"{name}, unit {unit}"] * len(steps) for name, unit in zip(names, units, strict=True)],
        "hovertemplate": "%{text}, step %{x}<br>φ′ = 10<sup>%{z:.2f}</sup><extra></extra>",
    }  # fmt: skip


def slope_zeros(look: Look, report: SaturationReport, steps: Array) -> list[Trace]:
    """A sparse pattern of small circles where the slope is exactly zero."""
    where = np.argwhere(np.isneginf(report.slopes.log_slope))
    if not len(where):
        return []
    sparse = where[:: max(1, len(where) // MOST_MARKS) | 1]  # odd, so that no columns line up
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": typed(steps[sparse[:, 1]]),
            "y": typed(sparse[:, 0]),
            "marker": {"symbol": "circle-open", "size": 4, "color": look.background},
            "name": "exactly 0",
            "hovertemplate": "step %{x}: slope exactly 0<extra></extra>",
        }
    ]
