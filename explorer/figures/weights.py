"""Error signals, contributions by lag, and the running sum that becomes ∂E/∂W."""

import numpy as np

from explorer.arrays import Array
from explorer.figures.contrast import rgb
from explorer.figures.parts import (
    LN10,
    axis,
    bands,
    curve,
    escaped,
    label,
    layout,
    power_axis,
    power_bar,
    scale_of,
    typed,
)
from explorer.figures.ranges import widened
from explorer.figures.theme import DECADES, Figure, Look, Trace
from explorer.reports.weights import WeightsReport

MARGIN = {"l": 66, "r": 14, "t": 12, "b": 48}
MOST_LABELLED = 24  # steps that still have room for their words on an axis


def signal_map(look: Look, report: WeightsReport) -> Figure:
    """‖∂E_t/∂h_k‖ relative to ‖∂E_t/∂h_t‖: loss step t downwards, source k to the right."""
    own = np.diag(report.signal)[:, None]
    relative = np.where(np.isfinite(own), report.signal - np.where(np.isfinite(own), own, 0.0), -np.inf)
    z = relative[1:, 1:] / LN10
    shown = np.where(np.tri(report.T, dtype=bool) & np.isfinite(own[1:]), np.maximum(z, -1e6), np.nan)
    steps = np.arange(1, report.T + 1)
    words = np.array([escaped(token) for token in report.tokens])
    heat: Trace = {
        "type": "heatmap",
        "x": typed(steps),
        "y": typed(steps),
        "z": typed(shown),
        "zmin": -DECADES,
        "zmax": DECADES,
        "colorscale": look.diverging,
        "colorbar": power_bar(look, "part of the error left"),
        "customdata": [[f"{words[t]} → {words[k - 1]}" for k in steps] for t in steps],
        "hoverongaps": False,
        "hovertemplate": "error at t = %{y} reaching k = %{x} (%{customdata})<br>"
        "‖∂E<sub>t</sub>/∂h<sub>k</sub>‖ / ‖∂E<sub>t</sub>/∂h<sub>t</sub>‖ = "
        "10<sup>%{z:.2f}</sup><extra></extra>",
    }
    last = report.T + 0.5
    x = axis(look, "reaching step k", range=[0.5, last], showgrid=False, **word_ticks(report, words, 0))
    y = axis(look, "error of step t", range=[last, 0.5], showgrid=False, **word_ticks(report, words, 1))
    return {"data": [heat], "layout": layout(look, x, y, margin={**MARGIN, "r": 6})}


def word_ticks(report: WeightsReport, words: Array, offset: int) -> dict[str, object]:
    """The tokens as tick texts where there is room; offset 1 names the token asked for at the step."""
    if report.T > MOST_LABELLED:
        return {}
    texts = [str(words[step - 1 + offset])[:10] for step in range(1, report.T + 1)]
    return {"tickvals": list(range(1, report.T + 1)), "ticktext": texts}


def by_lag(look: Look, report: WeightsReport) -> Figure:
    """The size of each lag's part of ∂E/∂W as bars on a log axis, exact zeros as marks."""
    logs = report.lags.log_norm / LN10
    alive = np.isfinite(logs)
    high = float(np.ceil(np.max(logs[alive], initial=-1.0) + 0.3))
    low = float(np.floor(max(np.min(logs[alive], initial=high - 1.0), high - 40.0) - 0.3))
    lag = np.arange(report.T)
    shown = alive & (logs >= low)
    traces: list[Trace] = [
        {
            "type": "bar",
            "x": typed(lag[shown]),
            "y": typed(logs[shown] - low),
            "base": low,
            "customdata": typed(logs[shown]),
            "marker": {"color": look.accents[1]},
            "name": "term",
            "hovertemplate": "lag %{x}: ‖term‖ = 10<sup>%{customdata:.2f}</sup><extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": typed(lag[~shown]),
            "y": typed(np.full((~shown).sum(), low)),
            "marker": {"symbol": "triangle-down-open", "size": 9, "color": look.ink},
            "name": "exactly 0 or below the scale",
            "hovertemplate": "lag %{x}: exactly 0 or below the scale<extra></extra>",
        },
    ]
    x = axis(look, "lag t − k (steps)", range=[-0.6, report.T - 0.4])
    y = power_axis(look, "‖term of ∂E/∂W‖", low, high, most=5)
    return {"data": traces, "layout": layout(look, x, y, margin=MARGIN, bargap=0.15)}


def itemised(look: Look, report: WeightsReport) -> Figure:
    """Contributions through each step k stacked by the loss steps they come from, early pale, late strong."""
    bars, names = report.itemised()
    places = np.linspace(0.2, 1.0, len(names))
    stops = [stop for stop, _ in look.sequential]
    channels = np.array([rgb(colour) for _, colour in look.sequential])
    traces: list[Trace] = []
    for row, name, place in zip(bars, names, places, strict=True):
        mixed = [round(float(np.interp(place, stops, channels[:, i]))) for i in range(3)]
        traces.append(
            {
                "type": "bar",
                "x": typed(np.arange(1, report.T + 1)),
                "y": typed(100 * row),
                "marker": {"color": f"rgb({mixed[0]},{mixed[1]},{mixed[2]})"},
                "name": name,
                "hovertemplate": f"{name}, through k = {'%{x}'}: {'%{y:.2g}'} % of all<extra></extra>",
            }
        )
    x = axis(look, "through step k", range=[0.4, report.T + 0.6])
    highest = max(float(100 * np.sum(bars, axis=0).max()), 1.0)
    y = axis(look, "% of all parts", range=[0, widened(0.0, 1.02 * highest).high], nticks=5)
    return {"data": traces, "layout": layout(look, x, y, margin=MARGIN, barmode="stack", bargap=0.15)}


def running_sum(look: Look, report: WeightsReport) -> Figure:
    """How the sum over lags becomes ∂E/∂W: cosine with the whole, and relative error."""
    lag = np.arange(report.T, dtype=np.float64)
    error = np.minimum(report.lags.relative_error, 2.0)
    cosine, wrong = look.accents[1], look.accents[3]
    traces: list[Trace] = [
        line(lag, report.lags.cosine, cosine, "cosine with the whole gradient"),
        line(lag, error, wrong, "relative error of the sum so far"),
    ]
    at = min(report.T - 1, max(1, report.T // 3))
    words = [
        label(look, "cosine", at, float(report.lags.cosine[at]), cosine, yanchor="top", yshift=-4),
        label(look, "relative error", at, float(error[at]), wrong, yshift=4),
    ]
    x = axis(look, "sum up to lag τ (steps)", range=[-0.3, report.T - 0.7])
    y = axis(look, "of the sum so far", range=[-0.05, 1.1], nticks=5)
    return {"data": traces, "layout": layout(look, x, y, margin=MARGIN, annotations=words)}


def line(x: Array, y: Array, colour: str, name: str) -> Trace:
    """One plain curve."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": typed(x),
        "y": typed(y),
        "line": {"color": colour, "width": 3},
        "name": name,
        "meta": "main",
        "hovertemplate": f"{name}, window {'%{x}'} steps: {'%{y:.3g}'}<extra></extra>",
    }


def step_signals(look: Look, report: WeightsReport) -> Figure:
    """‖dE/dh_k‖ of all errors together, against that of the step's own error alone."""
    k = np.arange(1, report.T + 1, dtype=np.float64)
    curves = [report.total[1:], report.immediate[1:]]
    scale = scale_of(curves, least=2.0)
    traces = curve(k, curves[1], scale, name="its own error alone", colour=look.accents[3])
    traces += curve(k, curves[0], scale, name="all errors together", colour=look.accents[1], meta="main")
    at = int(0.15 * (report.T - 1))
    words = [
        label(look, words, k[at], float(np.clip(c[at] / LN10, scale.low, scale.high)), colour, yanchor=side)
        for words, c, colour, side in (
            ("total", curves[0], look.accents[1], "bottom"),
            ("immediate", curves[1], look.accents[3], "top"),
        )
        if np.isfinite(c[at])
    ]
    x = axis(look, "step k", range=[0.5, report.T + 0.5])
    y = power_axis(look, "‖∂E/∂h<sub>k</sub>‖", scale.low, scale.high, most=5)
    shapes = bands(look, scale.low, scale.high)[:1]
    return {"data": traces, "layout": layout(look, x, y, margin=MARGIN, annotations=words, shapes=shapes)}
