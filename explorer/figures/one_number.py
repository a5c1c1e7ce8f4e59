"""Figures of a factor repeated: its size, what each float format makes of it, and each single step."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.legend import ROOM, legend
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    band_names,
    bands,
    curve,
    label,
    layout,
    lowered,
    note,
    power_axis,
    scale_of,
    typed,
)
from explorer.figures.theme import LINE, TEXT, Figure, Look, Trace
from explorer.precision import FORMATS, INFINITE, SUBNORMAL, ZERO
from explorer.reports.one_number import WORDS, RepeatedReport

NAMES = {
    "number": ("w<sup>n</sup>", "n, how often multiplied", "size"),
    "matrix": ("largest gain of W<sup>n</sup>", "n, how often multiplied", "largest gain"),
    "network": ("error signal", "steps sent back", "part left"),
}
MOST_BARS = 200  # of single steps; more are drawn as an area, which takes the browser far less
FACTOR = "step %{x}: times %{customdata:.4g}<extra></extra>"
WIDTH = 0.023  # of a narrow panel's width that one letter takes


def size(look: Look, report: RepeatedReport) -> Figure:
    """The true size after n factors, the promise of one number dashed, and where formats fail."""
    name, x_title, y_title = NAMES[report.stage]
    n = np.arange(report.n + 1.0)
    scale = scale_of([report.log_size], least=1.0)
    traces: list[Trace] = []
    words = [*band_names(look, scale.low, scale.high)]
    for (promise, ln), colour in zip(report.promises.items(), look.accents[2:], strict=False):
        dashed = curve(n, ln, scale, name=promise, colour=colour)
        dashed[0]["line"] = {"color": colour, "width": 2, "dash": "dash"}
        traces.append(dashed[0])
        words += named(look, Line(lowered(promise), ln, colour, 0.9), scale)
    traces += curve(n, report.log_size, scale, name=name, colour=look.ink, meta="main")
    words += named(look, Line(name, report.log_size, look.ink, 0.5), scale)
    ends, shapes = format_ends(look, report, scale)
    x = axis(look, x_title, range=[0, max(1, report.n)])
    y = power_axis(look, y_title, scale.low, scale.high)
    shapes = [*bands(look, scale.low, scale.high), *shapes]
    return {
        "data": [*traces, *ends],
        "layout": layout(look, x, y, shapes=shapes, annotations=[*words, *end_names(look, report, scale)]),
    }


@dataclass(frozen=True)
class Line:
    """A curve that is to be named: its ln values (n + 1,), and how far along it the name stands."""

    text: str
    ln: Array
    colour: str
    share: float


def named(look: Look, line: Line, scale: Scale) -> list[dict[str, Any]]:
    """A curve's name in the free corner beside it; none where nothing of it lies on the scale."""
    decades = line.ln / LN10
    inside = np.flatnonzero(np.isfinite(decades) & (decades >= scale.low) & (decades <= scale.high))
    if not len(inside):
        return []
    at = int(inside[round(line.share * (len(inside) - 1))])
    value = float(decades[at])
    left = at > 0.6 * (len(line.ln) - 1)
    rises = decades[inside[-1]] > decades[inside[0]]
    height = (value - scale.low) / (scale.high - scale.low)
    below = height > 0.85 or (rises != left and height > 0.15)
    return [
        label(look, line.text, at, value, line.colour, xanchor="right" if left else "left",
              yanchor="top" if below else "bottom", yshift=-6 if below else 6, xshift=-8 if left else 8)
    ]  # fmt: skip


def ends_shown(report: RepeatedReport, scale: Scale) -> list[tuple[str, float, int]]:
    """(format, log₁₀ of its end, kind) for each end of a format that lies on the scale."""
    found = []
    for name, form in FORMATS.items():
        for place, kind in ((form.log10_least, ZERO), (form.log10_most, INFINITE)):
            if scale.low <= place <= scale.high:
                found.append((name, place, kind))
    return found


def format_ends(look: Look, report: RepeatedReport, scale: Scale) -> tuple[list[Trace], list[dict[str, Any]]]:
    """A thin line at each format's floor and ceiling, and a mark where the running product is lost there."""
    traces: list[Trace] = []
    shapes = []
    for name, place, kind in ends_shown(report, scale):
        shapes.append(
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": place, "y1": place,
             "line": {"color": look.threshold, "width": 1.2, "dash": "dot"}, "layer": "below"}
        )  # fmt: skip
        first = report.formats[name].first(kind)
        if first is not None:
            traces.append(mark(look, first, place, kind, name))
        faint = report.formats[name].first(SUBNORMAL)
        if kind == ZERO and faint is not None:
            traces.append(mark(look, faint, FORMATS[name].log10_normal, SUBNORMAL, name))
    return traces, shapes


def mark(look: Look, n: int, place: float, kind: int, name: str) -> Trace:
    """Where a format fails: hollow circle subnormal, hollow triangle exactly 0, full triangle inf."""
    symbol = {SUBNORMAL: "circle-open", ZERO: "triangle-down-open", INFINITE: "triangle-up"}[kind]
    words = f"{FORMATS[name].label}: {WORDS[kind]} from n = {n}"
    return {
        "type": "scatter", "mode": "markers", "x": [n], "y": [place], "name": words,
        "marker": {"symbol": symbol, "size": 13, "color": look.threshold, "line": {"width": 2.5}},
        "hovertemplate": f"{words}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip


def end_names(look: Look, report: RepeatedReport, scale: Scale) -> list[dict[str, Any]]:
    """The formats' names at their lines; formats whose ends nearly coincide share one."""
    ends = sorted(ends_shown(report, scale), key=lambda end: end[1])
    words: list[dict[str, Any]] = []
    apart, last, names = 0.06 * (scale.high - scale.low), -np.inf, ""
    for name, place, kind in ends:
        if place - last < apart and words:
            names = f"{names}, {FORMATS[name].label}"
            words[-1]["text"] = names
            continue
        names, last = FORMATS[name].label, place
        font = {"size": TEXT, "color": look.threshold}
        words.append(
            note(look, names, 0.995, place, xanchor="right", font=font,
                 yanchor="top" if kind == INFINITE else "bottom")
        )  # fmt: skip
    return words


def formats(look: Look, report: RepeatedReport) -> Figure:
    """One bar a format over n: held, subnormal, exactly 0 or inf, with the n where it changes."""
    fills = {0: look.grid, SUBNORMAL: look.muted, ZERO: look.vanish_ink, INFINITE: look.explode_ink}
    traces: list[Trace] = []
    words = []
    for row, (name, found) in enumerate(reversed(report.formats.items())):
        edges = [0, *(np.flatnonzero(np.diff(found.kind)) + 1), report.n + 1]
        for start, stop in pairwise(edges):
            kind = int(found.kind[start])
            said = WORDS.get(kind, "held")
            traces.append(
                {
                    "type": "bar", "orientation": "h", "base": [int(start)], "x": [int(stop - start)],
                    "y": [row],
                    "width": 0.62, "marker": {"color": fills[kind]}, "name": f"{name}: {said}",
                    "hovertemplate": f"{name}: {said}, n = {start} to {stop - 1}<extra></extra>",
                }
            )  # fmt: skip
            text = f"{said} from {start:,}" if kind else said
            if kind in (ZERO, INFINITE) and stop - start <= WIDTH * len(text) * (report.n + 1):
                short, held = f"{text.removeprefix('exactly ')} ", int(edges[1])
                if held > 2.5 * WIDTH * len(short) * (report.n + 1):  # beside "held", before what it tells
                    words.append(label(look, short, held, row, look.ink, xanchor="right",
                                       yanchor="middle", font={"size": TEXT, "color": look.ink}))  # fmt: skip
            elif stop - start > WIDTH * len(text) * (report.n + 1):
                ink = look.background if kind else look.ink
                words.append(label(look, text, (start + stop) / 2, row, ink, xanchor="center",
                                   yanchor="middle", font={"size": TEXT, "color": ink}))  # fmt: skip
    names = [FORMATS[name].label for name in reversed(report.formats)]
    x = axis(look, NAMES[report.stage][1], range=[0, report.n + 1], showgrid=False)
    y = axis(look, "format", tickvals=list(range(len(names))), ticktext=names,
             showgrid=False, range=[-0.6, 3.6])  # fmt: skip
    lost = [("■", said, fills[kind]) for kind, said in WORDS.items() if kind in kinds(report)]
    if lost:
        words.append(legend(look, lost))
    margin = {"l": 64, "r": 14, "t": ROOM if lost else 10, "b": 50}
    return {"data": traces, "layout": layout(look, x, y, annotations=words, barmode="overlay", margin=margin)}


def kinds(report: RepeatedReport) -> set[int]:
    """What becomes of a number in any format."""
    return {int(kind) for found in report.formats.values() for kind in np.unique(found.kind)}


def apart(ticks: tuple[float, ...], reach: float) -> list[float]:
    """The ticks within ±reach decades whose words do not touch, 1 always among them."""
    kept = [1.0]
    for tick in sorted(ticks, key=lambda t: abs(np.log10(t))):
        if abs(np.log10(tick)) <= reach and min(abs(np.log10(tick / k)) for k in kept) > 0.24 * reach:
            kept.append(tick)
    return kept


def factors(look: Look, report: RepeatedReport) -> Figure:
    """What each single step multiplied the size by: blue where it shrinks, red where it grows."""
    finite = report.factors[np.isfinite(report.factors)] / LN10
    reach = max(0.1, float(np.max(np.abs(finite), initial=0.0)) * 1.15)
    n = np.arange(1.0, report.n + 1)
    y = np.where(np.isfinite(report.factors), report.factors / LN10, np.nan)
    exact_line = {
        "type": "scatter", "mode": "lines", "x": [0, report.n], "y": [0, 0], "hoverinfo": "skip",
        "line": {"color": look.muted, "width": LINE / 2},
    }  # fmt: skip
    ticks = apart((0.1, 0.25, 0.5, 0.8, 0.9, 1, 1.1, 1.25, 2, 4, 10, 100), reach)
    x = axis(look, NAMES[report.stage][1], range=[0, report.n + 1])
    y_axis = axis(look, "times", range=[-reach, reach], tickvals=[float(np.log10(t)) for t in ticks],
                  ticktext=[f"{t:g}" for t in ticks])  # fmt: skip
    drawn = [bars(look, n, y)] if report.n <= MOST_BARS else areas(look, n, y)
    return {"data": [*drawn, exact_line], "layout": layout(look, x, y_axis, bargap=0.1)}


def bars(look: Look, n: Array, y: Array) -> Trace:
    """One bar a step from 1 to its factor, log₁₀ factors y (n,)."""
    colours = [look.explode_ink if value > 0 else look.vanish_ink for value in y]
    return {
        "type": "bar", "x": typed(n), "y": typed(y), "marker": {"color": colours, "line": {"width": 0}},
        "customdata": typed(10.0**y), "name": "factor of one step", "hovertemplate": FACTOR,
    }  # fmt: skip


def areas(look: Look, n: Array, y: Array) -> list[Trace]:
    """The same where the bars would be as thin as a line: one area of what shrinks, one of what grows."""
    return [
        {
            "type": "scatter", "mode": "lines", "x": typed(n), "y": typed(np.where(part, y, 0.0)),
            "line": {"shape": "hvh", "width": 0}, "fill": "tozeroy", "fillcolor": colour,
            "customdata": typed(10.0**y), "name": f"factor of one step, {word}",
            "hovertemplate": FACTOR if part.any() else "", "hoverinfo": "skip" if not part.any() else "all",
        }
        for word, part, colour in (
            ("shrinking", y < 0, look.vanish_ink), ("growing", y > 0, look.explode_ink)
        )
    ]  # fmt: skip
