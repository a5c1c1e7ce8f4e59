"""The certificate's dots, and one gradient followed three ways."""

from typing import Any

import numpy as np

from explorer.arrays import Array, Integers
from explorer.checking import KINDS, Check
from explorer.figures.parts import (
    LN10,
    axis,
    band_names,
    bands,
    curve,
    label,
    layout,
    lowered,
    note,
    power_axis,
    scale_of,
    typed,
)
from explorer.figures.theme import TEXT, Figure, Look, Trace
from explorer.reports.checks import ChecksReport, Comparison, Row
from explorer.wording import number

LEAST, MOST = -17.6, 0.6  # log₁₀ of errors on the axis; what is larger stands at its end
EXACT = -17.1  # where an error of exactly zero is drawn
DIGIT = float(np.log10(np.finfo(np.float64).eps))


def dots(look: Look, report: ChecksReport) -> Figure:
    """Every check's error against its tolerance, one row per name, exact agreement at the left end."""
    places, heads = placed(report.rows())
    traces = [
        points(look, places, passed=True),
        points(look, places, passed=False),
        tolerances(look, places),
    ]
    y = axis(
        look, "check", range=[max(places) + 0.6, -0.6], showgrid=True, ticks="",
        tickvals=list(places), ticktext=[lowered(row.name) for row in places.values()],
    )  # fmt: skip
    y["tickfont"] = {"size": TEXT, "color": look.ink}
    x = power_axis(look, "largest relative error", LEAST, MOST)
    ticks = [-15, -12, -9, -6, -3, 0]
    x |= {"tickvals": [EXACT, *ticks], "ticktext": ["0", *[f"10<sup>{n}</sup>" if n else "1" for n in ticks]]}
    x["ticktext"] = ["exact" if text == "0" else text for text in x["ticktext"]]
    font = {"size": TEXT - 1, "color": look.muted}
    words = [note(look, f"<b>{KINDS[kind]}</b>", 0.002, at, font=font) for kind, at in heads.items()]
    words += [
        note(look, compared(row), 0.995, at, font=font, xanchor="right") for at, row in places.items()
    ]
    words.append(label(look, "tolerance", MOST, 0, look.threshold, yanchor="middle", xanchor="right",
                       font={"size": TEXT, "color": look.threshold}))  # fmt: skip
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": DIGIT, "x1": DIGIT, "layer": "below",
            "line": {"color": look.muted, "width": 1.5, "dash": "dot"}}  # fmt: skip
    margin = {"l": 112, "r": 10, "t": 4, "b": 46}
    return {"data": traces, "layout": layout(look, x, y, annotations=words, shapes=[line], margin=margin)}


def placed(rows: tuple[Row, ...]) -> tuple[dict[int, Row], dict[str, int]]:
    """{place on the y-axis: row}, and {kind: place of its heading}."""
    places, heads, at = {}, {}, 0
    for row in rows:
        if row.kind not in heads:
            heads[row.kind] = at
            at += 1
        places[at] = row
        at += 1
    return places, heads


def compared(row: Row) -> str:
    """How much was compared: a gradient is seen along random directions, anything else number by number."""
    noun = "direction" if row.name.startswith("∂E/∂") else "number"
    return f"{row.count:,} {noun}" if row.count == 1 else f"{row.count:,} {noun}s"


def spots(places: dict[int, Row], *, passed: bool) -> list[tuple[int, Check]]:
    """(place, check) of the checks that pass, or that do not."""
    return [(at, check) for at, row in places.items() for check in row.checks if check.passed == passed]


def points(look: Look, places: dict[int, Row], *, passed: bool) -> Trace:
    """The errors of the checks that pass as dots, or of those that fail as crosses."""
    found = spots(places, passed=passed)
    symbols = ["circle-open" if c.error == 0 else "circle" if passed else "x" for _, c in found]
    return {
        "type": "scatter", "mode": "markers", "x": typed([shown(check.error) for _, check in found]),
        "y": typed([at for at, _ in found]),
        "marker": {"symbol": symbols, "size": 11 if passed else 15, "opacity": 0.85,
                   "line": {"width": 2, "color": look.accents[1] if passed else look.threshold},
                   "color": look.accents[1] if passed else look.threshold},
        "name": "passed" if passed else "failed",
        "customdata": [[f"{lowered(c.name)} {c.part}".strip(), number(c.error, 2), f"{c.count:,}", c.at]
                       for _, c in found],
        "hovertemplate": "%{customdata[0]}: largest error %{customdata[1]}<br>%{customdata[2]} numbers, "
        "%{customdata[3]}<extra></extra>",
    }  # fmt: skip


def shown(error: float) -> float:
    """log₁₀ of an error within the axis; zero at its own place, what is no number at the far end."""
    if error == 0:
        return EXACT
    return float(np.clip(np.log10(error), EXACT + 0.4, MOST - 0.15)) if np.isfinite(error) else MOST - 0.15


def tolerances(look: Look, places: dict[int, Row]) -> Trace:
    """The tolerance of every row as a short upright line."""
    return {
        "type": "scatter", "mode": "markers",
        "x": typed([np.log10(row.checks[0].tolerance) for row in places.values()]), "y": typed(list(places)),
        "marker": {"symbol": "line-ns-open", "size": 15, "color": look.threshold, "line": {"width": 3}},
        "name": "tolerance", "hovertemplate": "tolerance 10<sup>%{x:.0f}</sup><extra></extra>",
    }  # fmt: skip


def three_ways(look: Look, shown: Comparison) -> Figure:
    """One gradient by lag: product of Jacobians (line), complex step (rings), difference (crosses)."""
    lag = np.arange(len(shown.engine), dtype=np.float64)
    scale = scale_of([shown.engine, shown.oracle], least=2.9)
    traces = curve(lag, shown.engine, scale, name="product of Jacobians", colour=look.ink, meta="main")
    rings, crosses = ({"symbol": "circle-open", "size": 13}, {"symbol": "x-thin-open", "size": 9})
    ways = (
        (shown.oracle, "complex step", {**rings, "color": look.accents[1]}),
        (shown.difference, "central difference", {**crosses, "color": look.accents[3]}),
    )
    for values, name, marker in ways:
        traces += marked(shown.lag, values, (scale.low, scale.high), {**marker, "name": name})
    words = [*band_names(look, scale.low, scale.high), *named(look, shown, (scale.low, scale.high))]
    x = axis(look, "lag T − k (steps)", range=[-0.02 * max(shown.T, 1), 1.02 * max(shown.T, 1)])
    y = power_axis(look, "‖∂s<sub>T</sub>/∂s<sub>k</sub> v‖", scale.low, scale.high)
    shapes = bands(look, scale.low, scale.high)
    margin = {"l": 66, "r": 12, "t": 8, "b": 48}
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=words, margin=margin)}


def named(look: Look, shown: Comparison, ends: tuple[float, float]) -> list[dict[str, Any]]:
    """The names of the curves, the difference's own where it has left the other two."""
    low, high = ends
    middle = int(np.argmin(np.abs(shown.lag - int(0.62 * shown.T))))
    at = int(shown.lag[middle])
    ours, theirs = (
        float(np.clip(values[middle] / LN10, low, high)) if np.isfinite(values[middle]) else low
        for values in (shown.oracle, shown.difference)
    )
    apart = theirs - ours > 0.08 * (high - low)
    below = ours - low > 0.2 * (high - low)
    words = [
        label(look, "engine and complex step", at, ours, look.accents[1], yshift=-12 if below else 14,
              xanchor=("right" if ours < -0.5 else "left") if below else "center",
              yanchor="top" if below else "bottom")
    ]  # fmt: skip
    if apart:
        name = "central difference"
        words.append(label(look, name, at, theirs, look.accents[3], xanchor="center", yshift=8))
    return words


def marked(x: Array | Integers, ln: Array, ends: tuple[float, float], marker: dict[str, Any]) -> list[Trace]:
    """Values given as ln as marks; those beyond the scale stand at its end, zeros at the bottom."""
    name = marker.pop("name")
    log10 = np.where(np.isfinite(ln), ln / LN10, -1e6)
    pad = 0.02 * (ends[1] - ends[0])
    return [
        {
            "type": "scatter", "mode": "markers", "x": typed(x),
            "y": typed(np.clip(log10, ends[0] + pad, ends[1] - pad)),
            "marker": {**marker, "line": {"width": 2.5, "color": marker["color"]}}, "name": name,
            "customdata": ["exactly 0" if np.isneginf(v) else f"10<sup>{v / LN10:.2f}</sup>" for v in ln],
            "hovertemplate": f"{name} at lag %{{x}}: %{{customdata}}<extra></extra>",
        }
    ]  # fmt: skip
