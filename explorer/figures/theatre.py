"""Gradient norms over mini-batches, one gradient in its plane, its steps, and two trainings from one seed."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import (
    LN10,
    axis,
    curve,
    label,
    layout,
    note,
    power_axis,
    scale_of,
    size_axis,
    typed,
)
from explorer.figures.theme import TEXT, Figure, Look, Trace
from explorer.reports.theatre import TheatreReport
from explorer.training.course import History
from explorer.wording import number

MARGIN = {"l": 66, "r": 14, "t": 12, "b": 46}
APART = "&nbsp;" * 4  # between words on one line
MARKS = 16  # of what lies beyond an axis
DENSE = 800  # points of a training curve; more are thinned


def colours(look: Look) -> dict[str, str]:
    """Without clipping, clipped by norm, clipped by value."""
    return {"plain": look.accents[4], "norm": look.threshold, "value": look.accents[2]}


def finite_logs(values: Array) -> Array:
    """log₁₀ of sizes given as ln, those that are finite, ascending."""
    return np.sort(values[np.isfinite(values)]) / LN10


def distribution(look: Look, report: TheatreReport) -> Figure:
    """Share of gradients no longer than a size: at initialisation with a strip of dots, and in training."""
    start = finite_logs(report.stage.log_norms)
    training = finite_logs(report.clipped["log_before"][:, 0])
    at = float(np.log10(report.d.clip_line))
    both = np.concatenate([start, training, [at]])
    low, high = float(both.min()) - 0.4, float(both.max()) + 0.4
    traces = [stairs(start, low, high, look.ink, "at initialisation")]
    if training.size:
        traces.append(stairs(training, low, high, colours(look)["norm"], "during the clipped training"))
    spread = np.random.default_rng(0).uniform(-13.0, -5.0, len(start))
    traces.append({
        "type": "scatter", "mode": "markers", "x": typed(start), "y": typed(spread), "name": "mini-batches",
        "marker": {"size": 7, "color": look.ink, "opacity": 0.55},
        "hovertemplate": "one mini-batch: ‖g‖ = 10<sup>%{x:.2f}</sup><extra></extra>",
    })  # fmt: skip
    x = size_axis(look, "‖g‖, and the threshold θ", low, high)
    y = axis(look, "% up to this size", range=[-16, 108], tickvals=[0, 25, 50, 75, 100])
    share = (at - low) / (high - low)
    told = f"θ = {number(report.d.clip_line)} cuts {100 * report.engaged:.0f} %"
    inks = {"at initialisation": look.ink, "in training": colours(look)["norm"]}
    side, other = ("left" if share % 0.5 < 0.25 else "right"), ("right" if share < 0.5 else "left")
    words = [
        above(look, {told: look.threshold}, at, "", xref="x", xanchor=side),
        above(look, inks, float(share < 0.5), "<br>", xanchor=other, align=other),
    ]
    margin = {**MARGIN, "t": 40}
    made = layout(look, x, y, shapes=[upright(look, at)], annotations=words, margin=margin)
    return {"data": traces, "layout": made}


def above(look: Look, words: dict[str, str], x: float, apart: str, **changes: Any) -> dict[str, Any]:
    """Words above a plot, where no curve can lie behind them, each in its colour {words: colour}."""
    each = [f'<span style="color:{colour}"><b>{text}</b></span>' for text, colour in words.items()]
    base = {"yref": "paper", "yanchor": "bottom", "font": {"size": TEXT, "color": look.ink}}
    return note(look, apart.join(each), x, 1.0, **{**base, **changes})


def stairs(logs: Array, low: float, high: float, colour: str, name: str) -> Trace:
    """The share of sizes up to each size."""
    n = len(logs)
    share = 100 * np.repeat(np.arange(n + 1), 2)[1:-1] / max(n, 1)
    x, y = np.concatenate([[low], np.repeat(logs, 2), [high]]), np.concatenate([[0.0], share, [100.0]])
    return {
        "type": "scatter", "mode": "lines", "x": typed(x), "y": typed(y), "name": name,
        "line": {"color": colour, "width": 3},
        "hovertemplate": f"{name}: %{{y:.0f}} % are at most 10<sup>%{{x:.2f}}</sup> long<extra></extra>",
    }  # fmt: skip


def upright(look: Look, at: float) -> dict[str, Any]:
    """The threshold as an upright line."""
    return {
        "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": at, "x1": at,
        "line": {"color": look.threshold, "width": 3, "dash": "dash"},
    }  # fmt: skip


def plane(look: Look, report: TheatreReport) -> Figure:
    """One gradient in the plane of its two clipped forms: before hollow, after full."""
    i = report.shown
    size = float(np.exp(report.stage.log_norms[i]))
    short, turn = size * float(np.exp(report.log_factor[i])), np.radians(report.turned[i])
    tips = {
        "before": (size, 0.0, look.ink, "circle-open"),
        "by norm": (short, 0.0, colours(look)["norm"], "circle"),
        "by value": (short * np.cos(turn), short * np.sin(turn), colours(look)["value"], "circle"),
    }
    traces: list[Trace] = [
        {
            "type": "scatter", "mode": "lines+markers", "x": [0.0, float(x)], "y": [0.0, float(y)],
            "name": name, "line": {"color": colour, "width": 2 if name == "before" else 4},
            "marker": {"symbol": symbol, "size": [0.1, 13], "color": colour, "line": {"width": 2}},
            "hovertemplate": f"{name}: length {number(size if name == 'before' else short)}<extra></extra>",
        }
        for name, (x, y, colour, symbol) in tips.items()
    ]  # fmt: skip
    value = f"by value, {number(float(report.turned[i]), 2)}°"
    side = "center" if short > 0.3 * size else "left"
    words = [
        label(look, "before", size, 0.0, look.ink, xanchor="right", yanchor="top", yshift=-8,
              font={"size": TEXT, "color": look.ink}),
        label(look, "by norm, 0°", short, 0.0, colours(look)["norm"], xanchor=side, yanchor="top", yshift=-26,
              font={"size": TEXT, "color": colours(look)["norm"]}),
        label(look, value, short * np.cos(turn), short * np.sin(turn), colours(look)["value"], xanchor=side,
              yanchor="bottom", yshift=8, font={"size": TEXT, "color": colours(look)["value"]}),
    ]  # fmt: skip
    power = {"exponentformat": "power"}
    x = axis(look, "along the gradient g", range=[-0.04 * size, 1.08 * size], nticks=5, **power)
    y = axis(look, "across it", scaleanchor="x", range=[-0.25 * size, 0.5 * size], nticks=4, **power)
    return {"data": traces, "layout": layout(look, x, y, annotations=words, margin=MARGIN)}


def by_step(look: Look, report: TheatreReport) -> Figure:
    """‖∂E_T/∂h_k‖ at every step before and after clipping by norm: one shape, shifted."""
    before = report.stage.log_signals
    after = before + report.log_factor[report.shown]
    k = np.arange(len(before), dtype=np.float64)
    scale = scale_of([before, after], least=3.0)
    traces = [
        *curve(k, before, scale, name="before", colour=look.ink),
        *curve(k, after, scale, name="after", colour=colours(look)["norm"]),
    ]
    factor = report.log_factor[report.shown] / LN10
    told = f"after: {abs(factor):.2f} decades lower at every step" if factor < 0 else "not cut"
    words = [above(look, {"before": look.ink, told: colours(look)["norm"]}, 0.0, APART)]
    signal = "‖∂E<sub>T</sub>/∂h<sub>k</sub>‖"
    whole = {"dtick": 1} if len(k) < 8 else {}
    x, y = axis(look, "step k", **whole), power_axis(look, signal, scale.low, scale.high, most=5)
    return {"data": traces, "layout": layout(look, x, y, annotations=words, margin={**MARGIN, "t": 24})}


def training(look: Look, report: TheatreReport) -> Figure:
    """Loss (above) and gradient norm before clipping (below) of both trainings from one seed."""
    names = {"without clipping": colours(look)["plain"], "clipped": colours(look)["norm"]}
    plain, clipped = (
        course(name, history, colour)
        for (name, colour), history in zip(names.items(), (report.plain, report.clipped), strict=True)
    )
    for under, over in zip(plain, clipped, strict=True):
        if under["y"] == over["y"]:  # one and the same curve: both colours are to be seen
            over["line"]["dash"] = "dash"
    at = float(np.log10(report.d.clip_line))
    both = (report.plain, report.clipped)
    logs = np.concatenate([*(finite_logs(h["log_before"][:, 0]) for h in both), np.array([at])])
    x = axis(look, "update", range=[0, max(len(report.plain), len(report.clipped), 1)], anchor="y2")
    losses = np.concatenate([*(h.smooth("loss")[:, 0] for h in both), np.array([report.chance])])
    top = min(float(np.nanmax(losses)), 3.0 * report.chance)
    traces: list[Trace] = [*plain, *clipped]
    for (name, colour), history in zip(names.items(), both, strict=True):
        traces += beyond(name, history.smooth("loss")[:, 0], 1.04 * top, colour)
    y = axis(look, "loss", domain=[0.55, 1.0], range=[0, 1.08 * top], nticks=4)
    y2 = size_axis(look, "‖g‖", float(logs.min()) - 0.2, float(logs.max()) + 0.2, domain=[0.0, 0.45])
    lines = [level(look.muted, report.chance, "y"), level(look.threshold, at, "y2")]
    words = [above(look, {**names, "– – chance": look.muted}, 0.0, APART)]
    made = layout(look, x, y, shapes=lines, annotations=words, margin={**MARGIN, "t": 24})
    return {"data": traces, "layout": {**made, "yaxis2": y2}}


def beyond(name: str, loss: Array, top: float, colour: str) -> list[Trace]:
    """Marks on the upper edge where a loss lies above it; none where it never does."""
    out = np.flatnonzero(loss > top)
    if not out.size:
        return []
    at = out[np.unique(np.linspace(0, out.size - 1, min(MARKS, out.size)).astype(np.int64))]
    return [{
        "type": "scatter", "mode": "markers", "x": typed(at + 1.0), "y": typed(np.full(len(at), top)),
        "name": name, "customdata": typed(loss[at]),
        "marker": {"symbol": "triangle-up", "size": 9, "color": colour},
        "hovertemplate": f"{name}, update %{{x}}: loss %{{customdata:.3s}}<extra></extra>",
    }]  # fmt: skip


def level(colour: str, height: float, yref: str) -> dict[str, Any]:
    """A dashed line across one of the two axes."""
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": yref, "y0": height, "y1": height,
        "line": {"color": colour, "width": 2, "dash": "dash"},
    }  # fmt: skip


def course(name: str, history: History, colour: str) -> list[Trace]:
    """Loss and gradient norm of one training."""
    n = len(history)
    at = np.unique(np.linspace(0, n - 1, min(DENSE, n)).astype(np.int64))
    loss, norm = history.smooth("loss")[at, 0], history["log_before"][at, 0] / LN10
    common: Trace = {"type": "scatter", "mode": "lines", "x": typed(at + 1.0), "name": name}
    return [
        {**common, "y": typed(loss), "line": {"color": colour, "width": 2.6},
         "hovertemplate": f"{name}, update %{{x}}: loss %{{y:.3f}}<extra></extra>"},
        {**common, "y": typed(np.where(np.isfinite(norm), norm, np.nan)), "yaxis": "y2",
         "line": {"color": colour, "width": 1.4},
         "hovertemplate": f"{name}, update %{{x}}: ‖g‖ = 10<sup>%{{y:.2f}}</sup><extra></extra>"},
    ]  # fmt: skip
