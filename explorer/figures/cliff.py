"""The cliff from above, both descents over their steps, the wall close up, and where it comes from."""

from typing import Any

import numpy as np

from explorer import cliff
from explorer.arrays import Array
from explorer.descent import HEIGHTS, B, Path, W
from explorer.figures.parts import axis, colour_bar, label, layout, note, power_axis, power_bar, typed
from explorer.figures.theme import DECADES, TEXT, Figure, Look, Trace
from explorer.reports.cliff import COARSEST, FINEST, NAMES, CliffReport
from explorer.wording import ten_to

MARGIN = {"l": 66, "r": 14, "t": 12, "b": 46}
HIGHEST = 0.49  # the loss lies between 0 and 0.7²


def colours(look: Look) -> dict[str, str]:
    """One colour for each descent, the same in every figure."""
    return dict(zip(NAMES, (look.accents[4], look.threshold), strict=True))


def shade(look: Look, report: CliffReport) -> dict[str, Any]:
    """Colour scale and bar of what is shown: one hue for the loss, blue and red around a gradient of 1."""
    if report.d.cliff_surface == "loss":
        bar = colour_bar(look, "loss E", tickvals=[0, 0.1, 0.2, 0.3, 0.4])
        return {"colorscale": look.sequential, "cmin": 0.0, "cmax": HIGHEST, "colorbar": bar}
    bar = power_bar(look, "‖∂E/∂(w, b)‖")
    return {"colorscale": look.diverging, "cmin": -DECADES, "cmax": DECADES, "colorbar": bar}


def cliff_map(look: Look, report: CliffReport) -> Figure:
    """The height over w and b, the cliff line, and both descents on it."""
    shading = shade(look, report)
    heat: Trace = {
        "type": "heatmap", "x": typed(report.surface.w), "y": typed(report.surface.b),
        "z": typed(report.height), "colorscale": shading["colorscale"], "zmin": shading["cmin"],
        "zmax": shading["cmax"], "colorbar": shading["colorbar"], "zsmooth": False,
        "hovertemplate": f"w = %{{x:.2f}}, b = %{{y:.2f}}<br>{hover(report)}<extra></extra>",
    }  # fmt: skip
    traces = [heat, cliff_line(look), cut(look, report)]
    for name, path in report.paths.items():
        traces += descent_lines(look, name, path)
    x, y = axis(look, "w", range=list(W), dtick=1), axis(look, "b", range=list(B), dtick=1)
    words = [
        label(look, "– – the cliff: b = 0.5 − σ(0.5) w", W[1], B[0], look.ink, xanchor="right",
              font={"size": TEXT, "color": look.ink}, bgcolor=halo(look)),
        *ends(look, report),
    ]  # fmt: skip
    return {"data": traces, "layout": layout(look, x, y, annotations=words, margin=MARGIN)}


def halo(look: Look) -> str:
    """A backing that keeps words legible on a map."""
    return "rgba(15,19,24,0.72)" if look.dark else "rgba(255,255,255,0.75)"


def hover(report: CliffReport) -> str:
    """What hovering over a height tells."""
    return "E = %{z:.4f}" if report.d.cliff_surface == "loss" else "‖gradient‖ = 10<sup>%{z:.2f}</sup>"


def cliff_line(look: Look) -> Trace:
    """The line on which x_0 sits on the repelling fixed point."""
    w = np.linspace(1.0 / cliff.SLOPE0, W[1], 40)
    return {
        "type": "scatter", "mode": "lines", "x": typed(w), "y": typed(cliff.wall(w)),
        "line": {"color": look.ink, "width": 2.5, "dash": "dash"}, "hoverinfo": "skip", "name": "cliff line",
    }  # fmt: skip


def cut(look: Look, report: CliffReport) -> Trace:
    """Where the close-up cuts through the wall."""
    w = report.d.wall_w
    return {
        "type": "scatter", "mode": "markers", "x": [w], "y": [float(cliff.wall(np.array(w)))],
        "marker": {"symbol": "diamond", "size": 13, "color": look.ink, "line": {"color": look.background,
                                                                              "width": 1.5}},
        "name": "close-up", "hovertemplate": "the close-up cuts here<extra></extra>",
    }  # fmt: skip


def descent_lines(look: Look, name: str, path: Path) -> list[Trace]:
    """A descent up to the step from which rounding decides, the rest of it dotted, and its points."""
    colour, last = colours(look)[name], len(path.w) - 1
    sure = path.chance_from if path.chance_from is not None else last
    pieces = [(slice(0, sure + 1), "solid", ""), (slice(sure, last + 1), "dot", ", decided by rounding")]
    told = [f"step {i}: E = {loss:.4g}" for i, loss in enumerate(path.loss)]
    return [
        {
            "type": "scatter", "mode": "lines+markers", "x": typed(path.w[part]), "y": typed(path.b[part]),
            "name": name, "line": {"color": colour, "width": 2.6, "dash": dash},
            "marker": {"size": 5, "color": colour, "line": {"color": look.background, "width": 0.7}},
            "customdata": told[part],
            "hovertemplate": f"{name}{words}, %{{customdata}}<br>at (%{{x:.4f}}, %{{y:.4f}})<extra></extra>",
        }
        for part, dash, words in pieces
        if part.stop - part.start > 1 or dash == "solid"
    ]  # fmt: skip


def ends(look: Look, report: CliffReport) -> list[dict[str, Any]]:
    """The start and both ends by name, each with an arrow to it from inside the map."""
    first = report.plain
    words = [end(look, "start", (first.w[0], first.b[0]), look.ink, (36, 26))]
    if report.d.cliff_steps:
        for (name, path), to in zip(report.paths.items(), ((36, -26), (-22, 64)), strict=True):
            words.append(end(look, name, (path.w[-1], path.b[-1]), colours(look)[name], to))
    return words


def end(
    look: Look, name: str, at: tuple[float, float], colour: str, to: tuple[int, int]
) -> dict[str, Any]:
    """One point by name, `to` pixels from it; off the map it stands at the border with its place."""
    inside = (float(np.clip(at[0], *W)), float(np.clip(at[1], *B)))
    off = "" if inside == (float(at[0]), float(at[1])) else f", at ({at[0]:.1f}, {at[1]:.1f})"
    right, left = inside[0] > sum(W) / 2, inside[0] < W[0] + 0.5
    ay = abs(to[1]) if inside[1] > B[1] - 0.8 else -abs(to[1]) if inside[1] < B[0] + 0.8 else to[1]
    return label(
        look, name + off, inside[0], inside[1], colour, showarrow=True, arrowhead=2, arrowwidth=1.6,
        arrowcolor=colour, ax=-abs(to[0]) if right else abs(to[0]) if left else to[0], ay=ay,
        xanchor="right" if right else "center" if to[0] < 0 and not left else "left", yanchor="middle",
        bgcolor=halo(look), font={"size": TEXT + 1, "color": colour},
    )  # fmt: skip


def course(look: Look, report: CliffReport) -> Figure:
    """Loss (above) and size of the gradient (below) at every step of both descents."""
    n = np.arange(len(report.plain.w), dtype=np.float64)
    traces: list[Trace] = []
    for name, path in report.paths.items():
        over = name == "clipped" and not path.engaged  # one and the same path: both colours are to be seen
        line = {"color": colours(look)[name], "width": 2.0, "dash": "dash" if over else "solid"}
        common: Trace = {"type": "scatter", "mode": "lines", "x": typed(n), "line": line, "name": name}
        loss = f"{name}, step %{{x}}: E = %{{y:.4g}}<extra></extra>"
        norm = f"{name}, step %{{x}}: ‖g‖ = 10<sup>%{{y:.2f}}</sup><extra></extra>"
        finite = np.where(np.isfinite(path.log10_norm), path.log10_norm, np.nan)
        traces.append({**common, "y": typed(path.loss), "hovertemplate": loss})
        traces.append({**common, "y": typed(finite), "yaxis": "y2", "hovertemplate": norm})
    threshold = float(np.log10(report.d.cliff_threshold))
    low, high = norm_range([p.log10_norm for p in report.paths.values()], threshold)
    x = axis(look, "step of the descent", range=[0, max(float(n[-1]), 1.0)], anchor="y2")
    y = axis(look, "loss E", domain=[0.57, 1.0], range=[0, 0.5], tickvals=[0, 0.2, 0.4])
    y2 = power_axis(look, "‖gradient‖", low, high, most=4, domain=[0.0, 0.47])
    line = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2", "y0": threshold, "y1": threshold,
        "line": {"color": look.threshold, "width": 2.5, "dash": "dash"},
    }  # fmt: skip
    theta = note(look, "θ", 1.0, threshold, yref="y2", xanchor="right", yanchor="bottom",
                 font={"size": TEXT, "color": look.threshold})  # fmt: skip
    made = layout(look, x, y, shapes=[line], annotations=[theta], margin=MARGIN)
    return {"data": traces, "layout": {**made, "yaxis2": y2}}


def norm_range(curves: list[Array], threshold: float) -> tuple[float, float]:
    """log₁₀ range of the gradients of both descents and the threshold, in whole decades."""
    finite = np.concatenate([c[np.isfinite(c)] for c in curves] + [np.array([threshold])])
    return float(np.floor(finite.min() - 0.2)), float(np.ceil(finite.max() + 0.2))


def signed(distance: Array) -> Array:
    """Distances on a symmetric logarithmic axis: the decades above the finest, with their sign."""
    with np.errstate(divide="ignore"):
        decades = np.log10(np.abs(distance)) - FINEST
    placed: Array = np.sign(distance) * np.maximum(decades, 0.0)
    return placed


def close_up(look: Look, report: CliffReport) -> Figure:
    """‖gradient‖ over the distance to the wall, from 10⁻¹⁸ to 1 on either side; dots are what a map sees."""
    c = report.close_up
    whole = float(COARSEST - FINEST)
    line: Trace = {
        "type": "scatter", "mode": "lines", "x": typed(signed(c.distance)), "y": typed(c.log10_norm),
        "customdata": [f"{d:.1e}, E = {loss:.4f}" for d, loss in zip(c.distance, c.loss, strict=True)],
        "line": {"color": look.ink, "width": 2.6}, "meta": "main", "name": "gradient",
        "hovertemplate": "‖g‖ = 10<sup>%{y:.2f}</sup> at b − wall = %{customdata}<extra></extra>",
    }  # fmt: skip
    dots: Trace = {
        "type": "scatter", "mode": "markers", "x": typed(signed(c.map_distance)),
        "y": typed(c.map_log10_norm), "name": "points of the map",
        "marker": {"size": 8, "symbol": "circle-open", "color": look.threshold, "line": {"width": 2}},
        "hovertemplate": "a point of the map: ‖g‖ = 10<sup>%{y:.2f}</sup><extra></extra>",
    }  # fmt: skip
    marks = [-1, -6, -12]
    ticks = [-(m - FINEST) for m in marks] + [0] + [m - FINEST for m in marks[::-1]]
    names = [f"−{ten_to(m)}" for m in marks] + ["0"] + [ten_to(m) for m in marks[::-1]]
    names = [name.replace("−10⁻¹", "−0.1") if name == "−10⁻¹" else name for name in names]
    x = axis(look, "b − b of the wall", range=[-whole, whole], tickvals=ticks, ticktext=names, tickangle=0)
    low, high = float(np.floor(min(c.log10_norm.min(), -2.0))), float(np.ceil(c.peak + 0.6))
    y = power_axis(look, "‖gradient‖", low, high, most=6)
    words = [
        note(look, "○ points of the map", 0.5, low, xanchor="center", yanchor="bottom",
             font={"size": TEXT, "color": look.threshold})
    ]  # fmt: skip
    return {"data": [line, dots], "layout": layout(look, x, y, annotations=words, margin=MARGIN)}


def origin(look: Look, report: CliffReport) -> Figure:
    """Fixed points over b, attracting and repelling, and x_50, which jumps where x_0 = 0.5 repels."""
    o = report.origin
    turns = sorted(x for x, _ in o.folds)
    branches = [(o.x <= turns[0], "solid"), ((o.x >= turns[0]) & (o.x <= turns[1]), "dot"),
                (o.x >= turns[1], "solid")]  # fmt: skip
    traces: list[Trace] = [
        {
            "type": "scatter", "mode": "lines", "x": typed(o.b[part]), "y": typed(o.x[part]),
            "line": {"color": look.muted, "width": 5 if dash == "solid" else 2.4, "dash": dash},
            "opacity": 0.6, "name": "attracting" if dash == "solid" else "repelling",
            "hovertemplate": "fixed point x = %{y:.3f} at b = %{x:.3f}<extra></extra>",
        }
        for part, dash in branches
    ]  # fmt: skip
    traces.append({
        "type": "scatter", "mode": "lines", "x": typed(o.bs), "y": typed(o.last), "name": "x₅₀",
        "line": {"color": look.ink, "width": 2.4}, "hovertemplate": "x₅₀ = %{y:.3f} at b = %{x:.3f}"
        "<extra></extra>",
    })  # fmt: skip
    low, high = o.wall - 1.0, o.wall + 1.4
    x = axis(look, "b", range=[low, high], nticks=5)
    y = axis(look, "x", range=[float(o.last[o.bs > low].min()) - 0.9, float(o.last[o.bs < high].max()) + 0.9])
    start = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": cliff.X0, "y1": cliff.X0,
        "line": {"color": look.ink, "width": 1.2, "dash": "dash"},
    }  # fmt: skip
    words = [
        note(look, "x₀ = 0.5", 0.99, cliff.X0, xanchor="right", yanchor="bottom",
             font={"size": TEXT, "color": look.ink}),
        label(look, "x₅₀", o.bs[-60], float(o.last[-60]), look.ink, xanchor="right", yanchor="top",
              font={"size": TEXT, "color": look.ink}),
    ]  # fmt: skip
    return {"data": traces, "layout": layout(look, x, y, shapes=[start], annotations=words, margin=MARGIN)}


def title_of(report: CliffReport) -> str:
    """What the map and the surface show, as their panels' title."""
    return HEIGHTS[report.d.cliff_surface]
