"""Parts of the gradient by step before and after clipping, its norms, and how often a threshold engages."""

from typing import Any

import numpy as np

from explorer.experiment import CLIP_MODES
from explorer.figures.parts import LN10, axis, curve, label, layout, power_axis, scale_of, typed
from explorer.figures.ranges import widened
from explorer.figures.theme import DIRECT, Figure, Look, Trace
from explorer.reports.clipping import ClippingReport, Sample
from explorer.wording import number, power

MARGIN = {"l": 70, "r": 14, "t": 8, "b": 48}


def colours(look: Look) -> dict[str, str]:
    """One colour for each way of clipping, the same in every figure."""
    return dict(zip(CLIP_MODES, (look.accents[1], look.accents[3], look.accents[2]), strict=True))


def by_step(look: Look, report: ClippingReport) -> Figure:
    """‖part of ∂E/∂W through step k‖ before (ink) and after each way of clipping; the chosen one is heavy."""
    k = np.arange(1, report.T + 1, dtype=np.float64)
    curves = [report.before[1:], *(mode.by_step[1:] for mode in report.modes.values())]
    scale = scale_of(curves, least=3.0)
    traces: list[Trace] = []
    for name, mode in report.modes.items():
        heavy = name == report.chosen
        words, colour = f"after, {CLIP_MODES[name]}", colours(look)[name]
        drawn = curve(k, mode.by_step[1:], scale, name=words, colour=colour)
        drawn[0]["line"]["width"] = 4.5 if heavy else 1.6
        drawn[0]["opacity"] = 1.0 if heavy else 0.75
        traces += drawn
    traces += curve(k, report.before[1:], scale, name="before", colour=look.ink)
    traces[-1]["line"] = {"color": look.ink, "width": 2.5, "dash": "dash"} if "line" in traces[-1] else {}
    at = int(0.55 * (report.T - 1))
    after, colour = f"after, {CLIP_MODES[report.chosen]}", colours(look)[report.chosen]
    named = [
        label(look, text, k[at], float(np.clip(logs[at] / LN10, scale.low, scale.high)), ink, **side)
        for text, logs, ink, side in (
            ("before", report.before[1:], look.ink, {"yanchor": "bottom", "xanchor": "right"}),
            (after, report.mode.by_step[1:], colour, {"yanchor": "top"}),
        )
        if np.isfinite(logs[at])
    ]
    x = axis(look, "through step k", range=[0.5, report.T + 0.5])
    y = power_axis(look, "‖part of ∂E/∂W‖", scale.low, scale.high)
    return {"data": traces, "layout": layout(look, x, y, annotations=named, margin=MARGIN)}


def sizes(look: Look, report: ClippingReport) -> Figure:
    """‖g‖ before and after each way of clipping on a log axis, the threshold as a line."""
    names = ["before", *CLIP_MODES.values()]
    after = [mode.clipped.log_after for mode in report.modes.values()]
    logs = np.array([report.mode.clipped.log_before, *after]) / LN10
    shown = np.where(np.isfinite(logs), logs, np.nan)
    threshold = float(np.log10(report.threshold))
    high = max(float(np.nanmax(shown, initial=0.0)), threshold) + 0.6
    scale = widened(min(float(np.nanmin(shown, initial=0.0)), threshold) - 0.8, high)
    low, high = scale.low, scale.high
    angles = [0.0, *(report.angle(name) for name in report.modes)]
    bars: Trace = {
        "type": "bar",
        "x": names,
        "y": typed(shown - low),
        "base": low,
        "customdata": [[power(float(v * LN10)), number(a, 2)] for v, a in zip(logs, angles, strict=True)],
        "marker": {"color": [look.muted, *colours(look).values()]},
        "text": [power(float(v * LN10)) + (f", {number(a, 2)}°" if i else "")
                 for i, (v, a) in enumerate(zip(logs, angles, strict=True))],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"size": DIRECT - 2},
        "hovertemplate": "%{x}: ‖g‖ = %{customdata[0]}, turned by %{customdata[1]}°<extra></extra>",
    }  # fmt: skip
    x = axis(look, "", type="category")
    y = power_axis(look, "‖g‖", low, high, most=5)
    line = threshold_line(look, threshold, along="x")
    return {"data": [bars], "layout": layout(look, x, y, shapes=[line], margin=MARGIN, bargap=0.3)}


def threshold_line(look: Look, log10: float, *, along: str) -> dict[str, Any]:
    """The threshold across a figure."""
    across = "y" if along == "x" else "x"
    return {
        "type": "line", f"{along}ref": "paper", f"{along}0": 0, f"{along}1": 1, f"{across}0": log10,
        f"{across}1": log10, "line": {"color": look.threshold, "width": 3, "dash": "dash"},
    }  # fmt: skip


def engagement(look: Look, drawn: Sample, threshold: float) -> Figure:
    """The share of seeds whose gradient is larger than a threshold, over the threshold; ours is marked."""
    n, at = len(drawn.log_norms), float(np.log10(threshold))
    alive = drawn.log_norms[np.isfinite(drawn.log_norms)] / LN10
    scale = widened(float(np.min(alive, initial=at)) - 0.5, float(np.max(alive, initial=at)) + 0.5)
    low, high = scale.low, scale.high
    logs = np.maximum(drawn.log_norms / LN10, low)  # an exact zero is cut by no threshold
    x = np.concatenate([[low], np.repeat(logs, 2), [high]])
    share = 100 * (1 - np.concatenate([[0], np.repeat(np.arange(n + 1), 2)[1:-1], [n]]) / n)
    stairs: Trace = {
        "type": "scatter",
        "mode": "lines",
        "x": typed(x),
        "y": typed(share),
        "line": {"color": look.ink, "width": 3},
        "fill": "tozeroy",
        "fillcolor": "rgba(130,140,150,0.18)",
        "name": "share cut",
        "hovertemplate": "a threshold of 10<sup>%{x:.2f}</sup> cuts %{y:.0f} % of the seeds<extra></extra>",
    }
    engaged = 100 * drawn.engaged(threshold)
    most = engaged > 50  # the stairs run high on the left of the threshold, low on its right
    room = (at - low if most else high - at) > 0.25 * (high - low)
    left = most == room
    words = [
        label(look, f"cuts {engaged:.0f} %", at, 5 if most else 95, look.threshold,
              xanchor="right" if left else "left", xshift=-6 if left else 6,
              yanchor="bottom" if most else "top")
    ]  # fmt: skip
    horizontal = power_axis(look, "threshold", low, high, most=5)
    y = axis(look, "% of seeds cut", range=[-2, 105], nticks=5)
    line = threshold_line(look, at, along="y")
    return {
        "data": [stairs],
        "layout": layout(look, horizontal, y, shapes=[line], annotations=words, margin=MARGIN),
    }
