"""The matrix ∂h_t/∂h_k of one pair of steps and its singular values."""

import numpy as np

from explorer.figures.parts import LN10, axis, colour_bar, layout, power_axis, typed
from explorer.figures.ranges import widened
from explorer.figures.theme import Figure, Look, Trace
from explorer.reports.gradient_flow import Selection


def margins(*, left: int = 62, right: int = 14) -> dict[str, int]:
    """Room for the axis titles."""
    return {"l": left, "r": right, "t": 12, "b": 48}


def matrix(look: Look, chosen: Selection) -> Figure:
    """∂h_t/∂h_k itself, entry by entry, divided by its largest entry."""
    H = len(chosen.matrix)
    heat: Trace = {
        "type": "heatmap",
        "z": typed(chosen.matrix),
        "zmin": -1,
        "zmax": 1,
        "colorscale": look.diverging,
        "colorbar": colour_bar(look, "", tickvals=[-1, 0, 1], ticktext=["−1", "0", "1"]),
        "hovertemplate": "∂h<sub>t</sub>[%{y}]/∂h<sub>k</sub>[%{x}] = %{z:.3f} × 10<sup>"
        f"{chosen.decades:.2f}</sup><extra></extra>",
    }
    x = axis(look, "unit of h<sub>k</sub>", showgrid=False, range=[-0.5, H - 0.5], nticks=5)
    y = axis(look, "unit of h<sub>t</sub>", showgrid=False, range=[H - 0.5, -0.5], nticks=5)
    return {"data": [heat], "layout": layout(look, x, y, margin=margins(left=54, right=4))}


def spectrum(look: Look, chosen: Selection) -> Figure:
    """The singular values of ∂h_t/∂h_k, largest first; exact zeros are hollow marks at the bottom."""
    index = np.arange(1, len(chosen.log_sigma) + 1)
    decades = chosen.log_sigma / LN10
    alive = np.isfinite(decades)
    high = float(np.max(decades[alive], initial=-1.0))
    low = float(np.min(decades[alive], initial=high - 1.0))
    pad = 0.06 * max(high - low, 1.0)
    shown = widened(low - 2 * pad, high + pad)
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": typed(index[alive]),
            "y": typed(decades[alive]),
            "line": {"color": look.muted, "width": 1.5},
            "marker": {"color": look.ink, "size": 7},
            "name": "σ",
            "meta": "main",
            "hovertemplate": "σ<sub>%{x}</sub> = 10<sup>%{y:.2f}</sup><extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": typed(index[~alive]),
            "y": typed(np.full((~alive).sum(), low - pad)),
            "marker": {"symbol": "triangle-down-open", "size": 9, "color": look.ink},
            "name": "exactly 0",
            "hovertemplate": "σ<sub>%{x}</sub> is exactly 0<extra></extra>",
        },
    ]
    x = axis(look, "index i", range=[0.3, len(chosen.matrix) + 0.7], nticks=5)
    y = power_axis(look, "σ<sub>i</sub>", shown.low, shown.high, most=4, automargin="width")
    rough = len(index) < len(chosen.matrix)  # the smallest values wait for the hand to rest, so does the axis
    return {"data": traces, "layout": layout(look, x, y, margin=margins(left=70), meta={"rough": rough})}
