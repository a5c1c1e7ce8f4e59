"""The unrolled drawing of one wiring, the gradient at every state under all four, and its two paths."""

from collections.abc import Sequence

import numpy as np

from explorer.arrays import Array
from explorer.figures.contrast import contrasting
from explorer.figures.legend import HEAVY, PLAIN, ROOM, legend
from explorer.figures.parts import (
    LN10,
    Scale,
    axis,
    bands,
    curve,
    escaped,
    layout,
    note,
    power_axis,
    scale_of,
)
from explorer.figures.strip import colour_at
from explorer.figures.theme import DIRECT, TEXT, TITLE, Figure, Look, Trace
from explorer.reports.shapes import ShapesReport
from explorer.wording import power

MARGIN = {"l": 66, "r": 14, "t": ROOM, "b": 48}
INPUT, STATE, OUTPUT = 0.0, 1.0, 2.0  # heights of the drawing's rows
LONGEST_WORD = 9  # letters that fit a column


def palette(look: Look) -> dict[str, str]:
    """One colour for each wiring."""
    names = ("one_to_many", "many_to_one", "many_to_many", "synced")
    return dict(zip(names, (look.accents[3], look.accents[1], look.accents[4], look.accents[2]), strict=True))


def drawing(look: Look, report: ShapesReport) -> Figure:
    """The network unrolled: what is read below, states in the colour of their gradient, errors above."""
    columns = report.columns()
    traces = edges(look, report, columns)
    traces += [states(look, report, columns), inputs(look, report, columns), errors(look, report, columns)]
    rows = ((OUTPUT, "error E<sub>t</sub>"), (STATE, "state h<sub>t</sub>"), (INPUT, "input x<sub>t</sub>"))
    words = [
        note(look, text, 0.0, y, xref="x", font={"size": TITLE, "color": look.muted}, xanchor="right",
             xshift=0) | {"x": -0.55}
        for y, text in rows
    ]  # fmt: skip
    words += [
        note(look, "…", i, STATE, xref="x", xanchor="center", font={"size": DIRECT, "color": look.ink})
        for i, step in enumerate(columns)
        if step < 0
    ]
    hidden = {"visible": False, "fixedrange": True}
    x = axis(look, "", range=[-1.0 - 0.1 * len(columns) ** 0.5, len(columns) - 0.4], **hidden)
    y = axis(look, "", range=[-0.5, 2.5], **hidden)
    margin = {"l": 6, "r": 6, "t": 4, "b": 4}
    return {
        "data": traces,
        "layout": layout(look, x, y, annotations=words, margin=margin, hovermode="closest"),
    }


def edges(look: Look, report: ShapesReport, columns: Sequence[int]) -> list[Trace]:
    """The lines: state to state as wide as the gradient on it, inputs, outputs, and words fed back."""
    run, found = report.shape.run, report.shape.found
    drawn: list[Trace] = []
    for i, step in enumerate(columns):
        if step < 0:
            continue
        if i:
            passed = float(found.state_path[step - 1]) if step > 1 else -np.inf
            drawn.append(edge(look, (i - 0.78, STATE), (i - 0.22, STATE), passed))
        if run.plan.reads[step - 1] or run.plan.feeds[step - 1]:
            drawn.append(plain(look, (i, INPUT + 0.24), (i, STATE - 0.26)))
        if run.plan.errs[step - 1]:
            drawn.append(edge(look, (i, STATE + 0.26), (i, OUTPUT - 0.24), float(found.own[step])))
        if run.plan.feeds[step - 1] and run.own and i and columns[i - 1] > 0:
            drawn.append(
                edge(
                    look,
                    (i - 0.8, OUTPUT - 0.22),
                    (i - 0.16, INPUT + 0.26),
                    float(found.output_path[step - 1]),
                    dash="dot",
                )
            )
    return drawn


def edge(
    look: Look, start: tuple[float, float], end: tuple[float, float], ln: float, *, dash: str = "solid"
) -> Trace:
    """A line as wide and as coloured as the gradient of size e^ln it carries; thin and grey for none."""
    size = ln / LN10
    width = float(np.clip(1.0 + 1.3 * (size + 6.0), 1.5, 11.0)) if np.isfinite(size) else 1.0
    width = width if dash == "solid" else min(width, 4.0)
    colour = edge_colour(look, size)
    return {
        "type": "scatter", "mode": "lines", "x": [start[0], end[0]], "y": [start[1], end[1]],
        "line": {"color": colour, "width": width, "dash": dash}, "name": "gradient",
        "hovertemplate": f"gradient on this edge: {power(ln)}<extra></extra>",
    }  # fmt: skip


def edge_colour(look: Look, decades: float) -> str:
    """The diverging colour, but grey for none and near 1, and never paler than that of a hundredth."""
    if not np.isfinite(decades):
        return look.muted
    return look.muted if abs(decades) < 0.35 else colour_at(look, np.sign(decades) * max(abs(decades), 2.0))


def plain(look: Look, start: tuple[float, float], end: tuple[float, float]) -> Trace:
    """A thin line along which a value enters."""
    return {
        "type": "scatter", "mode": "lines", "x": [start[0], end[0]], "y": [start[1], end[1]],
        "line": {"color": look.muted, "width": 1.5}, "hoverinfo": "skip", "name": "input",
    }  # fmt: skip


def shown(columns: Sequence[int]) -> list[tuple[int, int]]:
    """(column, step) of every column that is a step."""
    return [(i, step) for i, step in enumerate(columns) if step > 0]


def states(look: Look, report: ShapesReport, columns: Sequence[int]) -> Trace:
    """The states as circles, coloured by ‖dE/ds_k‖, the number inside."""
    total = report.shape.found.total
    pairs = shown(columns)
    fills = [colour_at(look, float(np.nan_to_num(total[step] / LN10, neginf=-99.0))) for _, step in pairs]
    return {
        "type": "scatter", "mode": "markers+text", "x": [i for i, _ in pairs], "y": [STATE] * len(pairs),
        "text": [power(float(total[step])) for _, step in pairs], "textposition": "middle center",
        "textfont": {"size": TEXT - 1, "color": [contrasting(fill) for fill in fills]},
        "marker": {"size": 44, "color": fills, "line": {"color": look.ink, "width": 1.5}}, "name": "states",
        "customdata": [step for _, step in pairs],
        "hovertemplate": "step %{customdata}: ‖dE/ds‖ = %{text}<extra></extra>",
    }  # fmt: skip


def inputs(look: Look, report: ShapesReport, columns: Sequence[int]) -> Trace:
    """What is read, as words; nothing where nothing is."""
    pairs = shown(columns)
    return words_at(
        look, [(i, INPUT) for i, _ in pairs], [report.read_at(step) for _, step in pairs], look.ink
    )


def errors(look: Look, report: ShapesReport, columns: Sequence[int]) -> Trace:
    """The words asked for where an error arises."""
    pairs = [(i, step) for i, step in shown(columns) if report.shape.run.plan.errs[step - 1]]
    texts = [report.tokens[step] for _, step in pairs]
    return words_at(look, [(i, OUTPUT) for i, _ in pairs], texts, look.threshold)


def words_at(look: Look, places: list[tuple[float, float]], texts: list[str], colour: str) -> Trace:
    """Words at places of the drawing."""
    cut = [text if len(text) <= LONGEST_WORD else text[: LONGEST_WORD - 1] + "…" for text in texts]
    return {
        "type": "scatter", "mode": "text", "x": [x for x, _ in places], "y": [y for _, y in places],
        "text": [f"<b>{escaped(text)}</b>" for text in cut], "textfont": {"size": TEXT, "color": colour},
        "hoverinfo": "skip", "name": "words",
    }  # fmt: skip


def reach(look: Look, report: ShapesReport) -> Figure:
    """‖dE/ds_k‖ of all errors at every state under the four wirings, the chosen one heavy."""
    curves = [shape.found.total[1:] for shape in report.shapes.values()]
    scale = scale_of(curves, least=2.0)
    colours, traces = palette(look), []
    for name, shape in report.shapes.items():
        k = np.arange(1, shape.run.T + 1, dtype=np.float64)
        drawn = curve(k, shape.found.total[1:], scale, name=shape.label, colour=colours[name])
        heavy = name == report.chosen
        drawn[0]["line"]["width"] = 5 if heavy else 2
        drawn[0] |= {"meta": "main"} if heavy else {"opacity": 0.8}
        traces += drawn
    marks = {name: HEAVY if name == report.chosen else PLAIN for name in report.shapes}
    words = legend(look, [(marks[name], one.label, colours[name]) for name, one in report.shapes.items()])
    T = max(shape.run.T for shape in report.shapes.values())
    x = axis(look, "step k", range=[0.7, T + 0.3])
    y = power_axis(look, "‖dE/ds<sub>k</sub>‖", scale.low, scale.high)
    shapes = bands(look, scale.low, scale.high)
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=[words], margin=MARGIN)}


def paths(look: Look, report: ShapesReport) -> Figure:
    """What comes to state k through the state and through the word said, and the step's own error."""
    found, plan, T = report.shape.found, report.shape.run.plan, report.T
    k = np.arange(1, T + 1)
    lines = [
        ("through the state", found.state_path, k < T, look.ink),
        ("own error", found.own, plan.errs, look.threshold),
    ]
    if report.writes:
        feeds = np.append(plan.feeds[1:], False)
        lines.insert(1, ("through the word", found.output_path, feeds, look.accents[4]))
    scale = scale_of([ln[1:][where] for _, ln, where, _ in lines], least=2.0)
    traces: list[Trace] = []
    for name, ln, where, colour in lines:
        traces += marked(k[where].astype(np.float64), ln[1:][where], scale, name, colour)
    words = legend(look, [(PLAIN, name, colour) for name, _, _, colour in lines])
    x = axis(look, "state k", range=[0.7, T + 0.3])
    y = power_axis(look, "part of dE/ds<sub>k</sub>", scale.low, scale.high)
    shapes = bands(look, scale.low, scale.high)
    return {"data": traces, "layout": layout(look, x, y, shapes=shapes, annotations=[words], margin=MARGIN)}


def marked(k: Array, ln: Array, scale: Scale, name: str, colour: str) -> list[Trace]:
    """A curve whose points are marked, for single points would be lost."""
    drawn = curve(k, ln, scale, name=name, colour=colour)
    drawn[0] |= {"mode": "lines+markers", "marker": {"size": 6, "color": colour}}
    return drawn
