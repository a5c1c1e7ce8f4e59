"""Loss, gradient norms and clipping over the updates of all runs."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import LN10, axis, label, layout, size_axis, typed
from explorer.figures.theme import Figure, Look, Trace
from explorer.reports.training import TrainingReport
from explorer.reports.training_runs import engaged, thinned
from explorer.wording import number

MARGIN = {"l": 62, "r": 14, "t": 12, "b": 46}


def inks(look: Look, report: TrainingReport) -> list[str]:
    """One colour for each run; the one in the centre is ink."""
    others = [*look.accents[1:]]
    return [others[i % len(others)] for i in range(len(report.runs) - 1)] + [look.ink]


def span(report: TrainingReport) -> list[float]:
    """The updates on the axis: as far as any run has come, and at least a little."""
    longest = max(run.updates for run in report.runs)
    return [0.0, float(max(longest, min(report.run.training.updates, 20)))]


def line(x: Array, y: Array, colour: str, width: float, **changes: Any) -> Trace:
    """A plain line; a single point is a dot, for a line through one has no length."""
    mode = "markers" if len(np.unique(x[np.isfinite(y)])) == 1 else "lines"
    base: Trace = {
        "type": "scatter", "mode": mode, "x": typed(x), "y": typed(y), "hoverinfo": "skip",
        "line": {"color": colour, "width": width},
    }  # fmt: skip
    return {**base, **changes}


def dash(look: Look, y: float, colour: str) -> dict[str, Any]:
    """A dashed line across the figure."""
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y,
        "line": {"color": colour, "width": 2, "dash": "dash"},
    }  # fmt: skip


def upright(x: float, colour: str, style: str = "dot") -> dict[str, Any]:
    """A line from bottom to top."""
    return {
        "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x,
        "line": {"color": colour, "width": 2, "dash": style},
    }  # fmt: skip


def loss(look: Look, report: TrainingReport) -> Figure:
    """Loss of every run on a log axis, smoothed and raw, chance dashed, the horizon's arrival marked."""
    traces: list[Trace] = []
    notes, values = [], [report.run.chance]
    for run, colour in zip(report.runs, inks(look, report), strict=True):
        if not run.updates:
            continue
        smooth, raw = finite_logs(run.history.smooth("loss")[:, 0]), finite_logs(run.history["loss"][:, 0])
        x, low, high = thinned(raw)
        traces.append(line(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]), colour, 0,
                           fill="toself", fillcolor=faint(colour), mode="none"))  # fmt: skip
        x, _, middle = thinned(smooth)
        traces.append(line(x, middle, colour, 3.0, hoverinfo="all", customdata=typed(10**middle),
                           hovertemplate="loss %{customdata:.3f} at %{x}<extra></extra>"))  # fmt: skip
        values += [float(10**v) for v in (np.nanmin(raw), np.nanmax(raw)) if np.isfinite(v)]
        if len(report.runs) > 1:
            notes.append(label(look, run.name, x[-1], middle[-1], colour, xanchor="right", xshift=-2))
    low, high = np.log10(min(values)) - 0.15, np.log10(max(values)) + 0.3
    chance = float(np.log10(report.run.chance))
    notes.append(label(look, f"chance {number(report.run.chance)}", 1.0, chance, look.muted, xref="paper",
                       xanchor="right", yanchor="bottom"))  # fmt: skip
    shapes = [dash(look, chance, look.muted)]
    reached = report.run.reached
    if reached is not None and reached.update and report.run.updates:
        shapes.append(upright(reached.update, look.threshold))
        early = reached.update < 0.5 * span(report)[1]
        notes.append(label(look, "horizon > lag", reached.update, high, look.threshold, yanchor="top",
                           xanchor="left" if early else "right", xshift=4 if early else -4))  # fmt: skip
    shapes.append(upright(report.picture.update, look.ink, "solid") | {"opacity": 0.35})
    x_axis = axis(look, "update", range=span(report), nticks=6)
    y_axis = axis(look, "loss E", range=[low, high], **ticks(10**low, 10**high))
    return {"data": traces, "layout": layout(look, x_axis, y_axis, annotations=notes, shapes=shapes,
                                             margin=MARGIN)}  # fmt: skip


def ticks(low: float, high: float) -> dict[str, Any]:
    """Ticks of a log axis at 1, 2 and 5 times powers of ten, fewer over a wide range."""
    steps = (1, 2, 5) if high / low < 200 else (1,)
    places = [s * 10.0**n for n in range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
              for s in steps]  # fmt: skip
    kept = [p for p in places if low <= p <= high]
    kept = kept[:: max(1, len(kept) // 6)]
    return {
        "tickvals": [float(np.log10(p)) for p in kept],
        "ticktext": [number(p).removeprefix("1 × ") for p in kept],
    }


def finite_logs(values: Array) -> Array:
    """log₁₀, with gaps where there is nothing to take it of."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(values)
    return np.where(np.isfinite(logs), logs, np.nan)


def faint(colour: str) -> str:
    """The colour, nearly transparent."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},0.16)"


def norms(look: Look, report: TrainingReport) -> Figure:
    """‖g‖ of every run before clipping, and after it for the one in the centre, log axis."""
    traces: list[Trace] = []
    notes, seen = [], [0.0]
    for run, colour in zip(report.runs, inks(look, report), strict=True):
        decades = run.history["log_before"][:, 0] / LN10
        decades = np.where(np.isfinite(decades), decades, np.nan)
        if not len(decades) or np.isnan(decades).all():
            continue
        x, low, high = thinned(decades)
        traces.append(line(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]), colour, 1.2,
                           fill="toself", fillcolor=faint(colour)))  # fmt: skip
        seen += [float(np.nanmin(low)), float(np.nanmax(high))]
        if len(report.runs) > 1:
            notes.append(label(look, run.name, x[-1], float(high[-1]), colour, xanchor="right"))
    shapes = []
    training = report.run.training
    if training.clipping != "none" and report.run.updates:
        x, low, high = thinned(report.run.history["log_after"][:, 0] / LN10)
        traces.append(line(x, high, look.threshold, 2.0))
        notes.append(label(look, "after clipping", 1.0, 1.0, look.threshold, xref="paper", yref="paper",
                           xanchor="right", yanchor="top"))  # fmt: skip
    if training.clipping == "norm":
        seen.append(float(np.log10(training.threshold)))
        shapes.append(dash(look, seen[-1], look.threshold))
    shapes.append(upright(report.picture.update, look.ink, "solid") | {"opacity": 0.35})
    x_axis = axis(look, "update", range=span(report), nticks=6)
    y_axis = size_axis(look, "‖gradient‖", min(seen) - 0.4, max(seen) + 0.6)
    return {"data": traces, "layout": layout(look, x_axis, y_axis, annotations=notes, shapes=shapes,
                                             margin=MARGIN)}  # fmt: skip


def clips(look: Look, report: TrainingReport) -> Figure:
    """How often clipping engaged among the last updates, over time, for every run."""
    traces: list[Trace] = []
    for run, colour in zip(report.runs, inks(look, report), strict=True):
        if run.updates and run.training.clipping != "none":
            x, _, high = thinned(100 * engaged(run))
            traces.append(line(x, high, colour, 2.5, name=run.name, hoverinfo="all",
                               hovertemplate="%{y:.0f} % of the last 20 updates<extra></extra>"))  # fmt: skip
    notes = (
        [] if traces else [label(look, "no clipping", 0.5, 50, look.muted, xref="paper", xanchor="center")]
    )
    if not report.run.updates:
        notes = []
    x_axis = axis(look, "update", range=span(report), nticks=6)
    y_axis = axis(look, "% clipped", range=[-4, 104], nticks=5)
    return {"data": traces, "layout": layout(look, x_axis, y_axis, annotations=notes, margin=MARGIN)}
