"""The gradient at one moment of a training run: its map, its reach, the Jacobian's spectrum, a film."""

import numpy as np

from explorer.figures.film import Cursor, Film, shaded, shades
from explorer.figures.gradient_flow import masked
from explorer.figures.parts import (
    LN10,
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
)  # fmt: skip
from explorer.figures.theme import DECADES, Figure, Look, Trace
from explorer.figures.training import MARGIN, line, upright
from explorer.reports.training import TrainingReport
from explorer.reports.training_runs import RunView


def horizon(look: Look, report: TrainingReport) -> Figure:
    """The average gain of ∂h_t/∂h_k over all pairs at the picture, as a map."""
    picture = report.picture
    steps = picture.steps
    heat: Trace = {
        "type": "heatmap", "x": typed(steps), "y": typed(steps), "z": typed(masked(picture.log_map)),
        "zmin": -DECADES, "zmax": DECADES, "colorscale": look.diverging,
        "colorbar": power_bar(look, ""), "hoverongaps": False,
        "hovertemplate": "from step t = %{y} back to k = %{x}<br>average gain 10<sup>%{z:.2f}</sup>"
        "<extra></extra>",
    }  # fmt: skip
    half = float(steps[1] - steps[0]) / 2 if len(steps) > 1 else 0.5
    last = float(steps[-1])
    x_axis = axis(look, "source step k", range=[-half, last + half], showgrid=False, nticks=6)
    y_axis = axis(look, "target step t", range=[last + half, -half], showgrid=False, nticks=6)
    return {"data": [heat], "layout": layout(look, x_axis, y_axis, margin={**MARGIN, "r": 4})}


def by_lag(look: Look, report: TrainingReport) -> Figure:
    """What is left of a gradient by lag: every picture faint, the present one heavy, the lag marked."""
    run, picture = report.run, report.picture
    mine = look.cells[run.training.cell]
    scale = scale_of([s.log_by_lag for s in run.snapshots])
    traces: list[Trace] = []
    for other in run.snapshots:
        inside = np.clip(other.log_by_lag / LN10, scale.low, scale.high)
        traces.append(line(other.lags.astype(np.float64), inside, look.muted, 0.8, opacity=0.35))
    traces += curve(picture.lags.astype(np.float64), picture.log_by_lag, scale, name="left", colour=mine)
    shapes, notes = bands(look, scale.low, scale.high), band_names(look, scale.low, scale.high)
    longest = float(max(s.lags[-1] for s in run.snapshots))
    if run.lag is not None:
        shapes.append(upright(min(run.lag, longest), look.threshold))
        notes.append(label(look, f"needed: {run.lag}", min(run.lag, longest), scale.high, look.threshold,
                           xanchor="right", yanchor="top", xshift=-4))  # fmt: skip
    ticks = {"dtick": 1} if longest < 6 else {"nticks": 6}
    x_axis = axis(look, "lag t − k", range=[0, max(longest, 1.0)], **ticks)
    y_axis = power_axis(look, "average gain", scale.low, scale.high, most=6)
    return {"data": traces, "layout": layout(look, x_axis, y_axis, shapes=shapes, annotations=notes,
                                             margin=MARGIN)}  # fmt: skip


def spectrum(look: Look, report: TrainingReport) -> Figure:
    """Eigenvalues of the one-step Jacobians at a few steps, with the unit circle."""
    picture = report.picture
    angle = np.linspace(0.0, 2 * np.pi, 121)
    size = float(max(1.15, np.abs(picture.eigenvalues).max() * 1.08))
    values = picture.eigenvalues.ravel()
    dots: Trace = {
        "type": "scatter", "mode": "markers", "x": typed(values.real), "y": typed(values.imag),
        "marker": {"color": look.cells[report.run.training.cell], "size": 5, "opacity": 0.6},
        "hovertemplate": "%{x:.3f} + %{y:.3f} i<extra></extra>",
    }  # fmt: skip
    circle = line(np.cos(angle), np.sin(angle), look.muted, 1.5)
    x_axis = axis(look, "real part", range=[-size, size], nticks=5)
    y_axis = axis(look, "imaginary part", range=[-size, size], nticks=5, scaleanchor="x")
    return {"data": [circle, dots], "layout": layout(look, x_axis, y_axis, margin=MARGIN)}


def film(look: Look, report: TrainingReport) -> Film:
    """The horizon map at every checkpoint of the run in the centre, for a slider in the browser alone."""
    run = report.run
    rows = max(len(s.steps) for s in run.snapshots)
    stack = np.full((len(run.snapshots), rows, rows), np.nan)
    for i, s in enumerate(run.snapshots):
        stack[i, : len(s.steps), : len(s.steps)] = masked(s.log_map)
    positions = tuple(float(i) for i in range(len(run.snapshots)))
    updates = tuple(float(s.update) for s in run.snapshots)
    return Film(
        panel="map",
        pictures=shaded(np.nan_to_num(stack / DECADES, nan=0.0)),
        shades=shades(look),
        positions=positions,
        said=tuple(f"update {s.update:,}" for s in run.snapshots),
        cursors=(Cursor("loss", updates, tuple(loss_at(run, s.update) for s in run.snapshots)),),
    )


def loss_at(run: RunView, update: int) -> float:
    """log₁₀ of the smoothed loss after so many updates; chance before the first."""
    if not run.updates:
        return float(np.log10(run.chance))
    value = run.history.smooth("loss")[min(max(update, 1), run.updates) - 1, 0]
    return float(np.log10(value)) if np.isfinite(value) and value > 0 else 0.0
