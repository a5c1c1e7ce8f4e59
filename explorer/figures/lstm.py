"""Gates and states of an LSTM along time, its paths back through time, and the effect of the forget bias."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    bands,
    colour_bar,
    curve,
    label,
    layout,
    lowered,
    note,
    power_axis,
    scale_of,
    typed,
)
from explorer.figures.ranges import widened
from explorer.figures.theme import DIRECT, TEXT, Figure, Look, Trace
from explorer.reports.forget_bias import HIGH, LOW, BiasCurve
from explorer.reports.lstm import LstmReport, Paths, Strip, size_of
from explorer.wording import number

ORDER = ("f", "i", "o", "g", "h", "c")  # what lies between 0 and 1 first, then what has a sign
GAP = 0.03
MARGIN = {"l": 66, "r": 14, "t": 12, "b": 46}
Account = tuple[str, str, Array, str, str]
SHORT = {"f": "forget f", "i": "input i", "o": "output o", "g": "candidate c̃", "h": "hidden h", "c": "cell c"}


def strips(look: Look, report: LstmReport) -> Figure:
    """Units × time of the gates (0 to 1), then of the candidate, h and c (signed)."""
    found = {strip.symbol: strip for strip in report.strips}
    height = (1 + GAP) / len(ORDER)
    x = axis(look, "step t", range=[0.5, report.T + 0.5], showgrid=False, anchor=f"y{len(ORDER)}")
    drawn = layout(look, x, {}, margin={**MARGIN, "l": 104, "r": 6})
    traces = []
    for i, symbol in enumerate(ORDER):
        top = 1 - i * height
        named = f'<span style="color:{look.symbols[symbol]}"><b>{SHORT[symbol]}</b></span>'
        drawn["yaxis" if i == 0 else f"yaxis{i + 1}"] = axis(
            look, "unit", domain=[max(top - height + GAP, 0.0), top], range=[report.H - 0.5, -0.5],
            tickvals=[(report.H - 1) / 2], ticktext=[named], ticks="", showgrid=False,
        )  # fmt: skip
        drawn["yaxis" if i == 0 else f"yaxis{i + 1}"]["title"]["text"] = " "
        traces.append(strip_heat(look, report, found[symbol], i))
    return {"data": traces, "layout": drawn}


def strip_heat(look: Look, report: LstmReport, strip: Strip, row: int) -> Trace:
    """One symbol's heat map; three colour bars stand for all six, each beside its own rows."""
    gate = strip.symbol in "fio"
    largest = widened(0.0, max(float(np.abs(strip.values).max()), 1e-9)).high if strip.symbol == "c" else 1.0
    bar = {0: (3, "gate"), 3: (2, "c̃, h"), 5: (1, "c")}.get(row)
    height = (1 + GAP) / len(ORDER)
    shown: dict[str, Any] = {"showscale": False}
    if bar is not None:
        rows, title = bar
        low, high = 0.0 if gate else -largest, largest
        ticks = [low, (low + high) / 2, high]
        words = [number(tick, 2) for tick in ticks]
        if rows == 1:  # no room for more than one
            ticks, words = [0.0], [f"±{number(largest, 2)}"]
        top = 1 - row * height
        place = {"len": rows * height - GAP, "y": top, "yanchor": "top", "thickness": 12}
        shown = {"colorbar": colour_bar(look, title, tickvals=ticks, ticktext=words, **place)}
    return {
        "type": "heatmap",
        "x": typed(report.first + (report.width - 1) / 2),
        "y": typed(np.arange(report.H)),
        "z": typed(strip.values),
        "zmin": 0 if gate else -largest,
        "zmax": largest,
        "colorscale": look.sequential if gate else look.diverging,
        "yaxis": "y" if row == 0 else f"y{row + 1}",
        "name": strip.name,
        "hovertemplate": f"{strip.name}, unit %{{y}}, step %{{x}}: %{{z:.3f}}<extra></extra>",
        **shown,
    }


def accounts(look: Look, paths: Paths) -> tuple[Account, ...]:
    """(key, words, curve by lag, colour, dash) of the four accounts."""
    return (
        ("shortcut", "c held fixed", paths.shortcut, look.muted, "dot"),
        ("additive", "∏ f", paths.additive, look.symbols["f"], "dash"),
        ("h", "∂h<sub>t</sub>/∂h<sub>k</sub>", paths.h_h, look.ink, "solid"),
        ("c", "∂c<sub>t</sub>/∂c<sub>k</sub>", paths.c_c, look.symbols["c"], "solid"),
    )


def curves(look: Look, paths: Paths) -> Figure:
    """The four accounts at every source step k, the chosen one marked."""
    k = np.arange(paths.t + 1, dtype=np.float64)
    found = accounts(look, paths)
    scale = scale_of([paths.h_h, paths.c_c, paths.additive], least=3.0)  # the shortcut may leave it
    traces: list[Trace] = []
    for key, name, by_lag, colour, dash in found:
        main = {"meta": "main"} if key in "hc" else {}
        drawn = curve(k, by_lag[::-1], scale, name=name, colour=colour, **main)
        drawn[0]["line"] = {"color": colour, "width": 3, "dash": dash}
        traces += drawn
    x = axis(look, "source step k", range=[-0.5, paths.t + 0.5])
    if paths.t < 6:
        x["dtick"] = 1
    y = power_axis(look, "gradient left", scale.low, scale.high, most=6)
    at = {"type": "line", "x0": paths.k, "x1": paths.k, "yref": "paper", "y0": 0, "y1": 1,
          "line": {"color": look.ink, "width": 1.5, "dash": "dash"}}  # fmt: skip
    shapes = [*bands(look, scale.low, scale.high), at]
    words = keys(look, found, at_top=scale.high > -scale.low)
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=MARGIN)}


def keys(look: Look, found: tuple[Account, ...], *, at_top: bool) -> list[dict[str, Any]]:
    """The names of the curves under one another, as at k = 0, in the corner that the curves leave free."""
    ordered = sorted(found, key=lambda account: -account[2][-1])
    base = 0.62 if at_top else 0.02
    return [
        note(
            look, f"<b>{words}</b>", 0.86, base + 0.115 * (len(ordered) - 1 - i), yref="paper",
            xanchor="right", yanchor="bottom", font={"size": TEXT, "color": colour},
        )
        for i, (_, words, _, colour, _) in enumerate(ordered)
    ]  # fmt: skip


def ledger(look: Look, paths: Paths) -> Figure:
    """What each account says is left at the chosen lag, as bars from 1; then with each gate's W cut."""
    sizes = paths.ledger()
    logs = np.array(list(sizes.values())) / LN10
    others = np.delete(logs, 3)  # the shortcut may leave the scale
    finite = others[np.isfinite(others)]
    low, high = min(float(finite.min(initial=0.0)), -1.0), max(float(finite.max(initial=0.0)), 0.0)
    scale = widened(low - 0.3 * (high - low), high + 0.05 * (high - low))
    low, high = scale.low, scale.high
    colours = [look.symbols["f"], look.symbols["c"], look.ink, look.muted]
    colours += [look.symbols[gate] for gate in paths.without]
    rows = np.arange(len(logs), dtype=np.float64) + 0.5 * (np.arange(len(logs)) > 3)
    bars: Trace = {
        "type": "bar",
        "orientation": "h",
        "x": typed(np.clip(logs, low, high)),
        "y": typed(rows),
        "customdata": [size_of(ln) for ln in sizes.values()],
        "marker": {"color": colours, "opacity": [1.0] * 4 + [0.55] * len(paths.without)},
        "width": 0.34,
        "offset": 0.08,
        "text": list(sizes),
        "textposition": "none",
        "hovertemplate": "%{text}: %{customdata}<extra></extra>",
    }
    words = [
        label(
            look, f"{lowered(name)}: {size_of(ln)}", 0.0, float(row), colour, xref="paper",
            yanchor="middle", yshift=7, font={"size": TEXT, "color": colour},
        )
        for row, (name, ln), colour in zip(rows, sizes.items(), colours, strict=True)
    ]  # fmt: skip
    x = power_axis(look, "gradient left", low, high, most=5)
    y = axis(look, " ", range=[float(rows[-1]) + 0.62, -0.6], showgrid=False, tickvals=[], ticks="")
    one = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1,
           "line": {"color": look.muted, "width": 1.5}}  # fmt: skip
    margin = {**MARGIN, "l": 12}
    traces = [bars, *off_scale(look, logs, rows, low)]
    return {"data": traces, "layout": layout(look, x, y, annotations=words, shapes=[one], margin=margin)}


def off_scale(look: Look, logs: Array, rows: Array, low: float) -> list[Trace]:
    """Marks at the left edge for bars that go on beyond it: full, or hollow for an exact zero."""
    beyond = logs < low
    if not beyond.any():
        return []
    symbols = ["triangle-left-open" if zero else "triangle-left" for zero in np.isneginf(logs[beyond])]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": typed(np.full(beyond.sum(), low)),
            "y": typed(rows[beyond] + 0.25),
            "marker": {"symbol": symbols, "size": 12, "color": look.background, "line": {"width": 2}},
            "cliponaxis": False,
            "name": "beyond the scale",
            "hoverinfo": "skip",
        }
    ]


def bias(look: Look, found: BiasCurve | None, present: float) -> Figure:
    """The true ∂h_t/∂h_k and the forget gates alone at every forget bias, the present one marked."""
    if found is None:
        hidden = {"visible": False}
        why = "Not drawn: the initialiser draws the bias,<br>or the size leaves no time for it."
        words = [note(look, why, 0.5, 0.5, yref="paper", xanchor="center")]
        return {"data": [], "layout": layout(look, hidden, hidden, annotations=words)}
    sizes = np.concatenate([found.h_h, found.additive]) / LN10
    finite = sizes[np.isfinite(sizes)]
    scale = Scale(
        min(1.05 * float(finite.min(initial=0.0)), -3.0), max(1.05 * float(finite.max(initial=0.0)), 1.0)
    )
    alone = look.symbols["f"]
    traces = curve(found.bias, found.additive, scale, name="∏ f", colour=alone)
    traces[0]["line"] = {"color": alone, "width": 3, "dash": "dash"}
    traces += curve(found.bias, found.h_h, scale, name="true ∂hₜ/∂hₖ", colour=look.ink, meta="main")
    for trace in traces[:1] + traces[-1:]:
        trace["hovertemplate"] = trace["hovertemplate"].replace("at %{x}", "at a bias of %{x}")
    true = "<b>true ∂h<sub>t</sub>/∂h<sub>k</sub></b>"
    corner = {"yref": "paper", "xanchor": "right"}
    words = [
        now(look, present),
        note(look, true, 0.98, 0.17, **corner, font={"size": TEXT, "color": look.ink}),
        note(look, "<b>∏ f</b>", 0.98, 0.05, **corner, font={"size": TEXT, "color": alone}),
    ]
    x = axis(look, "forget bias", range=[LOW, HIGH])
    y = power_axis(look, "gradient left", scale.low, scale.high, most=5)
    at = min(max(present, LOW), HIGH)
    marked = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
              "line": {"color": look.threshold, "width": 2.5}}  # fmt: skip
    shapes = [*bands(look, scale.low, scale.high), marked]
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=MARGIN)}


def now(look: Look, present: float) -> dict[str, Any]:
    """The word beside the line at the present bias; a bias beyond the axis at its end with its value."""
    at = min(max(present, LOW), HIGH)
    words = "now" if at == present else f"now: {number(present)}, beyond"
    right = at > (LOW + HIGH) / 2
    return note(
        look, f"<b>{words}</b>", at, 0.5, xref="x", yref="paper", xanchor="right" if right else "left",
        xshift=-5 if right else 5, font={"size": DIRECT - 2, "color": look.threshold},
    )  # fmt: skip
