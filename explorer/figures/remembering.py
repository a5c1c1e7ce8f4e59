"""Accuracy over updates, success by kind of network, and the gauge before training with its zones."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import axis, label, layout, typed
from explorer.figures.theme import TEXT, Figure, Look, Trace
from explorer.remembering import ZONE_NAMES, ZONES
from explorer.reports.remembering import Arm, RememberingReport, accuracies, last_accuracy
from explorer.wording import number

LEAST_R, MOST_R = -14.0, 4.0  # of the gauge's axis; beyond, marks at its ends
ROOM = 1.36  # times the longest curve, for the names beside it
DENSE = 600  # points of a curve; more are thinned
SHORT = ("never", "depends<br>on the task", "almost<br>always", "mostly<br>not")


def colours(look: Look, report: RememberingReport) -> dict[str, str]:
    """One colour for each kind of network."""
    return dict(zip([arm.name for arm in report.arms], look.accents, strict=False))


def curves(look: Look, report: RememberingReport) -> Figure:
    """Share of right answers over updates: each seed thin, their mean heavy, chance dashed."""
    traces: list[Trace] = []
    most = float(max(arm.updates for arm in report.arms) or 1)
    for arm in report.arms:
        colour = colours(look, report)[arm.name]
        at = np.unique(np.linspace(0, arm.updates - 1, min(DENSE, arm.updates)).astype(np.int64))
        n = np.asarray(at + 1.0, np.float64)
        for seed in range(arm.accuracy.shape[1]):
            traces.append(line(n, 100 * arm.accuracy[at, seed], colour, 1.0, f"{arm.name}, seed {seed}"))
            traces[-1]["opacity"] = 0.45
        traces.append(line(n, 100 * accuracies(arm)[at], colour, 3.2, arm.name))
    guess = 100 * report.chance
    chance = {
        "type": "line", "x0": 0, "x1": most, "y0": guess, "y1": guess,
        "line": {"color": look.muted, "width": 2, "dash": "dash"},
    }  # fmt: skip
    x = axis(look, "update", range=[0, ROOM * most])
    ticks = {100.0: "100", 75.0: "75", 50.0: "50", guess: f"chance {guess:.0f}", 0.0: "0"}
    y = axis(look, "right answers in %", range=[0, 104], tickvals=list(ticks), ticktext=list(ticks.values()))
    made = layout(look, x, y, shapes=[chance], annotations=names(look, report, most))
    return {"data": traces, "layout": made}


def line(x: Array, y: Array, colour: str, width: float, name: str) -> Trace:
    """One curve of accuracy."""
    return {
        "type": "scatter", "mode": "lines", "x": typed(x), "y": typed(y), "name": name,
        "line": {"color": colour, "width": width},
        "hovertemplate": f"{name}: %{{y:.0f}} % right at update %{{x}}<extra></extra>",
    }  # fmt: skip


def names(look: Look, report: RememberingReport, most: float) -> list[dict[str, Any]]:
    """The networks' names beside the longest curve, each about where its own ends, none over another."""
    order, ink = sorted(report.arms, key=last_accuracy), colours(look, report)
    heights = np.array([100 * last_accuracy(arm) for arm in order])
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + 9)
    heights -= max(0.0, heights[-1] - 100)
    for i in reversed(range(len(heights) - 1)):
        heights[i] = min(heights[i], heights[i + 1] - 9)
    return [
        label(look, arm.name, most, float(height), ink[arm.name], xanchor="left", xshift=6,
              yanchor="middle", font={"size": TEXT, "color": ink[arm.name]})
        for arm, height in zip(order, heights, strict=True)
    ]  # fmt: skip


def gauge(look: Look, report: RememberingReport) -> Figure:
    """r of every network, a row for each kind; full where it has solved the task, hollow where not."""
    rows = {arm.name: len(report.arms) - i for i, arm in enumerate(report.arms)}
    traces = [dots(look, report, arm, float(rows[arm.name])) for arm in report.arms]
    edges = [LEAST_R, *ZONES, MOST_R]
    fills = (look.vanish, "rgba(0,0,0,0)", "rgba(60,160,110,0.16)", look.explode)
    shapes = [
        {
            "type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": a, "x1": b, "fillcolor": fill,
            "line": {"width": 0}, "layer": "below",
        }
        for a, b, fill in zip(edges[:-1], edges[1:], fills, strict=True)
    ]  # fmt: skip
    words = [
        {
            "text": short, "x": (a + b) / 2, "y": 1.0, "yref": "paper", "yanchor": "bottom",
            "showarrow": False, "font": {"size": TEXT - 1, "color": look.muted}, "hovertext": whole,
        }
        for a, b, short, whole in zip(edges[:-1], edges[1:], SHORT, ZONE_NAMES, strict=True)
    ]  # fmt: skip
    gauge_axis = "gauge r = log₁₀ of the gradient’s ratio"
    x = axis(look, gauge_axis, range=[LEAST_R, MOST_R], dtick=2)
    y = axis(look, "network", range=[0.4, len(rows) + 0.6], tickvals=list(rows.values()),
             ticktext=list(rows), showgrid=False)  # fmt: skip
    margin = {"l": 64, "r": 14, "t": 44, "b": 50}
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=margin)}


def dots(look: Look, report: RememberingReport, arm: Arm, row: float) -> Trace:
    """The gauges of one kind of network."""
    solved, colour = np.isfinite(arm.solved), colours(look, report)[arm.name]
    shown = np.clip(arm.gauge, LEAST_R + 0.2, MOST_R - 0.2)
    spread = np.linspace(-0.16, 0.16, len(shown)) if len(shown) > 1 else np.zeros(1)
    beyond = ["triangle-left", "circle", "triangle-right"]  # an arrow where r lies off the scale
    sides = (arm.gauge >= LEAST_R).astype(int) + (arm.gauge > MOST_R)
    symbols = [beyond[s] + ("" if done else "-open") for s, done in zip(sides, solved, strict=True)]
    told = [
        f"seed {i}, r = {number(float(r), 3)}: " + (f"solved at update {at:.0f}" if done else "not solved")
        for i, (r, at, done) in enumerate(zip(arm.gauge, arm.solved, solved, strict=True))
    ]
    return {
        "type": "scatter", "mode": "markers", "x": typed(shown), "y": typed(row + spread), "name": arm.name,
        "marker": {"symbol": symbols, "size": 12, "color": colour, "line": {"width": 2.2, "color": colour}},
        "customdata": told, "hovertemplate": f"{arm.name}, %{{customdata}}<extra></extra>",
    }  # fmt: skip


def success(look: Look, report: RememberingReport) -> Figure:
    """How many seeds of each kind have solved the task."""
    arms = report.arms[::-1]
    seeds = len(arms[0].gauge)
    bars: Trace = {
        "type": "bar", "orientation": "h", "x": [arm.wins for arm in arms], "y": [arm.name for arm in arms],
        "marker": {"color": [colours(look, report)[arm.name] for arm in arms]},
        "text": [arm.score() + (when(arm)) for arm in arms], "textposition": "outside", "cliponaxis": False,
        "textfont": {"size": TEXT, "color": look.ink},
        "hovertemplate": "%{y}: solved under %{x} seeds<extra></extra>",
    }  # fmt: skip
    x = axis(look, "seeds that solve it", range=[0, 1.9 * seeds], tickvals=list(range(seeds + 1)))
    y = axis(look, "network", type="category")
    return {"data": [bars], "layout": layout(look, x, y, bargap=0.35)}


def when(arm: Arm) -> str:
    """After how many updates, in words."""
    done = arm.solved[np.isfinite(arm.solved)]
    if done.size:
        return f", after {np.median(done):.0f} updates"
    return "" if arm.updates else ", not begun"
