"""What becomes of gates, or of the slope of an RNN's units, while a network learns."""

from collections.abc import Sequence

import numpy as np

from explorer.arrays import Array, Integers, Values
from explorer.cells import CELLS, RNN
from explorer.reports.training import sentence
from explorer.reports.training_runs import RunView
from explorer.wording import number, percent


def updates(run: RunView) -> Integers:
    """The updates after which pictures were taken, (n,)."""
    return np.array([picture.update for picture in run.snapshots])


def opened(run: RunView) -> Values:
    """Gate -> (n, 3): its mean, 10 % and 90 % point over units and steps at every picture."""
    return {k: np.array([s.gates[k] for s in run.snapshots]) for k in run.snapshots[0].gates}


def flat(run: RunView) -> Array:
    """The share of units with little slope left at every picture: mean, 10 % and 90 % over steps, (n, 3)."""
    shares = [s.saturated for s in run.snapshots]
    return np.array([[share.mean(), *np.quantile(share, [0.1, 0.9])] for share in shares])


def dead(run: RunView) -> Array:
    """The share of units whose slope is exactly 0 at every step, at every picture, (n,)."""
    return np.array([s.dead for s in run.snapshots])


def title(run: RunView) -> str:
    """What the figure shows."""
    if run.training.cell != RNN.name:
        return "How far the gates stand open"
    return "Inactive units" if run.training.activation == "relu" else "Saturated units"


def finding(run: RunView, at: int) -> str:
    """What has become of them by the picture of that number, in one sentence."""
    after = run.snapshots[at].update
    if run.training.cell != RNN.name:
        return of_gates(run, at, after)
    share = flat(run)[:, 0]
    what = "at slope 0" if run.training.activation == "relu" else "under a tenth of their slope"
    said = f"{percent(float(share[0]))} {what} at first"
    said += f", {percent(float(share[at]))} after {after:,}" if after else ""
    gone = float(dead(run)[at])
    return f"{said}; {percent(gone)} dead" if gone else said


def of_gates(run: RunView, at: int, after: int) -> str:
    """The gate that has moved most."""
    means = {k: (float(gate[0, 0]), float(gate[at, 0])) for k, gate in opened(run).items()}
    names = CELLS[run.training.cell].gates
    if not after:
        parts = [f"{k} {number(start, 2)}" for k, (start, _) in means.items()]
        return f"Before training, on average: {', '.join(parts)}"
    most = max(means, key=lambda k: abs(means[k][1] - means[k][0]))
    start, now = means[most]
    way = "opened" if now > start else "shut"
    return f"{sentence(names[most])} {way} most, {number(start, 2)} → {number(now, 2)} after {after:,}"


def alt(run: RunView, at: int) -> str:
    """The figure in words."""
    if run.training.cell == RNN.name:
        return f"{title(run)} over updates. {finding(run, at)}."
    last: Sequence[str] = [f"{k} at {number(float(gate[at, 0]), 2)}" for k, gate in opened(run).items()]
    return f"Mean of each gate over updates, with the middle 80 %: {', '.join(last)}. {finding(run, at)}."
