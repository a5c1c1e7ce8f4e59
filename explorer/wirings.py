"""How inputs, errors and a network's own words are wired to its steps: the shapes of sequence problems.

A wiring says at which steps the network reads the sequence, at which an error arises, and at which it reads
the word before it: the one asked for (teacher forcing), or what it said itself. Said words are fed back as
the softmax's expectation ŷ_{t-1}, which is differentiable; then the gradient also travels through the
output, h_{t-1} → o_{t-1} → ŷ_{t-1} → x_t → h_t, and the one-step Jacobian of an RNN becomes

    J_t = diag(φ′(a_t)) (W + U S_{t-1} V),  S = diag(ŷ) − ŷ ŷᵀ.

A word that is sampled or chosen as the likeliest passes no gradient: that path is then cut.

To add a wiring, append one entry to WIRINGS. Shapes: T steps, H hidden units, K words (inputs X = K).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer import flow
from explorer.arrays import Array, Integers, Values, freeze, log_norm
from explorer.cells import Cell, Partials
from explorer.experiment import Experiment
from explorer.flow import LARGEST_STATE, Trace, at, joined, pull, rescaled, step_back, times, transposed
from explorer.initial import starting_state
from explorer.readout import Loss, Readout, cross_entropy, draw_readout
from explorer.run import cell_of, weights_of
from explorer.sequences import Sequence
from explorer.weights import Weights, blocks

Steps = NDArray[np.bool_]  # (T,), whether something happens at each of the steps 1..T


@dataclass(frozen=True)
class Wiring:
    """One shape of sequence problem; both functions take the steps 1..T and the encoder's length."""

    label: str
    example: str
    reads: Callable[[Integers, int], Steps]  # where the sequence itself is read
    errs: Callable[[Integers, int], Steps]  # where an error arises
    writes: bool  # whether it reads its own words, or those asked for, after the first error


def everywhere(t: Integers, encoder: int) -> Steps:
    """At every step."""
    return np.asarray(t >= 1)


WIRINGS = {
    "one_to_many": Wiring("one to many", "an image in, a caption out", lambda t, n: t == 1, everywhere, True),
    "many_to_one": Wiring(
        "many to one", "a review in, a verdict out", everywhere, lambda t, n: t == t[-1], False
    ),
    "many_to_many": Wiring(
        "many to many", "a sentence in, its translation out", lambda t, n: t <= n, lambda t, n: t >= n, True
    ),
    "synced": Wiring(
        "synced", "words in, the next word out each time", everywhere, everywhere, False
    ),
}
FEEDS = {"own": "own words", "targets": "given words"}


@dataclass(frozen=True)
class Plan:
    """What happens at each of the steps 1..T, (T,) each."""

    reads: Steps  # an input of the sequence enters
    errs: Steps  # an error arises
    feeds: Steps  # the word before is read


def plan(name: str, T: int, encoder: int) -> Plan:
    """The plan of one wiring over T steps whose encoder, where it has one, reads `encoder` of them.

    Raises ValueError for an unknown wiring and for an encoder outside 1..T.
    """
    if name not in WIRINGS:
        raise ValueError(f"wiring must be one of {', '.join(WIRINGS)}; got {name!r}")
    if not 1 <= encoder <= T:
        raise ValueError(f"encoder must lie in [1, {T}]; got {encoder}")
    wiring, t = WIRINGS[name], np.arange(1, T + 1)
    reads, errs = wiring.reads(t, encoder), wiring.errs(t, encoder)
    first = int(np.argmax(errs))
    return Plan(reads, errs, (t > first + 1) & ~reads if wiring.writes else np.zeros(T, bool))


@dataclass(frozen=True)
class Wired:
    """One network run under one wiring."""

    plan: Plan
    trace: Trace  # x holds what was read, ŷ_{t-1} where it read its own words
    loss: Loss
    own: bool  # whether it read its own words

    @property
    def T(self) -> int:
        """The steps run."""
        return self.trace.T

    @property
    def through_output(self) -> Steps:
        """The steps whose input is the network's own output of the step before, (T,)."""
        return self.plan.feeds if self.own else np.zeros(self.T, bool)


@dataclass(frozen=True)
class Network:
    """All that a run needs beside its wiring."""

    cell: Cell
    w: Weights
    readout: Readout
    s0: Values  # state block -> (H,)


def network_of(e: Experiment, X: int) -> Network:
    """The experiment's network for X words."""
    cell = cell_of(e)
    s0 = starting_state(cell, e.start, e.hidden_size, seed=e.seed)
    return Network(cell, weights_of(e, X, e.seed), draw_readout(X, e.hidden_size, seed=e.seed), s0)


def softmax(o: Array) -> Array:
    """ŷ of the logits o (..., K), any of them complex."""
    shifted = np.exp(o - np.max(o.real, axis=-1, keepdims=True))
    shares: Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return shares


def input_at(t: int, chosen: Plan, sequence: Sequence, said: Array | None) -> Array:
    """x_t (K,) for t >= 1: the sequence's word, the word before, or nothing."""
    if chosen.reads[t - 1]:
        return np.asarray(sequence.x[t - 1])
    if not chosen.feeds[t - 1]:
        return np.zeros(sequence.X)
    return np.asarray(np.eye(sequence.X)[sequence.targets[t - 2]]) if said is None else said


def one_step(net: Network, x: Array, s: Values) -> Values:
    """Every value of one step from its input x (K,) and the state before."""
    u = {k: times(net.w.U[k], x) for k in net.cell.u_blocks}
    v = {k: times(net.w.W[k], s["h"]) for k in net.cell.v_blocks}
    for k in blocks(net.cell):
        sums = u if k in net.cell.u_blocks else v
        sums[k] = sums[k] + net.w.b[k]
    values: Values = net.cell.step(u, v, s)
    return values


def run_wired(net: Network, sequence: Sequence, chosen: Plan, *, own: bool) -> Wired:
    """Run a network over the plan; with `own` it reads its own words, else those asked for.

    Ends before a state beyond 1e150; raises OverflowError if that is at step 1.
    """
    s, rows, inputs = net.s0, [], []
    for t in range(1, len(chosen.reads) + 1):
        said = softmax(net.readout.c + times(net.readout.V, s["h"])) if own and t > 1 else None
        x = input_at(t, chosen, sequence, said)
        with np.errstate(over="ignore", invalid="ignore"):
            z = one_step(net, x, s)
        if not np.max(np.abs(z["h"])) <= LARGEST_STATE:
            break
        rows.append(z)
        inputs.append(x)
        s = {k: z[k] for k in net.cell.state}
    if not rows:
        raise OverflowError("the state exceeds 1e150 at step 1; choose smaller weights or inputs")
    T = len(rows)
    z = {k: np.stack([row[k] for row in rows]) for k in rows[0]}
    states = {k: np.concatenate([net.s0[k][None], z[k]]) for k in net.cell.state}
    cut = Plan(chosen.reads[:T], chosen.errs[:T], chosen.feeds[:T])
    loss = cross_entropy(net.readout, states["h"][1:], sequence.targets[:T], cut.errs)
    return freeze(Wired(cut, Trace(np.stack(inputs), states, z), loss, own))


def through_output(net: Network, y: Array, dx: Array) -> Array:
    """∂E/∂h_{t-1} by way of the word that was said, Vᵀ S ∂E/∂x_t, from ŷ_{t-1} (K,) and ∂E/∂x_t (K,)."""
    dy = y * (dx - np.sum(y * dx))
    return times(transposed(net.readout.V), dy)


@dataclass(frozen=True)
class Arriving:
    """What all errors together bring back to every state; natural logarithms, (T + 1,) each."""

    total: Array  # ln‖dE/ds_k‖
    state_path: Array  # ln of the part that came from step k + 1 through the state
    output_path: Array  # ln of the part that came from step k + 1 through the word said at k
    own: Array  # ln‖∂E_k/∂h_k‖, the step's own error


def arriving(net: Network, run: Wired) -> Arriving:
    """Backpropagation of the whole loss through states and, where they were fed back, outputs."""
    cell, D, T = net.cell, run.trace.partials(net.cell), run.T
    direct = run.loss.direct()
    zero = {k: np.zeros_like(run.trace.s[k][0]) for k in cell.state}
    ds, exponent = rescaled({**zero, "h": direct[T]}, np.zeros((), np.int64))
    sizes = np.full((4, T + 1), -np.inf)
    sizes[3] = log_norm(direct)
    sizes[0, T] = size(ds, exponent)
    for k in range(T - 1, -1, -1):
        back, said = step_back(cell, net.w, at(D, k), ds), np.zeros_like(zero["h"])
        if run.through_output[k]:
            said = through_output(net, run.loss.probabilities[k - 1], input_signal(net, at(D, k), ds))
        sizes[1, k], sizes[2, k] = size(back, exponent), size({"h": said}, exponent)
        ds, exponent = rescaled({**back, "h": back["h"] + said}, exponent)
        ds, exponent = joined(ds, exponent, {**zero, "h": direct[k]})
        sizes[0, k] = size(ds, exponent)
    return freeze(Arriving(*sizes))


def input_signal(net: Network, D: Partials, ds: Values) -> Array:
    """∂E/∂x_t (K,) from ∂E/∂s_t {block: (H,)} and the partials of step t."""
    parts = [times(transposed(net.w.U[k]), pull(D, ds, k)) for k in net.cell.u_blocks]
    return np.asarray(np.sum(parts, axis=0))


def size(ds: Values, exponent: Integers) -> float:
    """ln of the norm of a joint signal, mantissa times 2**exponent."""
    return float(log_norm(np.concatenate(list(ds.values()))) + exponent * np.log(2.0))


def jacobian(net: Network, run: Wired, t: int) -> Array:
    """J_t = ds_t/ds_{t-1} (S, S) of step t >= 1, by way of the said word too."""
    D = at(run.trace.partials(net.cell), t - 1)
    J = flow.jacobians(net.cell, net.w, {row: {k: d[None] for k, d in of.items()} for row, of in D.items()})[
        0
    ]
    if not run.through_output[t - 1]:
        return np.asarray(J)
    y, H = run.loss.probabilities[t - 2], net.w.H
    SV = y[:, None] * (net.readout.V - y @ net.readout.V)  # S V, S = diag(ŷ) − ŷ ŷᵀ
    for row, block in enumerate(net.cell.state):
        for source, d in D[block].items():
            if source in net.cell.u_blocks:
                J[row * H : (row + 1) * H, :H] += d[:, None] * (net.w.U[source] @ SV)
    return np.asarray(J)
