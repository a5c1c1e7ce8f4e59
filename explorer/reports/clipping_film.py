"""The clipping page's report under every threshold of its slider, computed together."""

from dataclasses import replace

import numpy as np

from explorer import thresholds
from explorer.arrays import Array, freeze, log
from explorer.clipping import LN2
from explorer.experiment import FIELDS
from explorer.reports.clipping import ClippingReport, Mode, most_cut, parts_by_step, parts_scaled
from explorer.run import Run

POSITIONS: tuple[float, ...] = FIELDS["threshold"].metadata["control"].grid
MOST_STEPS = 1_000  # three curves for each position are then a megabyte
MOST_WORK = 2.5e9  # multiplications, half a second
AT_ONCE = 2_000_000  # entries of an array that is formed for several thresholds


def fits(run: Run) -> bool:
    """Whether the reports for all thresholds are computed and sent ahead; else the server is asked for each.

    Step by step every entry of ∂E/∂W is cut by its own factor under each threshold.
    """
    entries = sum(a.size for a in run.weights.W.values())
    return run.T <= MOST_STEPS and float(len(POSITIONS)) * run.T * entries <= MOST_WORK


def clipping_reports(run: Run, mode: str) -> tuple[ClippingReport, ...]:
    """What `clipping_report` says of a run with its only error at the last step, at each of POSITIONS."""
    back, theta = run.back, np.log(POSITIONS)
    before, factors = parts_by_step(run, back), thresholds.factors_inside(back, theta)
    value = thresholds.by_value(back.gradient, back.gradient_exponent, theta)
    norm = thresholds.by_norm(value.log_before, theta)
    inside = thresholds.inside(run.cell, run.trace, back, factors)
    ways = {
        "norm": (norm, before + norm.log_factor[:, None]),
        "value": (value, parts_by_value(run, before, theta)),
        "inside": (replace(inside, log_before=value.log_before), before + factors),
    }
    least = most_cut(back, value.log_before)
    reports = []
    for i, threshold in enumerate(POSITIONS):
        modes = {name: Mode(name, parts[i], outcomes.at(i)) for name, (outcomes, parts) in ways.items()}
        reports.append(ClippingReport(run.T, threshold, before, modes, mode, least))
    return freeze(tuple(reports))


def parts_by_value(run: Run, before: Array, log_thresholds: Array) -> Array:
    """ln‖part of ∂E/∂W through step k‖ after clipping by value under each of n thresholds, (n, T + 1)."""
    back, H = run.back, run.weights.H
    shift = float(back.gradient_exponent) * LN2
    sizes = {block: log(np.abs(g)) + shift for block, g in back.gradient.W.items()}
    largest = max(float(a.max()) for a in sizes.values())
    parts = np.tile(before, (len(log_thresholds), 1))
    cut = np.flatnonzero(log_thresholds < largest)
    for some in np.array_split(cut, 1 + len(cut) * run.T * H // AT_ONCE):
        theta = log_thresholds[some, None, None]
        parts[some] = parts_scaled(run, back, {k: np.minimum(0.0, theta - a) for k, a in sizes.items()})
    return parts
