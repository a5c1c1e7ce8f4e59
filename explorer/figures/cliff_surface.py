"""The cliff as a surface in space, with both descents and the cliff line lying on it."""

from typing import Any

import numpy as np

from explorer import cliff
from explorer.descent import SPACING, B, Path, W
from explorer.figures.cliff import colours, shade
from explorer.figures.parts import typed
from explorer.figures.theme import FONT, TEXT, Figure, Look, Trace
from explorer.reports.cliff import CliffReport

EYE = {"x": 1.05, "y": 1.25, "z": 0.68}  # from the low side, so that the wall is seen from its foot


def surface(look: Look, report: CliffReport) -> Figure:
    """The height in space; hovering tells w, b and the height."""
    shading = shade(look, report)
    shading.pop("colorbar")
    body: Trace = {
        "type": "surface", "x": typed(report.surface.w), "y": typed(report.surface.b),
        "z": typed(report.height), "showscale": False, **shading, "opacity": 0.96,
        "contours": {axis: {"highlight": False} for axis in "xyz"},
        "lighting": {"ambient": 0.72, "diffuse": 0.55, "specular": 0.05, "roughness": 0.9},
        "hovertemplate": "w = %{x:.2f}, b = %{y:.2f}, height %{z:.3f}<extra></extra>",
    }  # fmt: skip
    lines = [on_top(look, report, name, path) for name, path in report.paths.items()]
    scene = {
        "xaxis": scene_axis(look, "w", list(W)), "yaxis": scene_axis(look, "b", list(B)),
        "zaxis": scene_axis(look, "E" if report.d.cliff_surface == "loss" else "log₁₀‖g‖", None),
        "camera": {"eye": EYE, "center": {"x": 0.0, "y": 0.0, "z": -0.12}},
        "aspectratio": {"x": 1.15, "y": 1.15, "z": 0.6}, "dragmode": "turntable",
    }  # fmt: skip
    return {
        "data": [body, wall_line(look, report), *lines],
        "layout": {
            "scene": scene, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "showlegend": False,
            "paper_bgcolor": "rgba(0,0,0,0)", "uirevision": "keep",
            "font": {"family": FONT, "size": TEXT - 2, "color": look.ink},
            "hoverlabel": {"font": {"family": FONT, "size": TEXT}},
        },
    }  # fmt: skip


def scene_axis(look: Look, title: str, limits: list[float] | None) -> dict[str, Any]:
    """One axis in space."""
    made: dict[str, Any] = {
        "title": {"text": title}, "tickfont": {"size": 11}, "gridcolor": look.grid, "color": look.muted,
        "nticks": 4, "showbackground": False, "zeroline": False,
    }  # fmt: skip
    return {**made, "range": limits} if limits else made


def on_top(look: Look, report: CliffReport, name: str, path: Path) -> Trace:
    """A descent on the surface, only where it runs above the drawn part of the plane."""
    inside = (path.w >= W[0]) & (path.w <= W[1]) & (path.b >= B[0]) & (path.b <= B[1])
    heights = np.where(np.isfinite(report.heights(path)), report.heights(path), np.nan)
    spread = 0.01 * (np.ptp(report.height[np.isfinite(report.height)]))
    return {
        "type": "scatter3d", "mode": "lines+markers", "name": name,
        "x": typed(np.where(inside, path.w, np.nan)), "y": typed(np.where(inside, path.b, np.nan)),
        "z": typed(heights + spread), "line": {"color": colours(look)[name], "width": 6},
        "marker": {"size": 2.6, "color": colours(look)[name]}, "connectgaps": False,
        "hovertemplate": f"{name}: w = %{{x:.3f}}, b = %{{y:.3f}}<extra></extra>",
    }  # fmt: skip


def wall_line(look: Look, report: CliffReport) -> Trace:
    """The cliff line, at the height that the map's next point has there."""
    w = np.linspace(1.0 / cliff.SLOPE0, W[1], 40)
    point = cliff.evaluate(w, cliff.wall(w) + SPACING)
    z = point.loss if report.d.cliff_surface == "loss" else point.log10_norm
    return {
        "type": "scatter3d", "mode": "lines", "x": typed(w), "y": typed(cliff.wall(w)), "z": typed(z),
        "line": {"color": look.ink, "width": 5, "dash": "dash"}, "hoverinfo": "skip", "name": "cliff line",
    }  # fmt: skip
