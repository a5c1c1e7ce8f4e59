"""The forward pass and the loss: what is recorded, against the equations applied once more."""

from dataclasses import replace

import numpy as np

from explorer import flow
from explorer import run as runs
from explorer.arrays import Array, Values, log_norm
from explorer.checking import Check, relative, worst
from explorer.run import Run
from explorer.sequences import SENTENCE
from explorer.weights import blocks

VALUES = 1e-12


def forward_checks(run: Run) -> tuple[Check, ...]:
    """All checks of the values themselves."""
    return replay_check(run), loss_check(run), prefix_check(run)


def replay_check(run: Run) -> Check:
    """Every recorded value from the recorded state before it, all steps at once."""
    again = replayed(run)
    errors = [apart(again[symbol], a) for symbol, a in run.trace.z.items()]
    errors += [apart(again[block], run.trace.s[block][1:]) for block in run.cell.state]
    return Check(
        "hₜ", "", "identity",
        "Every recorded value, against the equations applied to the recorded state before it.",
        r"h_t=\phi(b+W h_{t-1}+U x_t)\ \text{or the cell’s equations}",
        worst(*errors), VALUES, sum(a.size for a in run.trace.z.values()),
    )  # fmt: skip


def replayed(run: Run) -> Values:
    """Every value of steps 1..T from the recorded s_0..s_{T-1}, (T, H) each."""
    cell, w, before = run.cell, run.weights, {block: a[:-1] for block, a in run.trace.s.items()}
    u = {block: run.trace.x @ w.U[block].T for block in cell.u_blocks}
    v = {block: before["h"] @ w.W[block].T for block in cell.v_blocks}
    for block in blocks(cell):
        sums = u if block in cell.u_blocks else v
        sums[block] = sums[block] + w.b[block]
    return cell.step(u, v, before)


def apart(a: Array, b: Array) -> float:
    """The largest ‖a_t − b_t‖ relative to ‖b_t‖ over the steps; nan where either holds one."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    return relative(np.exp(log_norm(a - b)), np.exp(log_norm(b)))


def loss_check(run: Run) -> Check:
    """E_t and its part by h_t, each against its definition."""
    readout, h, targets = run.readout, run.trace.s["h"][1:], run.sequence.targets[: run.T]
    o = h @ readout.V.T + readout.c
    gap = o - np.take_along_axis(o, targets[:, None], axis=-1)
    E = np.logaddexp.reduce(gap, axis=-1)  # ln Σ_j e^(o_j − o_y)
    return Check(
        "Eₜ", "", "identity",
        "The loss of every step, and the probabilities of every step, which add up to 1.",
        r"E_t=\ln\sum_j e^{o_j-o_y},\quad \textstyle\sum_j\hat y_j=1",
        worst(relative(run.loss.E - E, 1.0 + np.max(np.abs(o), axis=-1)),
              relative(run.loss.probabilities.sum(axis=-1) - 1.0, np.ones(run.T))),
        VALUES, 2 * run.T,
    )  # fmt: skip


def prefix_check(run: Run) -> Check:
    """A run of half the length against the beginning of this one."""
    n = (run.T + 1) // 2
    e = run.experiment
    if e.input == SENTENCE or e.forget_rule == "chrono":  # both make the network depend on T
        s0 = {block: a[0] for block, a in run.trace.s.items()}
        shorter = flow.forward(run.cell, run.weights, run.trace.x[:n], s0)
    else:
        shorter = runs.run(replace(e, steps=n)).trace
    longer = run.trace.upto(n)
    pairs = [(shorter.s[k], longer.s[k]) for k in longer.s] + [(shorter.z[k], longer.z[k]) for k in longer.z]
    return Check(
        "prefix", "", "identity",
        "A shorter run is the beginning of a longer one, value by value.",
        r"h_t^{(T')}=h_t^{(T)}\quad\text{for } t\le T'\le T",
        worst(*(apart(a, b) for a, b in pairs)), VALUES, sum(a.size for a, _ in pairs),
    )  # fmt: skip
