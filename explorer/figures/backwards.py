"""Figures of the way back: the strip in reverse, products and sums as small heat maps, window and update."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.contrast import contrasting, mixed
from explorer.figures.film import MOST_FRAMES, Drawn, Frame
from explorer.figures.parts import axis, label, layout, typed
from explorer.figures.strip import Node, Strip, folded, node
from explorer.figures.theme import LINE, Figure, Look, Trace
from explorer.reports.backwards import PANELS, BackReport
from explorer.wording import number

MOST_TILES = 5  # factors drawn; more are cut by dots
MOST_WRITTEN = 4  # rows and columns up to which entries are written into the cells


def unrolled(look: Look, report: BackReport) -> Strip:
    """The unrolled network in reverse: what is left of the error at t at each step it has reached."""
    ln, tokens = report.left(), report.run.sequence.tokens
    nodes = []
    for step in folded(report.t, (report.k,)):
        drawn = node(look, tokens, ln, step, bold=step == report.k)
        if 0 < step < report.k:
            drawn = Node(step, tokens[step - 1], "", look.background, look.ink, 0.02, look.grid, False)
        nodes.append(drawn)
    says = f"back to step {report.k - 1}" if report.k > 1 else "the beginning"
    alt = f"The error at step {report.t} on its way back through {report.t} steps. {report.tile_alt()}"
    return Strip(tuple(nodes), alt, report.k, player=says, start=report.t, end=1)


def frame(look: Look, report: BackReport) -> Frame:
    """Strip and panels at the step that the report's error has reached; those of the part looked at alone."""
    made = {
        "factors": ("The box opened, a factor a step", factors, report.factors_alt),
        "sum": ("Terms add up to the gradient", running_sum, report.sum_alt),
        "window": ("Truncated after τ steps", window, report.window_alt),
        "loss": ("The loss along the gradient", loss, report.loss_alt),
    }
    wanted = {id: made[id] for id in PANELS[report.own.part]}
    panels = {id: Drawn(title, drawn(look, report), alt()) for id, (title, drawn, alt) in wanted.items()}
    return Frame(unrolled(look, report), panels, report.finding())


def frames(look: Look, report: BackReport) -> Callable[[], list[Frame]]:
    """How to make the frames of all steps, from the last back to the first."""
    steps = range(report.t, 0, -1) if report.t <= MOST_FRAMES else ()
    return lambda: [frame(look, replace(report, own=replace(report.own, reached=k))) for k in steps]


@dataclass(frozen=True)
class Tile:
    """One matrix as a small heat map, and the sign that stands before it."""

    title: str
    M: Array | None  # None stands for dots
    before: str = ""


def factors(look: Look, report: BackReport) -> Figure:
    """The product ∂h_t/∂h_k opened into its factors, and what it comes to."""
    t, k = report.t, report.k
    tiles = [
        Tile(f"∂h<sub>{j}</sub>/∂h<sub>{j - 1}</sub>", report.factors[j - 1], "·" if j < t else "")
        for j in range(t, k, -1)
    ]
    if len(tiles) > MOST_TILES:
        tiles = [*tiles[: MOST_TILES - 2], Tile("", None), tiles[-1]]
    title = f"∂h<sub>{t}</sub>/∂h<sub>{k}</sub>"
    tiles.append(Tile(title, report.products[t - k], "=" if tiles else ""))
    return tiled(look, tiles)


def running_sum(look: Look, report: BackReport) -> Figure:
    """The term of the step reached, the sum so far, and the whole gradient."""
    name = report.own.matrix
    whole = Tile(f"∂E<sub>{report.t}</sub>/∂{name}", report.whole)
    if name == "V":
        error = report.run.loss.dE_do[report.t - 1][:, None]
        state = report.run.trace.s["h"][report.t][None, :]
        made = Tile(whole.title, report.whole, "=")
        return tiled(look, [Tile("ŷ − y", error), Tile(f"h<sub>{report.t}</sub>", state, "⊗"), made])
    term = Tile(f"term k = {report.k}", report.terms[report.t - report.k])
    return tiled(look, [term, Tile(f"sum, {report.added} of {report.t}", report.partial, "→"),
                        Tile(whole.title, report.whole, "→")])  # fmt: skip


def tiled(look: Look, tiles: list[Tile]) -> Figure:
    """Heat maps side by side on one colour scale, their titles above them."""
    sizes = [float(np.abs(tile.M).max()) for tile in tiles if tile.M is not None]
    reach = max([size for size in sizes if np.isfinite(size)] + [1e-300])
    traces: list[Trace] = []
    axes: dict[str, Any] = {}
    words: list[dict[str, Any]] = []
    n = len(tiles)
    for i, tile in enumerate(tiles):
        left, right = i / n + 0.025, (i + 1) / n - 0.025
        words += titles(look, tile, left, right)
        if tile.M is None:
            continue
        suffix = str(len(axes) // 2 + 1) if axes else ""
        traces += [heat(look, tile, reach, suffix), *entries(look, np.asarray(tile.M), reach, suffix)]
        axes[f"xaxis{suffix}"] = {"domain": [left, right], "anchor": f"y{suffix}", "visible": False}
        axes[f"yaxis{suffix}"] = {"domain": [0, 0.84], "anchor": f"x{suffix}", "visible": False,
                                  "autorange": "reversed"}  # fmt: skip
    base = layout(look, {}, {}, annotations=words, margin={"l": 8, "r": 8, "t": 6, "b": 6})
    return {"data": traces, "layout": {**base, **axes}}


def titles(look: Look, tile: Tile, left: float, right: float) -> list[dict[str, Any]]:
    """A tile's title above it and the sign on its left."""
    place = {"xref": "paper", "yref": "paper"}
    above = label(look, tile.title, (left + right) / 2, 0.86, look.ink, xanchor="center", **place,
                  font={"size": 16, "color": look.ink})  # fmt: skip
    sign = label(look, tile.before or ("…" if tile.M is None else ""), left - 0.025, 0.42, look.ink,
                 xanchor="center", yanchor="middle", **place)  # fmt: skip
    return [word for word in (above, sign) if word["text"] != "<b></b>"]


def heat(look: Look, tile: Tile, reach: float, suffix: str) -> Trace:
    """One matrix."""
    M = np.asarray(tile.M)
    trace: Trace = {
        "type": "heatmap", "z": typed(np.clip(M / reach, -1, 1)), "zmin": -1, "zmax": 1,
        "colorscale": look.diverging, "showscale": False, "xaxis": f"x{suffix}", "yaxis": f"y{suffix}",
        "name": tile.title, "xgap": 1, "ygap": 1, "customdata": typed(M),
        "hovertemplate": f"{tile.title}[%{{y}}, %{{x}}] = %{{customdata:.4g}}<extra></extra>",
    }  # fmt: skip
    return trace


def entries(look: Look, M: Array, reach: float, suffix: str) -> list[Trace]:
    """The entries of one matrix as words in its cells, where there are few."""
    if max(M.shape) > MOST_WRITTEN:
        return []
    rows, columns = np.indices(M.shape).reshape(2, -1)
    fills = [mixed(look.diverging, (float(x) / reach + 1) / 2) for x in M.ravel()]
    return [
        {
            "type": "scatter", "mode": "text", "x": columns.tolist(), "y": rows.tolist(),
            "text": [written(float(x)) for x in M.ravel()], "hoverinfo": "skip", "meta": "words",
            "textfont": {"size": 14, "color": [contrasting(fill) for fill in fills]},
            "xaxis": f"x{suffix}", "yaxis": f"y{suffix}",
        }
    ]  # fmt: skip


def written(x: float) -> str:
    """An entry as its cell has room for."""
    if x == 0 or abs(x) >= 100 or abs(x) < 0.0005:
        return number(x, 1)
    return (f"{x:.2f}" if abs(x) >= 0.1 else f"{x:.3f}").replace("-", "−")


def window(look: Look, report: BackReport) -> Figure:
    """Share of the norm and angle off the whole gradient, by window; the chosen window marked."""
    tau = np.arange(report.run.T)
    norm, angle = look.accents[1], look.accents[2]
    common = {"type": "scatter", "mode": "lines+markers", "x": typed(tau), "marker": {"size": 7}}
    traces: list[Trace] = [
        {**common, "y": typed(report.norm_share), "line": {"color": norm, "width": LINE}, "name": "norm",
         "hovertemplate": "τ = %{x}: %{y:.3f} of the norm<extra></extra>"},
        {**common, "y": typed(report.angle), "line": {"color": angle, "width": LINE}, "name": "angle",
         "yaxis": "y2", "hovertemplate": "τ = %{x}: %{y:.2f}° off<extra></extra>"},
    ]  # fmt: skip
    last, chosen = max(1, report.run.T - 1), report.tau
    top = max(1.2, float(np.max(report.norm_share)) * 1.1)
    x = axis(look, "window τ (steps back)", range=[-0.02 * last, 1.02 * last])
    y = axis(look, "share of the norm", range=[0, top])
    y["title"]["font"] = {"size": 16, "color": norm}
    widest = 10.0 * np.ceil(max(10.0, float(np.max(report.angle)) * 1.1) / 10.0)
    y2 = axis(look, "angle off (degrees)", range=[0, widest], overlaying="y", side="right", showgrid=False,
              tickvals=[0, widest / 2, widest])  # fmt: skip
    y2["title"]["font"] = {"size": 16, "color": angle}
    line = {"type": "line", "x0": chosen, "x1": chosen, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": look.threshold, "width": 2, "dash": "dash"}}  # fmt: skip
    late = chosen > 0.7 * last
    word = label(look, f"τ = {chosen}", chosen, 0.5, look.threshold, yref="paper",
                 xanchor="right" if late else "left", xshift=-6 if late else 6)  # fmt: skip
    base = layout(look, x, y, shapes=[line], annotations=[word], yaxis2=y2)
    return {"data": traces, "layout": {**base, "margin": {"l": 64, "r": 64, "t": 10, "b": 50}}}


def loss(look: Look, report: BackReport) -> Figure:
    """The loss along the gradient: subtracted to the right, added to the left, with both updates marked."""
    sizes, losses = report.slope
    before, after, added = report.losses
    rate = report.own.rate
    traces: list[Trace] = [
        {"type": "scatter", "mode": "lines", "x": typed(sizes), "y": typed(losses), "name": "E",
         "meta": "main", "line": {"color": look.ink, "width": LINE},
         "hovertemplate": "E = %{y:.4f} at α = %{x:.3f}<extra></extra>"},
        *[point(look, *spot) for spot in (("now", 0.0, before), ("W − α ∂E/∂W", rate, after),
                                          ("W + α ∂E/∂W", -rate, added)) if np.isfinite(spot[2])],
    ]  # fmt: skip
    reach = float(sizes[-1]) * 1.05
    x = axis(look, "step along the gradient: added ←  0  → subtracted", range=[-reach, reach])
    seen = losses[np.isfinite(losses)]
    room = 0.25 * max(float(np.ptp(seen)), 1e-3)
    y = axis(look, "loss E", range=[float(seen.min()) - room, float(seen.max()) + room])
    return {"data": traces, "layout": layout(look, x, y)}


def point(look: Look, name: str, size: float, height: float) -> Trace:
    """One marked point with its name and loss."""
    colour = {"now": look.ink}.get(name, look.cells["lstm"] if size >= 0 and "−" in name else look.threshold)
    return {
        "type": "scatter", "mode": "markers+text", "x": [size], "y": [height], "name": name,
        "marker": {"size": 14, "color": colour}, "text": [f"<b>{name}: {number(height, 4)}</b>"],
        "textposition": "bottom left" if size > 0 else "top right",
        "textfont": {"size": 16, "color": colour}, "cliponaxis": False,
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
