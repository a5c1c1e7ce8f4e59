"""Gates, or the saturation of an RNN's units, over the checkpoints of a training run."""

from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.cells import RNN
from explorer.figures.parts import axis, label, layout, typed
from explorer.figures.theme import Figure, Look, Trace
from explorer.figures.training import MARGIN, faint, line, span, upright
from explorer.reports import training_gates as reports
from explorer.reports.training import TrainingReport
from explorer.reports.training_runs import RunView

APART = 0.27  # of the axis, between two names


def gates(look: Look, report: TrainingReport) -> Figure:
    """The mean over updates of every gate, or of the flat units, with the middle 80 % as a band."""
    run = report.run
    rows = curves(look, run)
    traces: list[Trace] = []
    for name, colour, values in rows:
        traces += banded(reports.updates(run).astype(np.float64), values, colour, name)
    marks = [] if run.updates else [label(look, "before training", 0.5, 1.0, look.muted, xref="paper",
                                          yref="paper", xanchor="center", yanchor="top")]  # fmt: skip
    notes = names(look, rows) + marks
    shapes = [upright(report.picture.update, look.ink, "solid") | {"opacity": 0.35}]
    x_axis = axis(look, "update", range=span(report), nticks=6)
    rnn = run.training.cell == RNN.name
    y_axis = axis(look, "% of units" if rnn else "gate", range=[-4, 104] if rnn else [-0.04, 1.04], nticks=5)
    return {"data": traces, "layout": layout(look, x_axis, y_axis, annotations=notes, shapes=shapes,
                                             margin={**MARGIN, "r": 76 if rnn else 26})}  # fmt: skip


def curves(look: Look, run: RunView) -> list[tuple[str, str, Array]]:
    """Name, colour and (n, 3) of every curve; shares in per cent."""
    if run.training.cell != RNN.name:
        return [(k, look.symbols[k], gate) for k, gate in reports.opened(run).items()]
    relu = run.training.activation == "relu"
    found = [("slope 0" if relu else "flat", look.cells[RNN.name], 100 * reports.flat(run))]
    if relu:
        gone = 100 * reports.dead(run)
        found.append(("dead", look.accents[3], np.stack([gone] * 3, axis=1)))
    return found


def banded(x: Array, values: Array, colour: str, name: str) -> list[Trace]:
    """The mean as a line with its points, and the band from 10 to 90 %."""
    mean, low, high = values.T
    band = line(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]), colour, 0,
                fill="toself", fillcolor=faint(colour), mode="none", name=f"{name}, 10 to 90 %")  # fmt: skip
    heavy = line(x, mean, colour, 3.0, mode="lines+markers", name=name, hoverinfo="all",
                 marker={"size": 5 if len(x) > 1 else 9, "color": colour},
                 customdata=typed(np.stack([low, high], axis=1)), meta="main",
                 hovertemplate=f"{name}: %{{y:.3g}} after %{{x}} updates<br>10 to 90 %: "
                 "%{customdata[0]:.3g} to %{customdata[1]:.3g}<extra></extra>")  # fmt: skip
    return [band, heavy]


def names(look: Look, rows: list[tuple[str, str, Array]]) -> list[dict[str, Any]]:
    """The curves' names at their right ends, moved apart where they would touch."""
    scale = 100.0 if rows[0][0] not in look.symbols else 1.0
    found, ceiling = [], scale
    room = APART * scale
    for below, (name, colour, values) in enumerate(sorted(rows, key=lambda row: -row[2][-1, 0])):
        least = room * (len(rows) - 1 - below)
        height = max(min(float(values[-1, 0]), ceiling), least)
        ceiling = height - room
        found.append(label(look, name, 1.0, height, colour, xref="paper", xshift=4, yanchor="middle"))
    return found
