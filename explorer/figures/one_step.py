"""The largest singular value of every one-step Jacobian, with and without φ′."""

import numpy as np

from explorer.figures.parts import LN10, Scale, axis, curve, label, layout, mode_for, size_axis
from explorer.figures.ranges import widened
from explorer.figures.theme import DIRECT, Figure, Look, Trace
from explorer.reports.saturation import OneStep, SaturationReport

MARGIN = {"l": 62, "r": 14, "t": 12, "b": 46}


def jacobians(look: Look, report: SaturationReport) -> Figure:
    """σ_max(J_t) by step, the same without φ′, and the bound of the weights."""
    one = report.one_step
    steps = one.steps.astype(np.float64)
    curves = [one.log_sigma_max, one.log_without]
    scale = sigma_scale(one)
    accent, colour = look.accents[3], look.ink
    traces = curve(steps, curves[1], scale, name="without φ′", colour=accent, mode=mode_for(steps))
    traces[0]["line"] = {"color": accent, "width": 2.5, "dash": "dash"}
    traces += bound(look, report, scale)
    traces += curve(
        steps, curves[0], scale, name="σₘₐₓ of J", colour=colour, meta="main", mode=mode_for(steps)
    )
    words = [
        label(look, text, 0.99, float(np.clip(value / LN10, scale.low, scale.high)), ink, xref="paper",
              xanchor="right", yanchor=side, font={"size": DIRECT - 2, "color": ink})
        for text, value, ink, side in named(look, report)
        if np.isfinite(value)
    ]  # fmt: skip
    x = axis(look, "step t", range=[0.5, report.T + 0.5])
    y = size_axis(look, "σ<sub>max</sub>", scale.low, scale.high)
    return {"data": traces, "layout": layout(look, x, y, annotations=words, margin=MARGIN)}


def sigma_scale(one: OneStep) -> Scale:
    """A range that holds both curves and 1, at most ten decades of it."""
    logs = np.concatenate([one.log_sigma_max, one.log_without, [0.0, one.log_bound or 0.0]]) / LN10
    finite = logs[np.isfinite(logs)]
    high = float(finite.max()) + 0.3
    return widened(max(float(finite.min()) - 0.3, high - 10.0), high)


def bound(look: Look, report: SaturationReport, scale: Scale) -> list[Trace]:
    """γ σ_max(W) as a thin line, where it is not W alone already."""
    one = report.one_step
    if one.log_bound is None or np.isclose(one.log_bound, one.typical_without):
        return []
    steps = np.array([1.0, float(report.T)])
    drawn = curve(steps, np.full(2, one.log_bound), scale, name="bound γ σₘₐₓ(W)", colour=look.threshold)
    drawn[0]["line"] = {"color": look.threshold, "width": 2, "dash": "dashdot"}
    return drawn


def named(look: Look, report: SaturationReport) -> list[tuple[str, float, str, str]]:
    """(text, ln height, colour, side) of every line of the Jacobian figure, the higher one labelled above."""
    one = report.one_step
    last = slice(-max(1, len(one.steps) // 3), None)  # where the words stand
    same = one.log_bound is not None and bool(np.isclose(one.log_bound, one.typical_without))
    without = "straight across alone" if one.straight else f"W alone{': the bound' if same else ''}"
    ends = (np.max, np.min) if one.typical_without >= one.typical else (np.min, np.max)
    sides = {np.max: "bottom", np.min: "top"}
    words = [
        (without, float(ends[0](one.log_without[last])), look.accents[3], sides[ends[0]]),
        ("J<sub>t</sub>", float(ends[1](one.log_sigma_max[last])), look.ink, sides[ends[1]]),
    ]
    if one.log_bound is not None and not same:
        words.append(("bound γ σ<sub>max</sub>(W)", one.log_bound, look.threshold, "bottom"))
    return words
