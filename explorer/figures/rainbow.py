"""The itemised rainbow: what each loss gives to the gradient of every earlier step."""

from typing import Any

import numpy as np

from explorer.arrays import Array, Integers
from explorer.figures.contrast import contrasting, mixed
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    curve,
    escaped,
    label,
    layout,
    note,
    power_axis,
    typed,
)
from explorer.figures.theme import TEXT, Figure, Look, Trace
from explorer.itemised import Itemised
from explorer.reports.rainbow import MOST, RainbowReport, mean_within

MARGIN = {"l": 62, "r": 14, "t": 12, "b": 50}
MOST_LABELLED = 24  # steps that still have room for their words on an axis
MOST_RIMMED = 40  # columns that are wide enough for a rim around every loss
LABELS = 5  # losses named in the stack
FADED = 0.12  # opacity of the losses that are not singled out
WIDEST = (-150.0, 250.0)  # per cent; where shares cancel beyond, marks stand at the edge
DEEPEST = 12.0  # decades below the largest size


def colours(look: Look, report: RainbowReport) -> list[str]:
    """One colour for each loss, or group of them, by its step."""
    T, items = report.items.T, report.items
    return [mixed(look.ordered, (m - 1) / max(T - 1, 1)) for m in (items.first + items.last) / 2]


def piles(items: Itemised, columns: Integers) -> tuple[Array, Array]:
    """The shares in per cent stacked, (G, n): those above 0 upwards, those below 0 downwards."""
    share = 100 * items.share[:, columns]
    return np.cumsum(np.maximum(share, 0.0), axis=0), np.cumsum(np.minimum(share, 0.0), axis=0)


def span(report: RainbowReport) -> tuple[float, float]:
    """The per cents on the axis, the same at every checkpoint."""
    tops, bottoms = [100.0], [0.0]
    for picture in report.run.snapshots:
        up, down = piles(picture.items, report.sources[report.sources <= picture.items.T])
        tops.append(float(up[-1].max()))
        bottoms.append(float(down[-1].min()))
    low, high = 10 * np.floor(min(bottoms) / 10), 10 * np.ceil(max(tops) / 10 - 1e-9)
    return max(float(low), WIDEST[0]), min(max(float(high), 104.0), WIDEST[1])


def stacked(look: Look, report: RainbowReport) -> Figure:
    """The share of every loss in the gradient of each source step, stacked from the nearest loss upwards."""
    low, high = span(report)
    inks = colours(look, report)
    traces = [piece for g, ink in enumerate(inks) for piece in bars(look, report, g, ink)]
    shapes: list[dict[str, Any]] = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}
        for y, line in ((100, {"color": look.ink, "width": 1.5, "dash": "dash"}),
                        (0, {"color": look.ink, "width": 1}))
    ]  # fmt: skip
    T = report.items.T
    x_axis = axis(look, "source step k; strip: the colour of each step’s loss", range=[0.5, T + 0.5],
                  showgrid=False, anchor="y2", **words(report))  # fmt: skip
    y_axis = axis(look, "% of the gradient at k", range=[low, high], domain=[0.08, 1.0], nticks=6)
    strip = axis(look, "", range=[0, 1], domain=[0.0, 0.05], visible=False)
    return {
        "data": traces + marks(look, report, low, high),
        "layout": layout(look, x_axis, y_axis, yaxis2=strip, shapes=shapes, margin=MARGIN, barmode="relative",
                         bargap=0, annotations=names(report, inks), meta={"kept": report.kept}),
    }  # fmt: skip


def bars(look: Look, report: RainbowReport, g: int, ink: str) -> list[Trace]:
    """One loss in the stack, and its piece of the strip."""
    items, first, last = report.items, int(report.items.first[g]), int(report.items.last[g])
    k = report.sources[report.sources <= last]
    every = float(report.sources[1] - report.sources[0]) if len(report.sources) > 1 else 1.0
    word, rim = escaped(report.word(last)), 0.8 if len(report.sources) <= MOST_RIMMED else 0.0
    common = {
        "type": "bar", "legendgroup": str(last),
        "marker": {"color": ink, "line": {"width": rim, "color": look.background}},
        "name": report.name(g) + (f", at “{word}”" if word.strip() else ""),
        "opacity": 1.0 if report.group in (None, g) else FADED,
    }  # fmt: skip
    sizes = items.log_size[g, k] / LN10
    stack = {
        **common, "x": typed(k), "y": typed(100 * items.share[g, k]), "width": every,
        "customdata": typed(np.stack([np.where(np.isfinite(sizes), sizes, -9999.0), k], axis=1)),
        "hovertemplate": "%{fullData.name}<br>gives %{y:.3g} % of the gradient at step %{customdata[1]}"
        "<br>its own size there: 10<sup>%{customdata[0]:.2f}</sup><extra></extra>",
    }  # fmt: skip
    piece = {
        **common, "x": typed([(first + last) / 2]), "y": typed([1.0]), "width": last - first + 1.0,
        "yaxis": "y2", "hovertemplate": "%{fullData.name}<extra></extra>",
    }  # fmt: skip
    return [stack, piece]


def marks(look: Look, report: RainbowReport, low: float, high: float) -> list[Trace]:
    """Source steps that nothing reaches, and stacks that leave the scale."""
    k, items = report.sources, report.items
    up, down = piles(items, k)
    pad = 0.02 * (high - low)
    kinds = (
        (np.isneginf(items.log_total[k]), pad, "triangle-down-open", "exactly 0"),
        (up[-1] > high + 1e-6, high - pad, "triangle-up", "shares above the scale, the rest cancels them"),
        (down[-1] < low - 1e-6, low + pad, "triangle-down", "shares below the scale"),
    )
    return [
        {
            "type": "scatter", "mode": "markers", "x": typed(k[where]), "y": typed(np.full(where.sum(), y)),
            "marker": {"symbol": symbol, "size": 9, "color": look.ink}, "name": text,
            "hovertemplate": f"step %{{x}}: {text}<extra></extra>",
        }
        for where, y, symbol, text in kinds
        if where.any()
    ]  # fmt: skip


def words(report: RainbowReport) -> dict[str, Any]:
    """What is read as tick texts, where there is room."""
    T = report.items.T
    texts = [escaped(report.word(step))[:10] for step in range(1, T + 1)]
    if T > MOST_LABELLED or not any(text.strip() for text in texts):
        return {"nticks": 8}
    return {"tickvals": list(range(1, T + 1)), "ticktext": texts}


def names(report: RainbowReport, inks: list[str]) -> list[dict[str, Any]]:
    """A few losses by name, each where it is thickest."""
    items, k = report.items, report.sources
    up, _ = piles(items, k)
    spread = np.linspace(0, len(inks) - 1, min(LABELS, len(inks))).round().astype(int)
    found = []
    for g in spread if report.group is None else [report.group]:
        thick = np.maximum(100 * items.share[g, k], 0.0)
        column = int(np.argmax(thick))
        if thick[column] < 6:
            continue
        text, middle = f"E<sub>{items.last[g]}</sub>", up[g, column] - thick[column] / 2
        left, right = k[column] < 0.03 * items.T, MOST_LABELLED < items.T < 1.03 * k[column]
        found.append({
            "text": f"<b>{text}</b>", "x": float(k[column]), "y": float(middle), "showarrow": False,
            "font": {"size": TEXT, "color": contrasting(inks[g])},
            "xanchor": "left" if left else "right" if right else "center",
        })  # fmt: skip
    return found


def depth(report: RainbowReport) -> Scale:
    """The decades of the sizes, the same at every checkpoint."""
    all_sizes = np.concatenate([s.items.log_size[:, 1:].ravel() for s in report.run.snapshots])
    sums = np.concatenate([s.items.log_sum[1:] for s in report.run.snapshots])
    finite, most = all_sizes[np.isfinite(all_sizes)] / LN10, sums[np.isfinite(sums)] / LN10
    high = float(np.ceil(most.max(initial=-1.0) + 0.05))
    return Scale(float(max(np.floor(finite.min(initial=high - 1.0)), high - DEEPEST)), high)


def sizes(look: Look, report: RainbowReport) -> Figure:
    """‖∂E_t/∂h_k‖ of every loss on a log axis, their sum and the sizes added up."""
    scale, items, k = depth(report), report.items, report.sources
    traces: list[Trace] = []
    for g, ink in enumerate(colours(look, report)):
        mine, faded = report.group == g, report.group not in (None, g)
        steps = k[k <= items.last[g]]
        traces += one_line(steps, items.log_size[g, steps], scale, name=report.name(g), colour=ink,
                           legendgroup=str(items.last[g]), opacity=FADED if faded else 1.0,
                           line={"color": ink, "width": 4 if mine else 1.6})  # fmt: skip
    x = k.astype(np.float64)
    traces += curve(x, items.log_sum[k], scale, name="sizes added up", colour=look.muted,
                    line={"color": look.muted, "width": 2, "dash": "dot"})  # fmt: skip
    traces += curve(x, items.log_total[k], scale, name="all together", colour=look.ink)
    notes = [
        note(look, "<b>all together</b>, dotted: sizes added up", 1.0, 0.0, yref="paper", xanchor="right",
             yanchor="bottom")
    ]  # fmt: skip
    x_axis = axis(look, "source step k", range=[0.5, items.T + 0.5], nticks=6)
    y_axis = power_axis(look, "‖∂E<sub>t</sub>/∂h<sub>k</sub>‖", scale.low, scale.high, most=6)
    return {"data": traces, "layout": layout(look, x_axis, y_axis, annotations=notes, margin=MARGIN,
                                             meta={"kept": report.kept})}  # fmt: skip


def one_line(k: Array, ln: Array, scale: Scale, **changes: Any) -> list[Trace]:
    """One loss's sizes; where they leave the scale towards step 1, one mark says so."""
    gone = np.flatnonzero(ln / LN10 < scale.low)
    start = int(gone[-1]) if len(gone) else 0
    pieces = curve(k[start:].astype(np.float64), ln[start:], scale, **changes)
    shared = {name: changes[name] for name in ("legendgroup", "opacity")}
    return [{**piece, **shared} for piece in pieces]


def distance(look: Look, report: RainbowReport) -> Figure:
    """What the losses up to a distance give, over all source steps, at this and every other checkpoint."""
    run, T = report.run, report.items.T
    traces: list[Trace] = []

    def line(items: Itemised, name: str, **changes: Any) -> Trace:
        given = 100 * mean_within(items)
        return {
            "type": "scatter", "mode": "lines+markers" if len(given) < 3 else "lines",
            "x": typed(np.arange(len(given))), "y": typed(given), "name": name,
            "hovertemplate": f"{name}: %{{y:.3g}} % from losses at most %{{x}} steps away<extra></extra>",
            **changes,
        }  # fmt: skip

    for picture in run.snapshots[1:]:
        faint = {"line": {"color": look.muted, "width": 0.8}, "opacity": 0.4}
        traces.append(line(picture.items, f"update {picture.update:,}", **faint))
    start = {"line": {"color": look.muted, "width": 2.5, "dash": "dot"}}
    traces.append(line(run.snapshots[0].items, "before training", **start))
    ink = look.cells[run.training.cell]
    heavy = {"line": {"color": ink, "width": 3.5}, "meta": "main"}
    traces.append(line(report.items, f"update {report.picture.update:,}", **heavy))
    moment = f"update {report.picture.update:,}; dotted: " if report.picture.update else ""
    notes = [label(look, f"{moment}before training", 1.0, 0.0, ink,
                   xref="paper", yref="paper", xanchor="right", yanchor="bottom")]  # fmt: skip
    shapes = [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 100 * MOST, "y1": 100 * MOST,
               "line": {"color": look.muted, "width": 1.5, "dash": "dash"}}]  # fmt: skip
    low = min(0.0, *(100 * float(mean_within(s.items).min()) for s in run.snapshots))
    high = max(104.0, *(100 * float(mean_within(s.items).max()) for s in run.snapshots))
    x_axis = axis(look, "distance t − k of the loss, at most", range=[-0.02 * T, max(T - 1, 1)], nticks=6)
    y_axis = axis(look, "% of the gradient", range=[low, high], nticks=5)
    return {"data": traces, "layout": layout(look, x_axis, y_axis, annotations=notes, shapes=shapes,
                                             margin=MARGIN)}  # fmt: skip
