"""Curves by lag of all remedies, units that pass nothing, norms before and after capping, and every gain."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.legend import DASHED, HEAVY, ROOM, legend
from explorer.figures.naming import Named, Plot, corners, names
from explorer.figures.parts import (
    LN10,
    axis,
    bands,
    curve,
    layout,
    note,
    power_axis,
    scale_of,
    typed,
)
from explorer.figures.theme import DIRECT, Figure, Look, Trace
from explorer.reports.remedies import RemediesReport
from explorer.wording import percent, power

MARGIN = {"l": 66, "r": 14, "t": 12, "b": 48}


def colours(look: Look) -> dict[str, str]:
    """One colour for each network, the same in every figure; the last is the capped baseline's."""
    return {
        "tanh": look.cells["rnn"], "ReLU": look.accents[3], "LSTM": look.cells["lstm"],
        "tanh, capped": look.accents[4],
    }  # fmt: skip


def curves(look: Look, report: RemediesReport) -> Figure:
    """‖part of ∂E/∂W‖ by lag T − k for all networks, and for the baseline capped, on one log axis."""
    lines = {name: one.parts for name, one in report.treated.items()}
    lines["tanh, capped"] = report.baseline.capped
    scale = scale_of([ln[2:] for ln in lines.values()], least=3.0)
    plot = Plot(scale, (-0.5, max(report.T - 0.5, 1.0)))
    heights = []
    traces: list[Trace] = []
    for name, ln in lines.items():
        lag = np.arange(len(ln) - 1, dtype=np.float64)
        drawn = curve(lag, ln[:0:-1], scale, name=name, colour=colours(look)[name])
        heights.append(plot.heights(lag, ln[:0:-1]))
        dashed = name == "tanh, capped"
        drawn[0]["line"] |= {"width": 3.0 if dashed else 3.5, "dash": "dash" if dashed else "solid"}
        drawn[0] |= {} if dashed else {"meta": "main"}
        traces += drawn
    marks = {name: DASHED if name == "tanh, capped" else HEAVY for name in lines}
    named = legend(look, [(marks[name], name, colours(look)[name]) for name in lines])
    words = [*corners(look, scale, heights)[0], named]
    if any(np.isneginf(ln[1:]).sum() > 1 for ln in lines.values()):
        words[0] |= {"yshift": 18}  # above the marks of exact zeros
    x = axis(look, "lag T − k (steps)", range=list(plot.ends))
    y = power_axis(look, "‖part of ∂E/∂W through step k‖", scale.low, scale.high)
    shapes = bands(look, scale.low, scale.high)
    margin = {**MARGIN, "t": ROOM}
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=margin)}


def units(look: Look, report: RemediesReport) -> Figure:
    """Shares of ReLU units that are off and that never fire, and of saturated tanh units, by step."""
    off, never = 100 * report.units.off, 100 * float(report.units.never.mean())
    k = np.arange(1.0, max(len(off), len(report.units.saturated)) + 1)
    ink = colours(look)
    traces = [
        share_line(k[: len(off)], off, ink["ReLU"], "ReLU units off"),
        share_line(
            k[: len(off)], np.full(len(off), never), ink["ReLU"], "ReLU units that never fire", dash="dot"
        ),
        share_line(
            k[: len(report.units.saturated)],
            100 * report.units.saturated,
            ink["tanh"],
            "tanh units saturated",
        ),
    ]
    x = axis(look, "step t", range=[0.5, len(k) + 0.5], nticks=5)
    y = axis(look, "% of units", range=[-3, 103], tickvals=[0, 50, 100])
    margin = {**MARGIN, "t": 2 * ROOM - 20}
    shares = layout(look, x, y, annotations=[shares_in_words(look, report)], margin=margin)
    return {"data": traces, "layout": shares}


def shares_in_words(look: Look, report: RemediesReport) -> dict[str, Any]:
    """The means of the lines of `units`, in two rows above the plot."""
    units, ink = report.units, colours(look)
    dead = f"{units.never.sum()} of {len(units.never)}"
    rows = (
        (f"ReLU off: {percent(float(units.off.mean()))}, never on: {dead}", ink["ReLU"]),
        (f"tanh saturated: {percent(float(units.saturated.mean()))}", ink["tanh"]),
    )
    text = "<br>".join(f'<span style="color:{colour}"><b>{words}</b></span>' for words, colour in rows)
    corner = {"xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom", "align": "right"}
    return note(look, text, 1.0, 1.0, **corner)


def share_line(k: Array, share: Array, colour: str, name: str, dash: str = "solid") -> Trace:
    """One share over the steps."""
    return {
        "type": "scatter", "mode": "lines", "x": typed(k), "y": typed(share), "name": name,
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": f"{name} at step %{{x}}: %{{y:.0f}} %<extra></extra>",
    }  # fmt: skip


def norms(look: Look, report: RemediesReport) -> Figure:
    """‖g‖ of every network before (pale) and after capping, on a log axis, the threshold as a line."""
    pairs = [one.norms for one in report.treated.values()]
    logs = np.array(pairs) / LN10
    shown = np.where(np.isfinite(logs), logs, np.nan)
    threshold = float(np.log10(report.threshold))
    high = max(float(np.nanmax(shown, initial=0.0)), threshold)
    low = min(float(np.nanmin(shown, initial=0.0)), threshold)
    high, low = high + max(0.9, 0.22 * (high - low)), low - 0.8  # room for the numbers on the bars
    ink = [colours(look)[name] for name in report.treated]
    traces: list[Trace] = []
    for i, (words, opacity) in enumerate((("before", 0.35), ("after", 1.0))):
        traces.append(
            {
                "type": "bar", "x": list(report.treated), "y": typed(shown[:, i] - low), "base": low,
                "name": words, "marker": {"color": ink, "opacity": opacity}, "textangle": 0,
                "text": [power(pair[i]) for pair in pairs], "textposition": "outside", "cliponaxis": False,
                "constraintext": "none",
                "textfont": {"size": DIRECT - 5},
                "hovertemplate": f"%{{x}} {words}: ‖g‖ = %{{text}}<extra></extra>",
            }
        )  # fmt: skip
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": threshold, "y1": threshold,
        "line": {"color": look.threshold, "width": 2.5, "dash": "dash"},
    }  # fmt: skip
    x = axis(look, "", type="category")
    y = power_axis(look, "‖g‖ before, after", low, high, most=5)
    grouped = layout(look, x, y, shapes=[line], margin=MARGIN, bargap=0.2, bargroupgap=0.08, barmode="group")
    return {"data": traces, "layout": grouped}


def sweep(look: Look, report: RemediesReport) -> Figure:
    """What is left at step 1 of the last error over the gain, median of seeds, our gain marked."""
    swept = report.sweep
    scale = scale_of(list(swept.left.values()), least=3.0)
    traces: list[Trace] = []
    for name, left in swept.left.items():
        drawn = curve(swept.gains, left, scale, name=name, colour=colours(look)[name])
        drawn[0]["line"]["width"] = 3
        traces += drawn
    low, high = float(swept.gains[0]) - 0.1, max(float(swept.gains[-1]), report.gain) + 0.1
    named = [Named(swept.gains, left, (name,), colours(look)[name]) for name, left in swept.left.items()]
    words = names(look, Plot(scale, (low, high)), named, report.gain)
    here: dict[str, Any] = {
        "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": report.gain, "x1": report.gain,
        "line": {"color": look.threshold, "width": 2, "dash": "dash"},
    }  # fmt: skip
    x = axis(look, "gain g", range=[low, high])
    y = power_axis(look, f"left after {swept.T} steps", scale.low, scale.high, most=5)
    shapes = [*bands(look, scale.low, scale.high), here]
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=MARGIN)}
