"""What reaches the source word by filler words, each step's factor, saturation, and the two horizon maps."""

from typing import Any

import numpy as np

from explorer.activations import ACTIVATIONS
from explorer.figures.gradient_flow import masked
from explorer.figures.naming import Named, Plot, names
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    bands,
    curve,
    escaped,
    label,
    layout,
    note,
    power_axis,
    power_bar,
    scale_of,
    typed,
)
from explorer.figures.theme import DECADES, DIRECT, Figure, Look, Trace
from explorer.reports.forgetting import ForgettingReport
from explorer.wording import number

LONG = 30  # letters that fit into one line
SHORT = {"tanh": "tanh", "sigmoid": "σ"}
MARGIN = {"l": 66, "r": 14, "t": 12, "b": 48}


def inks(look: Look) -> tuple[str, str]:
    """The colours of both lanes: RNN, LSTM."""
    return look.cells["rnn"], look.cells["lstm"]


def gain(look: Look, report: ForgettingReport) -> Figure:
    """The part of the last word's gradient that reaches the source, over the number of fillers."""
    N = len(report.lanes[0].gain)
    n = np.arange(N, dtype=np.float64)
    scale = scale_of([lane.gain for lane in report.lanes], least=3.0)
    traces: list[Trace] = []
    for lane, colour in zip(report.lanes, inks(look), strict=True):
        traces += curve(n, lane.gain, scale, name=lane.name, colour=colour, meta="main")
    ends = (-0.5, max(N - 0.5, 1.0))
    named = [Named(n, lane.gain, in_lines(f"{lane.name}: {lane.halves()}"), colour)
             for lane, colour in zip(report.lanes, inks(look), strict=True)]  # fmt: skip
    words = names(look, Plot(scale, ends), named, report.fillers)
    x = axis(look, "filler words n", range=list(ends))
    y_axis = power_axis(look, "part left at the source", scale.low, scale.high)
    here = {
        "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": report.fillers, "x1": report.fillers,
        "line": {"color": look.threshold, "width": 2, "dash": "dash"},
    }  # fmt: skip
    shapes = [*bands(look, scale.low, scale.high), here]
    drawn = layout(look, x, y_axis, shapes=shapes, annotations=words, margin=MARGIN)
    return {"data": traces, "layout": drawn}


def in_lines(name: str) -> tuple[str, ...]:
    """A name with its half-life, in two lines where one would go across the whole plot."""
    head, life = name.split(": ")
    return (name,) if len(name) <= LONG else (f"{head}:", life)


def factors(look: Look, report: ForgettingReport) -> Figure:
    """What each step multiplies the error signal by on its way back, both networks, on a log axis."""
    k = np.arange(1, report.T + 1, dtype=np.float64)
    decades = np.concatenate([lane.factor[np.isfinite(lane.factor)] for lane in report.lanes]) / LN10
    scale = Scale(np.floor(np.min(decades, initial=-0.9)), np.ceil(np.max(decades, initial=0.9)))
    traces: list[Trace] = []
    words: list[dict[str, Any]] = []
    first, second = (lane.typical_factor(report.source) for lane in report.lanes)
    sides = ("top", "bottom") if first > second else ("bottom", "top")
    for lane, colour, side in zip(report.lanes, inks(look), sides, strict=True):
        drawn = curve(k, lane.factor, scale, name=lane.name, colour=colour, meta="main")
        drawn[0] |= {"mode": "lines+markers", "marker": {"size": 6, "color": colour}}
        drawn[0]["line"] = {"color": colour, "width": 2}
        traces += drawn
        text = f"{lane.name}: {number(lane.typical_factor(report.source), 2)} a step"
        height = 0.03 if side == "bottom" else 0.97
        words.append(label(look, text, 0.02, height, colour, xref="paper", yref="paper", yanchor=side))
    between = {
        "type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": report.source + 0.5, "x1": report.T + 0.5,
        "fillcolor": "rgba(130,140,150,0.14)", "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
    x = axis(look, "step k", range=[0.5, report.T + 0.5])
    y = power_axis(look, "factor of step k", scale.low, scale.high, most=5)
    shapes = [*bands(look, scale.low, scale.high)[:1], between]
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=MARGIN)}


def slopes(look: Look, report: ForgettingReport) -> Figure:
    """tanh′ and sigmoid′ (and the run's own φ′) over the pre-activation, the run's units as a histogram."""
    spread = report.spread
    centres = (spread.edges[1:] + spread.edges[:-1]) / 2
    share = spread.share[0]
    tallest = float(share.max()) or 1.0
    own = report.lanes[0].name.removesuffix(" RNN")
    traces: list[Trace] = [
        {
            "type": "bar", "x": typed(centres), "y": typed(share / tallest * 0.5),
            "customdata": typed(100 * share), "marker": {"color": look.muted, "opacity": 0.45},
            "name": "units", "hovertemplate": "%{customdata:.1f} % of all units and steps at a = %{x:.2f}"
            "<extra></extra>",
        }
    ]  # fmt: skip
    words = []
    for name, colour, at in (("tanh", look.accents[0], 0.75), ("sigmoid", look.accents[3], 1.7)):
        kind = ACTIVATIONS[name]
        traces.append(slope_curve(f"{name}′", spread.a, kind.dphi(spread.a), colour))
        y = float(kind.dphi(np.array([at]))[0])
        words.append(label(look, f"{SHORT[name]}′ ≤ {number(kind.max_slope)}", at, y, colour, xshift=6))
    if own not in ("tanh", "sigmoid"):
        traces.append(slope_curve(f"{own}′", spread.a, spread.slope[0], look.accents[2]))
        words.append(
            label(look, f"{own}′ ≤ {number(report.steepest)}", float(spread.edges[-1]), 1.0, look.accents[2],
                  xanchor="right")
        )  # fmt: skip
    x = axis(look, "pre-activation a", range=[spread.edges[0], spread.edges[-1]])
    y_axis = axis(look, "slope φ′(a)", range=[0, 1.12], nticks=5)
    return {"data": traces, "layout": layout(look, x, y_axis, annotations=words, margin=MARGIN, bargap=0.05)}


def slope_curve(name: str, a: Any, slope: Any, colour: str) -> Trace:
    """φ′ as a line."""
    return {
        "type": "scatter", "mode": "lines", "x": typed(a), "y": typed(slope), "name": name,
        "line": {"color": colour, "width": 3},
        "hovertemplate": f"{name}(%{{x:.2f}}) = %{{y:.3g}}<extra></extra>",
    }  # fmt: skip


def horizon_maps(look: Look, report: ForgettingReport) -> Figure:
    """Both horizon maps side by side on one scale: source k to the right, target t downwards."""
    last, T = float(report.maps[0].steps[-1]), report.T
    across = axis(look, "source step k", range=[-0.5, last + 0.5], showgrid=False, nticks=4)
    domains = ((0.0, 0.48), (0.52, 1.0))
    traces, words, rings = [], [], []

    for i, (found, lane) in enumerate(zip(report.maps, report.lanes, strict=True)):
        steps, name = typed(found.steps), ("x", "x2")[i]
        traces.append(
            {
                "type": "heatmap", "x": steps, "y": steps, "z": typed(masked(found.log_norm)),
                "zmin": -DECADES, "zmax": DECADES, "colorscale": look.diverging, "showscale": i == 0,
                "colorbar": power_bar(look, "average gain"), "hoverongaps": False, "name": lane.name,
                "xaxis": name, "hovertemplate": f"{lane.name}, from step t = %{{y}} back to k = %{{x}}: "
                "10<sup>%{z:.2f}</sup><extra></extra>",
            }
        )  # fmt: skip
        font = {"size": DIRECT, "color": inks(look)[i]}
        words.append(
            note(look, f"<b>{escaped(lane.name)}</b>", domains[i][1] - 0.01, 0.98, yref="paper", font=font,
                 xanchor="right", yanchor="top")
        )  # fmt: skip
        rings.append(ring(look, report.source, T, name))
    y = axis(look, "target step t", range=[last + 0.5, -0.5], showgrid=False, nticks=5)
    axes = {"xaxis2": {**across, "domain": domains[1], "anchor": "y"}}
    first = {**across, "domain": domains[0]}
    return {
        "data": [*traces, *rings],
        "layout": layout(look, first, y, annotations=words, margin={**MARGIN, "r": 6}, **axes),
    }


def ring(look: Look, source: int, T: int, name: str) -> Trace:
    """A ring at (source, last step)."""
    return {
        "type": "scatter", "mode": "markers", "x": [source], "y": [T], "xaxis": name, "cliponaxis": False,
        "marker": {"symbol": "circle-open", "size": 17, "color": look.ink, "line": {"width": 3}},
        "hoverinfo": "skip", "name": "the chosen pair",
    }  # fmt: skip


def why(look: Look, report: ForgettingReport) -> Figure:
    """The reason on display: the slope of φ, or the factor of every step."""
    return (slopes if report.settings.why == "slope" else factors)(look, report)
