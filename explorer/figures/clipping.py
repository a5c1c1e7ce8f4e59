"""Parts of the gradient by step before and after clipping, its norms, and how often a threshold engages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.clipping import Outcome
from explorer.experiment import CLIP_MODES
from explorer.figures.moves import Moment, Moves, Moving, moved, moves
from explorer.figures.parts import LN10, Scale, axis, curve, label, layout, note, power_axis, typed
from explorer.figures.ranges import widened
from explorer.figures.theme import DIRECT, Figure, Look, Trace
from explorer.reports.clipping import ClippingReport, Sample
from explorer.wording import number, power

MARGIN = {"l": 70, "r": 14, "t": 12, "b": 48}


def colours(look: Look) -> dict[str, str]:
    """One colour for each way of clipping, the same in every figure."""
    return dict(zip(CLIP_MODES, (look.accents[1], look.accents[3], look.accents[2]), strict=True))


def by_step(look: Look, report: ClippingReport) -> Figure:
    """‖part of ∂E/∂W through step k‖ before (ink) and after each way of clipping; the chosen one is heavy."""
    k, scale = np.arange(1, report.T + 1, dtype=np.float64), steps_scale(report)
    lines: list[Trace] = []
    zeros: list[Trace] = []
    for name, mode in report.modes.items():
        heavy = name == report.chosen
        words, colour = f"after, {CLIP_MODES[name]}", colours(look)[name]
        line, *marks = curve(k, mode.by_step[1:], scale, name=words, colour=colour)
        line["line"]["width"], line["opacity"] = (4.5, 1.0) if heavy else (1.6, 0.75)
        lines, zeros = [*lines, line], [*zeros, *marks]
    before, *marks = curve(k, report.before[1:], scale, name="before", colour=look.ink)
    before["line"]["width"] = 2.5
    at = middle(report)
    after, colour = f"after, {CLIP_MODES[report.chosen]}", colours(look)[report.chosen]
    beside = ("left", "right") if report.before[-1] > report.before[at + 1] else ("right", "left")
    named = [
        label(look, text, k[at], float(logs[at] / LN10), ink, xanchor=side, yanchor=end, yshift=shift)
        for text, logs, ink, side, end, shift in (
            (after, report.mode.by_step[1:], colour, beside[0], "top", -4),
            ("before", report.before[1:], look.ink, beside[1], "bottom", 4),
        )
        if np.isfinite(logs[at])
    ]
    x = axis(look, "through step k", range=[0.5, report.T + 0.5])
    y = power_axis(look, "‖part of ∂E/∂W‖", scale.low, scale.high)
    frame = layout(look, x, y, annotations=named, margin=MARGIN)
    return moved({"data": [*lines, *zeros, before, *marks], "layout": frame}, steps_moving(report))


def steps_scale(report: ClippingReport) -> Scale:
    """The log₁₀ range that holds the parts under every threshold of the slider, so that it stays."""
    before, lowest = report.before[1:], report.before[1:] + report.most_cut[1:]
    finite = np.isfinite(before)
    low = float(np.min(lowest, where=finite, initial=-3 * LN10)) / LN10
    return widened(low, max(float(np.max(before, where=finite, initial=-np.inf)) / LN10, 0.0) + 0.2)


def middle(report: ClippingReport) -> int:
    """The index of the step at which the curves are named."""
    return int(0.55 * (report.T - 1))


def steps_moving(report: ClippingReport) -> Moving:
    """What the threshold moves in `by_step`: the curves after clipping, and the name of the chosen one."""
    parts = {name: mode.by_step[1:] / LN10 for name, mode in report.modes.items()}
    curves = {f"data.{i}.y": np.where(np.isfinite(y), y, np.nan) for i, y in enumerate(parts.values())}
    at = float(parts[report.chosen][middle(report)])
    return {**curves, **({"layout.annotations.0.y": round(at, 4)} if np.isfinite(at) else {})}


def sizes(look: Look, report: ClippingReport) -> Figure:
    """‖g‖ before and after each way of clipping on a log axis, the threshold as a line."""
    names, inks = ["before", *CLIP_MODES.values()], [look.muted, *colours(look).values()]
    scale, where = sizes_scale(report), [float(i) for i in range(len(names))]
    said = [power(outcome.log_after) for outcome in outcomes(report)]
    bars: Trace = {
        "type": "bar",
        "x": where,
        "base": scale.low,
        "customdata": [list(told) for told in zip(names, said, turns(report), strict=True)],
        "marker": {"color": inks},
        "hovertemplate": "%{customdata[0]}: ‖g‖ = %{customdata[1]}, "
        "turned by %{customdata[2]}°<extra></extra>",
    }
    above: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": where,
        "name": "threshold, above the scale",
        "marker": {"symbol": "triangle-up", "size": 9, "color": look.threshold},
        "hovertemplate": "the threshold is above the scale<extra></extra>",
    }
    words = [
        note(look, "", i, 0.0, xref="x", xanchor="center", yanchor="bottom",
             font={"size": DIRECT - 2, "color": look.ink})
        for i in where
    ]  # fmt: skip
    x = axis(look, "", range=[-0.5, len(names) - 0.5], tickvals=where, ticktext=names, showgrid=False)
    y = power_axis(look, "‖g‖", scale.low, scale.high, most=5)
    line = threshold_line(look, 0.0, along="x")
    frame = layout(look, x, y, shapes=[line], annotations=words, margin=MARGIN, bargap=0.3)
    return moved({"data": [bars, above], "layout": frame}, sizes_moving(report))


def outcomes(report: ClippingReport) -> list[Outcome]:
    """The gradient as it was, then after each way of clipping."""
    size = report.mode.clipped.log_before
    return [Outcome(size, size, 0.0, 1.0), *(mode.clipped for mode in report.modes.values())]


def turns(report: ClippingReport) -> list[str]:
    """The degrees by which each of them is turned."""
    return [number(angle, 2) for angle in (0.0, *(report.angle(name) for name in report.modes))]


def sizes_scale(report: ClippingReport) -> Scale:
    """The log₁₀ range that holds ‖g‖ under every threshold of the slider, and the words above it."""
    before = report.mode.clipped.log_before
    size = before / LN10 if np.isfinite(before) else 0.0
    low = min(size + float(report.most_cut.min()) / LN10, 0.0) - 0.6
    return widened(low, max(size, 0.0) + 0.25 * (max(size, 0.0) - low))


def sizes_moving(report: ClippingReport) -> Moving:
    """What the threshold moves in `sizes`: bars, words, its line, and marks where that is above the scale."""
    scale, at = sizes_scale(report), round(float(np.log10(report.threshold)), 4)
    logs = np.array([outcome.log_after for outcome in outcomes(report)]) / LN10
    tops = np.maximum(np.where(np.isfinite(logs), logs, scale.low), scale.low)
    above = scale.high - 0.04 * (scale.high - scale.low) if at > scale.high else np.nan
    moving: dict[str, Any] = {
        "data.0.y": tops - scale.low,
        "data.1.y": np.full(len(logs), above),
        "layout.shapes.0.y0": at,
        "layout.shapes.0.y1": at,
    }
    for i, (outcome, turn) in enumerate(zip(outcomes(report), turns(report), strict=True)):
        moving[f"layout.annotations.{i}.y"] = round(float(tops[i]), 4)
        moving[f"layout.annotations.{i}.text"] = power(outcome.log_after) + (f", {turn}°" if i else "")
    return moving


def threshold_line(look: Look, log10: float, *, along: str) -> dict[str, Any]:
    """The threshold across a figure."""
    across = "y" if along == "x" else "x"
    return {
        "type": "line", f"{along}ref": "paper", f"{along}0": 0, f"{along}1": 1, f"{across}0": log10,
        f"{across}1": log10, "line": {"color": look.threshold, "width": 3, "dash": "dash"},
    }  # fmt: skip


def engagement(look: Look, drawn: Sample, threshold: float) -> Figure:
    """The share of seeds whose gradient is larger than a threshold, over the threshold; ours is marked."""
    n, scale = len(drawn.log_norms), engagement_scale(drawn)
    logs = np.maximum(drawn.log_norms / LN10, scale.low)  # an exact zero is cut by no threshold
    x = np.concatenate([[scale.low], np.repeat(logs, 2), [scale.high]])
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
    words = [label(look, "", 0.0, 0.0, look.threshold)]
    horizontal = power_axis(look, "threshold", scale.low, scale.high, most=5)
    y = axis(look, "% of seeds cut", range=[-2, 105], nticks=5)
    line = threshold_line(look, 0.0, along="y")
    frame = layout(look, horizontal, y, shapes=[line], annotations=words, margin=MARGIN)
    return moved({"data": [stairs], "layout": frame}, engagement_moving(drawn, threshold))


def engagement_scale(drawn: Sample) -> Scale:
    """The log₁₀ range in which the share of seeds changes; it does not depend on the threshold."""
    alive = drawn.log_norms[np.isfinite(drawn.log_norms)] / LN10
    return widened(float(alive[0]) - 1, float(alive[-1]) + 1) if alive.size else widened(-4.0, 4.0)


def engagement_moving(drawn: Sample, threshold: float) -> Moving:
    """What the threshold moves in `engagement`: its line and its words; beyond the scale they point there."""
    scale, true = engagement_scale(drawn), float(np.log10(threshold))
    at = min(max(round(true, 4), scale.low), scale.high)
    engaged = 100 * drawn.engaged(threshold)
    most = engaged > 50  # the stairs run high on the left of the threshold, low on its right
    room = (at - scale.low if most else scale.high - at) > 0.25 * (scale.high - scale.low)
    left = most == room
    words = f"cuts {engaged:.0f} %"
    words = f"◂ {words}" if true < scale.low else f"{words} ▸" if true > scale.high else words
    return {
        "layout.shapes.0.x0": at,
        "layout.shapes.0.x1": at,
        "layout.annotations.0.x": at,
        "layout.annotations.0.y": 5 if most else 95,
        "layout.annotations.0.text": f"<b>{words}</b>",
        "layout.annotations.0.xanchor": "right" if left else "left",
        "layout.annotations.0.xshift": -6 if left else 6,
        "layout.annotations.0.yanchor": "bottom" if most else "top",
    }


def film(reports: Sequence[ClippingReport], drawn: Sample) -> Moves:
    """The board under every threshold of the slider."""
    moments = [
        Moment(
            report.finding(),
            report.said(),
            {
                "steps": steps_moving(report),
                "sizes": sizes_moving(report),
                "engagement": engagement_moving(drawn, report.threshold),
            },
        )
        for report in reports
    ]
    return moves([report.threshold for report in reports], moments)
