"""What many networks do against what a claim predicts, by lag and over the setting that is moved."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.claims import Swept
from explorer.figures.legend import DASHED, HEAVY, ROOM, legend
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    band_names,
    bands,
    curve,
    layout,
    note,
    power_axis,
    rounded_up,
    size_axis,
    typed,
)
from explorer.figures.theme import LINE, TITLE, Figure, Look, Trace
from explorer.reports.myths import MythReport
from explorer.wording import number, power

MARGIN = {"l": 66, "r": 14, "t": ROOM, "b": 48}
FILL = "rgba(130,140,150,0.28)"
TRUE = "rgba(0,150,110,0.16)"  # where the claim is true
OPEN = 5.0  # decades on either side while all is open
FAR = 12.0  # decades beyond what was measured that a prediction may stretch the scale


def curves(look: Look, report: MythReport) -> Figure:
    """The claim's prediction by lag, dashed, and once the card is turned over what the networks did."""
    if report.card == "direction":
        return cosines(look, report)
    scale, x = scale_of(report), report.found.x
    dashed = {"color": look.accents[4], "width": LINE, "dash": "dash"}
    traces = curve(x, report.claimed(), scale, name="the claim", colour=look.accents[4], line=dashed)
    if not report.covered:
        low, middle, high = report.band()
        own = look.cells[report.e.cell]
        median = curve(x, middle, scale, name=f"median of {report.networks}", colour=own, meta="main")
        traces = [*ribbon(x, low, high, scale), *traces, *median]
    words = [*band_names(look, scale.low, scale.high), names(look, report)]
    x_axis = axis(look, "lag t − k (steps)", range=[0, max(float(x[-1]), 1.0)])
    title = "part of the last one’s size" if report.card == "capping" else y_title(report)
    y_axis = axis_for(look, title, scale)
    shapes = bands(look, scale.low, scale.high)
    return {
        "data": traces,
        "layout": layout(look, x_axis, y_axis, shapes=shapes, annotations=words, margin=MARGIN),
    }


def y_title(report: MythReport) -> str:
    """What the sizes by lag are."""
    if report.card == "eigenvalues":
        return "largest gain ‖Wⁿ‖₂"
    state = "c" if report.card == "forget_gates" else "h"
    return f"average gain of ∂{state}<sub>t</sub>/∂{state}<sub>k</sub>"


def names(look: Look, report: MythReport) -> dict[str, Any]:
    """The row that names the lines; a question mark for the one not yet drawn."""
    own = look.cells[report.e.cell]
    median = (HEAVY, f"{report.networks} networks, median", own)
    if report.covered:
        median = ("", f"{report.networks} networks: ?", look.muted)
    return legend(look, [median, (DASHED, f"the claim: {report.on_table.predicts}", look.accents[4])])


def scale_of(report: MythReport) -> Scale:
    """A range that holds what was measured, and the claim as far as it leaves that readable.

    Before the answer it holds the claim and room for every verdict, so that it gives nothing away.
    """
    least, most = extent(report.claimed())
    if report.covered:
        return Scale(-rounded_up(max(-least, OPEN)), rounded_up(max(most, OPEN)))
    below, _, above = report.band()
    low, high = extent(np.concatenate([below, above]))
    low, high = min(low, max(least, low - FAR)), max(high, min(most, high + FAR))
    if high - low < 0.7:
        return Scale(low - 0.35, high + 0.35)
    return Scale(-rounded_up(max(-low, 0.3)), rounded_up(max(high, 0.3)))


def extent(ln: Array) -> tuple[float, float]:
    """log₁₀ of the smallest and the largest size above zero, 1 among them."""
    finite = ln[np.isfinite(ln)] / LN10
    return float(min(finite.min(initial=0.0), 0.0)), float(max(finite.max(initial=0.0), 0.0))


def axis_for(look: Look, title: str, scale: Scale) -> dict[str, Any]:
    """An axis in powers of ten, or in plain sizes where it spans few."""
    wide = scale.high - scale.low > 2.2
    return (power_axis if wide else size_axis)(look, title, scale.low, scale.high)


def ribbon(x: Array, low: Array, high: Array, scale: Scale) -> list[Trace]:
    """The band between 10 % and 90 % of the networks; exact zeros lie at the bottom of the scale."""
    edge = {"type": "scatter", "mode": "lines", "x": typed(x), "line": {"width": 0}, "hoverinfo": "skip"}
    below, above = (np.clip(ln / LN10, scale.low, scale.high) for ln in (low, high))
    return [
        {**edge, "y": typed(below), "name": "10 % of the networks lie below"},
        {**edge, "y": typed(above), "name": "10 % lie above", "fill": "tonexty", "fillcolor": FILL},
    ]


def cosines(look: Look, report: MythReport) -> Figure:
    """The cosine between before and after over the threshold, and the claim's 1."""
    low, middle, high = report.band()
    x = np.log10(report.found.x)
    line = {"type": "scatter", "mode": "lines", "x": typed(x)}
    edge = {**line, "line": {"width": 0}, "hoverinfo": "skip"}
    claim = {
        **line, "y": typed(report.claimed()), "name": "the claim", "hoverinfo": "name",
        "line": {"color": look.accents[4], "width": LINE, "dash": "dash"},
    }  # fmt: skip
    measured = [
        {**edge, "y": typed(low), "name": "10 % of the networks lie below"},
        {**edge, "y": typed(high), "name": "10 % lie above", "fill": "tonexty", "fillcolor": FILL},
        {
            **line, "y": typed(middle), "name": "median", "meta": "main",
            "line": {"color": look.cells[report.e.cell], "width": LINE},
            "hovertemplate": "cosine %{y:.3f}<extra></extra>",
        },
    ]  # fmt: skip
    bottom = 0.0 if report.covered else max(min(0.9, float(low.min()) - 0.05), -1.0)
    x_axis = size_axis(look, "threshold ÷ largest entry", float(x[0]), float(x[-1]))
    y_axis = axis(look, "cosine between before and after", range=[bottom, 1.03])
    here = upright(look, float(np.log10(report.share)))
    changes = {"shapes": [here], "annotations": [names(look, report)], "margin": MARGIN}
    traces = [claim] if report.covered else [measured[0], measured[1], claim, measured[2]]
    return {"data": traces, "layout": layout(look, x_axis, y_axis, **changes)}


def upright(look: Look, x: float) -> dict[str, Any]:
    """The line where we are."""
    return {
        "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x,
        "line": {"color": look.threshold, "width": 2, "dash": "dash"},
    }  # fmt: skip


def sweep(look: Look, report: MythReport) -> Figure:
    """The score over the setting that is moved, the values at which the claim is true shaded."""
    own, swept = look.cells[report.e.cell], report.swept
    if swept is None:
        return too_large(look)
    x = swept.values
    if report.card == "direction":
        scale = Scale(min(0.5, float(swept.middle.min()) - 0.05), 1.03)
        traces = [plain(x, swept.middle, own)]
        y, shapes = axis(look, report.score_title(), range=[scale.low, scale.high]), []
    else:
        scale = whole_scale(swept.low, swept.high)
        traces = ribbon(x, swept.low, swept.high, scale)
        traces += curve(x, swept.middle, scale, name="median", colour=own)
        y, shapes = axis_for(look, report.score_title(), scale), bands(look, scale.low, scale.high)
    traces.append(mark(look, report, scale))
    ends = [min(float(x[0]), report.here), max(float(x[-1]), report.here)]
    room = 0.03 * (ends[1] - ends[0])
    x_axis = axis(look, report.control_label(), range=[ends[0] - room, ends[1] + room])
    shapes = [*shapes, *true_ranges(report), upright(look, report.here)]
    changes = {"shapes": shapes, "annotations": [shading(look, swept)], "margin": MARGIN}
    return {"data": traces, "layout": layout(look, x_axis, y, **changes)}


def whole_scale(low: Array, high: Array) -> Scale:
    """A range of whole decades that holds both; it stays while the setting is moved."""
    least, most = extent(np.concatenate([low, high]))
    if most - least < 0.7:
        return Scale(least - 0.35, most + 0.35)
    return Scale(float(np.floor(least * 1.04)), float(np.ceil(most * 1.04)))


def plain(x: Array, y: Array, colour: str) -> Trace:
    """A line of numbers that are no sizes."""
    return {
        "type": "scatter", "mode": "lines", "x": typed(x), "y": typed(y), "name": "median",
        "line": {"color": colour, "width": LINE}, "hovertemplate": "%{y:.3f} at %{x}<extra></extra>",
    }  # fmt: skip


def mark(look: Look, report: MythReport, scale: Scale) -> Trace:
    """Where we are, on the networks of the main figure."""
    middle, direction = report.found.middle, report.card == "direction"
    height = middle if direction else float(np.clip(middle / LN10, scale.low, scale.high))
    said = number(middle, 3) if direction else power(middle)
    return {
        "type": "scatter", "mode": "markers", "x": [report.here], "y": [height], "name": "here",
        "marker": {"size": 13, "color": look.threshold, "line": {"width": 2, "color": look.background}},
        "hovertemplate": f"here: {said}<extra></extra>",
    }  # fmt: skip


def true_ranges(report: MythReport) -> list[dict[str, Any]]:
    """Shapes behind the values at which the claim is true, each as far as half way to the next value."""
    swept = report.swept
    if swept is None:
        return []
    x = swept.values
    edges = np.concatenate([x[:1], (x[1:] + x[:-1]) / 2, x[-1:]])
    return [
        {
            "type": "rect", "yref": "paper", "y0": 0, "y1": 1, "fillcolor": TRUE, "line": {"width": 0},
            "x0": float(edges[i]), "x1": float(edges[i + 1]), "layer": "below",
        }
        for i, holds in enumerate(swept.holds)
        if holds
    ]  # fmt: skip


def shading(look: Look, swept: Swept) -> dict[str, Any]:
    """What the shading means."""
    words = "■ the claim is true" if any(swept.holds) else "the claim is true at none of these"
    named = f'<span style="color:{look.accents[1]}"><b>{words}</b></span>'
    return note(look, named, 0.0, 1.0, yref="paper", yanchor="bottom") | {"font": {"size": TITLE}}


def too_large(look: Look) -> Figure:
    """Nothing but the reason why there is nothing."""
    empty = {"visible": False, "range": [0, 1]}
    words = [note(look, "Too large a network for many values:<br>choose a smaller T or H.", 0.05, 0.5)]
    return {"data": [], "layout": layout(look, empty, empty, annotations=words, margin=MARGIN)}
