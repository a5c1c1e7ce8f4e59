"""The horizon map and curves by lag."""

from typing import Any

import numpy as np

from explorer.arrays import Array, Integers
from explorer.figures.isolines import broken, dashed, isolines
from explorer.figures.pair import margins
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    band_names,
    bands,
    curve,
    label,
    layout,
    power_axis,
    power_bar,
    scale_of,
    typed,
)
from explorer.figures.theme import DECADES, Figure, Look, Trace
from explorer.reports.gradient_flow import FlowReport

MOST_CONTOURED = 260  # rows; in a finer map lines hide what they run through
MOST_DRAWN = 12_000  # points of all contours; a map so rough is not made clearer by lines


def horizon_map(look: Look, report: FlowReport, title: str) -> Figure:
    """log₁₀‖∂h_t/∂h_k‖ over all pairs, source k to the right, target t downwards; (t, k) marked."""
    steps, decades = report.steps, masked(report.log_map)
    heat: Trace = {
        "type": "heatmap",
        "x": typed(steps),
        "y": typed(steps),
        "z": typed(decades),
        "zmin": -DECADES,
        "zmax": DECADES,
        "colorscale": look.diverging,
        "colorbar": power_bar(look, title),
        "hoverongaps": False,
        "hovertemplate": "from step t = %{y} back to k = %{x}<br>"
        "‖∂h<sub>t</sub>/∂h<sub>k</sub>‖ = 10<sup>%{z:.2f}</sup><extra></extra>",
    }
    traces = [heat, *contours(look, steps, decades), *zeros(look, report)]
    last = float(steps[-1])
    half = float(steps[1] - steps[0]) / 2 if len(steps) > 1 else 0.5
    x = axis(look, "source step k", range=[-half, last + half], showgrid=False)
    y = axis(look, "target step t", range=[last + half, -half], showgrid=False)
    cross = crosshair(look, report.t, report.k, last)
    return {"data": traces, "layout": layout(look, x, y, shapes=cross, margin=margins(right=6))}


def masked(log_map: Array) -> Array:
    """log₁₀ of the map with nothing above the diagonal; an exact zero is far below the scale."""
    decades = np.where(np.isfinite(log_map), log_map / LN10, -1e6)
    return np.where(np.tri(len(decades), dtype=bool), decades, np.nan)


def contours(look: Look, steps: Integers, decades: Array) -> list[Trace]:
    """Lines at 1 (solid) and at 10⁻³ and 10³ (dashed); the diagonal, 1 by definition, is left out of them.

    They are traced here: Plotly's own contours take the browser many times as long as all the rest.
    """
    if len(steps) > MOST_CONTOURED or len(steps) < 3:
        return []
    z = np.where(np.eye(len(steps), dtype=bool), np.nan, np.clip(decades, -60.0, 60.0))
    one, thousands = isolines(z, 0.0), [dashed(isolines(z, level), len(steps)) for level in (-3.0, 3.0)]
    x, y = broken([one, *thousands])
    if len(x) > MOST_DRAWN:
        return []
    spacing = step_of(steps)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": typed(x * spacing),
            "y": typed(y * spacing),
            "line": {"color": look.ink, "width": 1.4, "simplify": False},
            "hoverinfo": "skip",
            "meta": "contour",
            "name": "10⁻³, 1 and 10³",
        }
    ]


def zeros(look: Look, report: FlowReport) -> list[Trace]:
    """A sparse pattern of small circles where the derivative is exactly zero."""
    where = np.argwhere(np.isneginf(report.log_map) & np.tri(len(report.steps), k=-1, dtype=bool))
    if not len(where):
        return []
    sparse = where[:: max(1, len(where) // 400)]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": typed(report.steps[sparse[:, 1]]),
            "y": typed(report.steps[sparse[:, 0]]),
            "marker": {"symbol": "circle-open", "size": 5, "color": look.background},
            "hovertemplate": "t = %{y}, k = %{x}: exactly 0<extra></extra>",
            "name": "exactly 0",
        }
    ]


def crosshair(look: Look, t: int, k: int, last: float) -> list[dict[str, Any]]:
    """Lines through the chosen pair."""
    line = {"color": look.ink, "width": 1.6, "dash": "dash"}
    return [
        {"type": "line", "x0": -0.5, "x1": k, "y0": t, "y1": t, "line": line},
        {"type": "line", "x0": k, "x1": k, "y0": t, "y1": last + 0.5, "line": line},
        {"type": "circle", "x0": k - last / 60, "x1": k + last / 60, "y0": t - last / 60, "y1": t + last / 60,
         "line": {"color": look.ink, "width": 2}},
    ]  # fmt: skip


def lag_curves(look: Look, report: FlowReport, name: str, colour: str) -> Figure:
    """What is left by lag: from t back (solid), from k on (dashed), seeds' ribbon and the bound."""
    lag = np.arange(len(report.row), dtype=np.float64)
    scale = scale_of([report.row, report.column])
    traces = ribbon(look, report) + bound(look, report, scale)
    forward = curve(
        np.arange(len(report.column), dtype=np.float64) * step_of(report.steps), report.column, scale,
        name=f"from k = {report.k} on", colour=look.muted,
    )  # fmt: skip
    forward[0]["line"] = {"color": look.muted, "width": 2, "dash": "dash"}
    traces += forward
    traces += curve(lag, report.row, scale, name=name, colour=colour, meta="main")
    longest = max(len(report.row), (len(report.column) - 1) * step_of(report.steps) + 1, 2)
    x = axis(look, "lag t − k (steps)", range=[0, longest - 1])
    y = power_axis(look, "gradient left", scale.low, scale.high, automargin="width")
    words = [*band_names(look, scale.low, scale.high), named(look, report, scale, name, colour)]
    shapes = bands(look, scale.low, scale.high)
    return {
        "data": traces,
        "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=margins(left=70)),
    }


def step_of(steps: Integers) -> int:
    """The spacing of the map's steps."""
    return int(steps[1] - steps[0]) if len(steps) > 1 else 1


def named(look: Look, report: FlowReport, scale: Scale, name: str, colour: str) -> dict[str, Any]:
    """The curve's name in the corner its slope leaves free: left of it, below a fall, above a rise."""
    at = int(0.62 * (len(report.row) - 1))
    value = report.row[at] / LN10 if np.isfinite(report.row[at]) else scale.low
    inside = float(np.clip(value, scale.low, scale.high))
    room = inside - scale.low > 0.2 * (scale.high - scale.low) and at > 0
    falls = report.log_rate < 0 and room
    return label(
        look, name, at, inside, colour, xanchor="right" if room else "left",
        yanchor="top" if falls else "bottom", yshift=-6 if falls else 8, xshift=-6 if room else 6,
    )  # fmt: skip


def ribbon(look: Look, report: FlowReport) -> list[Trace]:
    """The band between 10 % and 90 % of the seeds, and their median."""
    band = report.ribbon
    if band is None:
        return []
    lag = np.arange(len(band.median))
    fill = "rgba(130,140,150,0.25)"
    low, median, high = (np.where(np.isfinite(c), c / LN10, -1e4) for c in (band.low, band.median, band.high))
    edge = {"type": "scatter", "mode": "lines", "x": typed(lag), "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        {**edge, "y": typed(low), "name": "10 % of the seeds lie below"},
        {**edge, "y": typed(high), "fill": "tonexty", "fillcolor": fill, "name": "10 % lie above"},
        {
            **edge,
            "y": typed(median),
            "line": {"width": 1.5, "color": look.muted},
            "name": f"median of {band.seeds} seeds",
            "hoverinfo": "all",
            "hovertemplate": f"median of {band.seeds} seeds: "
            "10<sup>%{y:.2f}</sup> at lag %{x}<extra></extra>",
        },
    ]


def bound(look: Look, report: FlowReport, scale: Scale) -> list[Trace]:
    """Pascanu's bound (γ σ_max)^lag as a thin dashed line, as far as the scale goes."""
    if report.log_bound is None:
        return []
    lag = np.arange(len(report.row))
    decades = report.log_bound * lag / LN10 if np.isfinite(report.log_bound) else np.full(len(lag), np.nan)
    inside = np.where((decades >= scale.low) & (decades <= scale.high), decades, np.nan)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": typed(lag),
            "y": typed(inside),
            "line": {"color": look.threshold, "width": 2, "dash": "dashdot"},
            "name": "upper bound (γ σₘₐₓ)ˡᵃᵍ",
            "hovertemplate": "upper bound (γ σ<sub>max</sub>)<sup>lag</sup>: "
            "10<sup>%{y:.2f}</sup> at lag %{x}<extra></extra>",
        }
    ]
