"""The units of one step of an LSTM, its gates with the held span, and how gradient and state answer."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.arrays import Array, Integers
from explorer.figures.film import MOST_FRAMES, Drawn, Frame
from explorer.figures.lstm import ORDER, strips
from explorer.figures.parts import (
    axis,
    bands,
    curve,
    label,
    layout,
    mode_for,
    note,
    power_axis,
    scale_of,
    typed,
)
from explorer.figures.strip import Strip, strip
from explorer.figures.theme import DIRECT, TEXT, Figure, Look, Trace
from explorer.lessons.gates import Surgery
from explorer.reports.gates import Bars, GatesReport, moved
from explorer.run import Run

MARGIN = {"l": 66, "r": 14, "t": 12, "b": 46}
BESIDE = {"l": 44, "r": 104, "t": 12, "b": 46}  # names stand on the right of their bars
GAP = 0.09
HANDLED: dict[str, dict[str, Any]] = {  # what a panel's plot answers to, and its caption
    "units": {
        "pick": {"x": "shown_unit"},
        "caption": "Click a unit to put its numbers into the equation.",
    },
    "gates": {
        "pick": {"x": "moment"},
        "brush": tuple(symbol if symbol in "fiog" else "" for symbol in ORDER),
        "caption": "Draw over a gate’s steps to hold it there, again to let go.",
        "detail": True,
    },
}
SIGNS = {"forget": ("⊙", "="), "add": ("⊙", "="), "state": ("+", "="), "output": ("⊙", "=")}


def units(look: Look, report: GatesReport) -> Figure:
    """Three rows of bars, unit by unit: two quantities and what they make; hollow marks are before."""
    height = (1 + GAP) / 3
    H = len(report.bars[0].values)
    x = axis(look, "unit", range=[0.4, H + 0.6], anchor="y3", showgrid=False)
    if H <= 16:
        x["dtick"] = 1
    drawn = layout(look, x, {}, margin=BESIDE, bargap=0.25)
    traces: list[Trace] = []
    words = []
    for row, bars in enumerate(report.bars):
        name = "y" if row == 0 else f"y{row + 1}"
        top = 1 - row * height
        low, high = row_range(bars)
        domain = [max(top - height + GAP, 0), top]
        drawn[f"yaxis{name[1:]}"] = axis(look, "", domain=domain, range=[low, high], nticks=3)
        traces += row_traces(look, report, bars, name)
        sign = "" if row == 0 else SIGNS[report.stage][row - 1] + " "
        colour = look.symbols[bars.symbol]
        words.append(
            note(look, f"<b>{sign}{bars.name}</b>", 1.01, sum(domain) / 2, yref="paper",
                 font={"size": TEXT, "color": colour})
        )  # fmt: skip
    return {"data": traces, "layout": {**drawn, "annotations": words}}


def row_range(bars: Bars) -> tuple[float, float]:
    """0 to 1 for a gate, else symmetric about 0, at least ±0.1."""
    if bars.name in "fio":
        return 0.0, 1.05
    largest = 1.1 * max(float(np.abs(bars.values).max()), float(np.abs(bars.before).max()), 0.09)
    return -largest, largest


def row_traces(look: Look, report: GatesReport, bars: Bars, name: str) -> list[Trace]:
    """The bars of one row, the unit in the equation in full colour, and the marks of before."""
    unit = np.arange(1, len(bars.values) + 1)
    strong = [1.0 if u == report.unit else 0.55 for u in unit]
    drawn: list[Trace] = [
        {
            "type": "bar",
            "x": typed(unit),
            "y": typed(bars.values),
            "yaxis": name,
            "marker": {"color": look.symbols[bars.symbol], "opacity": strong},
            "name": bars.name,
            "hovertemplate": f"unit %{{x}}: {bars.name} = %{{y:.3f}}<extra></extra>",
        }
    ]
    if report.pins:
        drawn.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": typed(unit),
                "y": typed(bars.before),
                "yaxis": name,
                "marker": {
                    "symbol": "line-ew",
                    "size": mark_size(unit),
                    "line": {"width": 2.5, "color": look.muted},
                },
                "name": f"{bars.name} before",
                "hovertemplate": "unit %{x}: before %{y:.3f}<extra></extra>",
            }
        )
    return drawn


def mark_size(unit: Integers) -> float:
    """The width of a mark over each bar, in pixels, so that marks of neighbours stay apart."""
    return max(3.0, min(16.0, 180.0 / len(unit)))


def gates(look: Look, report: GatesReport) -> Figure:
    """Units × time of gates and states, the step looked at and the held span framed."""
    figure = strips(look, report.strips)
    line = {"color": look.threshold, "width": 3}
    shapes: list[dict[str, Any]] = [
        {"type": "rect", "x0": report.t - 0.5, "x1": report.t + 0.5, "yref": "paper", "y0": 0, "y1": 1,
         "line": {"color": look.ink, "width": 1.6}},
    ]  # fmt: skip
    for pin in report.pins:
        row = ORDER.index(pin.gate)
        domain = figure["layout"]["yaxis" if row == 0 else f"yaxis{row + 1}"]["domain"]
        shapes.append(
            {"type": "rect", "x0": pin.first - 0.5, "x1": pin.last + 0.5, "yref": "paper",
             "y0": domain[0], "y1": domain[1], "line": line}
        )  # fmt: skip
    drawn = {**figure["layout"], "shapes": shapes, "dragmode": False}  # dragging holds a gate instead
    return {"data": figure["data"], "layout": drawn}


def answer(look: Look, report: GatesReport) -> Figure:
    """The gradient that reaches c at every step, and the size of c; dotted what both were before."""
    step = np.arange(1.0, report.T + 1)
    scale = scale_of([report.arriving, report.arriving_before], least=3.0)
    colour = look.symbols["c"]
    traces: list[Trace] = []
    if report.pins:
        before = curve(step, report.arriving_before, scale, name="gradient before", colour=look.muted)
        before.append(size_line(step, report.size_before, "size of c before", look.muted))
        traces += ghost(look, before)
    traces += curve(
        step, report.arriving, scale, name="gradient at c", colour=colour, meta="main", mode=mode_for(step)
    )
    traces.append(size_line(step, report.size, "size of c", look.ink))
    x = axis(look, "step t", range=[0.5, report.T + 0.5], anchor="y2")
    upper = power_axis(look, "‖∂E/∂c<sub>t</sub>‖", scale.low, scale.high, most=5, domain=[0.42, 1])
    lower = axis(look, "‖c<sub>t</sub>‖", domain=[0, 0.33], rangemode="tozero", nticks=4)
    shapes: list[dict[str, Any]] = [{**shape, "yref": "y"} for shape in bands(look, scale.low, scale.high)]
    words: list[dict[str, Any]] = []
    for begin, end in spans(report):
        shapes.append(
            {"type": "rect", "x0": begin, "x1": end, "yref": "paper", "y0": 0, "y1": 1,
             "fillcolor": look.threshold, "opacity": 0.12, "line": {"width": 0}, "layer": "below"}
        )  # fmt: skip
        words.append(
            label(look, "held", (begin + end) / 2, 0.375, look.threshold, yref="paper", xanchor="center",
                  yanchor="middle", font={"size": DIRECT - 2, "color": look.threshold})
        )  # fmt: skip
    drawn = layout(look, x, upper, yaxis2=lower, shapes=shapes, annotations=words, margin=MARGIN)
    return {"data": traces, "layout": drawn}


def spans(report: GatesReport) -> list[tuple[float, float]]:
    """Where any gate is held, as places on the axis of steps; spans that touch are one."""
    found: list[tuple[float, float]] = []
    for pin in sorted(report.pins, key=lambda pin: pin.first):
        begin, end = pin.first - 0.5, pin.last + 0.5
        if found and begin <= found[-1][1]:
            begin, end = found[-1][0], max(found.pop()[1], end)
        found.append((begin, end))
    return found


def unrolled(look: Look, report: GatesReport, tokens: Sequence[str]) -> Strip:
    """The cell-state line, as wide and as coloured as the gradient that reaches c."""
    says = f"read “{tokens[report.t]}”" if report.t < report.T else "the end"
    return replace(strip(look, tokens, report.arriving, report.t), player=says)


def frame(look: Look, report: GatesReport, tokens: Sequence[str]) -> Frame:
    """Strip and panels at the report's step; how gradient and state answer is the same at all."""
    panels = {
        "units": Drawn(f"Step {report.t}, unit by unit", units(look, report), report.units_alt()),
        "gates": Drawn("Gates and states at every step", gates(look, report), report.strips_alt()),
    }
    return Frame(unrolled(look, report, tokens), panels, report.finding())


def frames(look: Look, report: GatesReport, plain: Run, own: Surgery) -> Callable[[], list[Frame]]:
    """How to make the frames of all steps."""
    steps = range(1, report.T + 1) if report.T <= MOST_FRAMES else ()
    return lambda: [frame(look, moved(report, plain, own, t), plain.sequence.tokens) for t in steps]


def size_line(step: Array, size: Array, name: str, colour: str) -> Trace:
    """‖c_t‖ by step, on the lower axis."""
    return {
        "type": "scatter",
        "mode": mode_for(step),
        "x": typed(step),
        "y": typed(size),
        "yaxis": "y2",
        "line": {"color": colour, "width": 3},
        "name": name,
        "hovertemplate": f"step %{{x}}: {name} %{{y:.3g}}<extra></extra>",
    }


def ghost(look: Look, traces: list[Trace]) -> list[Trace]:
    """The same traces dotted and grey."""
    dotted = {"color": look.muted, "width": 2.5, "dash": "dot"}
    return [{**trace, "line": dotted} if "line" in trace else trace for trace in traces]
