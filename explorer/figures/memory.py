"""Figures of the forward pass: the unrolled network so far, the next word's chances, and the states."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.figures.contrast import contrasting, mixed
from explorer.figures.film import MOST_FRAMES, Drawn, Frame
from explorer.figures.parts import axis, escaped, label, layout, typed
from explorer.figures.strip import Node, Strip, folded
from explorer.figures.theme import LINE, Figure, Look, Trace
from explorer.reports.memory import MemoryReport
from explorer.wording import number

MOST_WORDS, MOST_UNITS = 12, 5


def unrolled(look: Look, report: MemoryReport) -> Strip:
    """The network unrolled as far as step t: one cell a word, under it the chance given to the next word."""
    steps = folded(report.run.T, (report.t,))
    nodes = tuple(node(look, report, step) for step in steps)
    alt = (
        f"Unrolled network of {report.run.T} steps, drawn up to step {report.t}; under each step the "
        f"probability of the word that came next: {number(float(report.chance[report.t - 1]), 2)} there."
    )
    t, T = report.t, report.run.T
    says = f"read “{report.tokens[t]}”" if t < T else ""
    return Strip(nodes, alt, t, player=says or "the end")


def frame(look: Look, report: MemoryReport) -> Frame:
    """Strip and panels at the report's step."""
    panels = {
        "next": Drawn(f"P(next word | {report.so_far()})", chances(look, report), report.next_alt()),
        "states": Drawn("What it remembers: h", states(look, report), report.states_alt()),
    }
    return Frame(unrolled(look, report), panels, report.finding())


def frames(look: Look, report: MemoryReport) -> Callable[[], list[Frame]]:
    """How to make the frames of all steps."""
    T = report.run.T
    return lambda: [frame(look, replace(report, t=t)) for t in range(1, T + 1)] if T <= MOST_FRAMES else []


def node(look: Look, report: MemoryReport, step: int) -> Node:
    """One step: filled by its chance once it is reached, hollow before."""
    if step == -1:
        return Node(-1, "…", "", look.background, look.ink, 0.1, look.muted, False)
    chance, read = float(report.chance[step - 1]), step <= report.t
    fill = mixed(look.sequential, 0.1 + 0.9 * chance) if read else look.background
    width, edge = (0.22, look.ink) if step < report.t else (0.02, look.grid)
    shown = f"{chance:.2f}" if read else ""
    return Node(step, report.tokens[step - 1], shown, fill, contrasting(fill), width, edge, step == report.t)


def chances(look: Look, report: MemoryReport) -> Figure:
    """P(next word | words so far) as bars, the word that does come next in full colour."""
    p, vocabulary = report.probabilities, report.run.sequence.vocabulary
    order = list(range(len(p)))
    if len(order) > MOST_WORDS:
        order = sorted({*np.argsort(-p)[: MOST_WORDS - 1].tolist(), report.right}, key=lambda i: -p[i])
    order = order[::-1]
    fill = look.cells["lstm"]
    bars: Trace = {
        "type": "bar", "orientation": "h", "x": typed(p[order]), "y": list(range(len(order))),
        "marker": {"color": [fill if i == report.right else look.muted for i in order]},
        "text": [number(float(p[i]), 2) for i in order], "textposition": "outside", "cliponaxis": False,
        "hovertemplate": "%{text}<extra></extra>", "name": "probability of the next word",
    }  # fmt: skip
    x = axis(look, "probability", range=[0, 1.12], tickvals=[0, 0.5, 1])
    names = [word(vocabulary[i], bold=i == report.right) for i in order]
    y = axis(look, "next word", tickvals=list(range(len(order))), ticktext=names, showgrid=False)
    return {"data": [bars], "layout": layout(look, x, y, bargap=0.25)}


def word(text: str, *, bold: bool) -> str:
    """A word as a tick: cut where it is long, bold where it is right."""
    cut = escaped(text if len(text) <= 14 else f"{text[:13]}…")
    return f"<b>{cut}</b>" if bold else cut


def states(look: Look, report: MemoryReport) -> Figure:
    """Each unit of h over the steps so far; the first few units by name."""
    h, t, T = report.run.trace.s["h"], report.t, report.run.T
    reach = max(1.0, float(np.abs(h).max())) * 1.08
    traces: list[Trace] = []
    words: list[dict[str, Any]] = []
    placed: list[float] = []
    for unit, colour in zip(range(min(h.shape[1], MOST_UNITS)), look.accents, strict=False):
        traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": typed(np.arange(t + 1)),
                "y": typed(h[: t + 1, unit]), "line": {"color": colour, "width": LINE},
                "marker": {"size": 8, "color": colour}, "name": f"h{unit + 1}",
                "hovertemplate": f"h<sub>{unit + 1}</sub> = %{{y:.3f}} at step %{{x}}<extra></extra>",
            }
        )  # fmt: skip
        place = float(h[t, unit])
        while any(abs(place - other) < 0.13 * reach for other in placed):
            place += 0.14 * reach
        placed.append(place)
        words.append(label(look, f"h<sub>{unit + 1}</sub>", t, place, colour, yanchor="middle", xshift=10))
    x = axis(look, "step t", range=[-0.2, T + max(0.8, 0.08 * T)], dtick=max(1, T // 8))
    y = axis(look, "state h", range=[-reach, reach])
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0,
            "line": {"color": look.muted, "width": 1.5, "dash": "dot"}}  # fmt: skip
    return {"data": traces, "layout": layout(look, x, y, annotations=words, shapes=[zero])}
