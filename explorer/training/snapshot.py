"""What the gradient does at one moment of a training run, seen on one sequence that never changes.

Everything is computed by the engine in float64 from the parameters as they stand, whatever arithmetic the
training itself is done in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer import flow, measures, readout
from explorer.activations import dsigmoid
from explorer.arrays import Array, Integers, Values, freeze
from explorer.cells import RNN, Cell
from explorer.flow import Trace
from explorer.itemised import Itemised, grouped, itemised
from explorer.onestep import sigma_max, spectral_radius
from explorer.pairs import log_frobenius_map
from explorer.readout import Readout
from explorer.training.batches import Batch
from explorer.training.layout import Floats, Layout
from explorer.weights import Weights

MOST_MAPPED = 120  # rows of a checkpoint's map; a longer sequence is sampled evenly
SAMPLED = 6  # steps whose Jacobian's eigenvalues are kept
MOST_ITEMS = 60  # losses, or groups of neighbouring ones, whose signals are kept apart


@dataclass(frozen=True)
class Snapshot:
    """The gradient's state after so many updates, on the watched sequence of T steps."""

    update: int
    row: Floats  # (P,), the parameters, from which all else can be computed again
    steps: Integers  # (n,), the steps the map shows
    log_map: Array  # (n, n) at [t, k], ln of the average gain ‖∂h_t/∂h_k‖_F/√H
    log_by_lag: Array  # (n,), its mean over t by lag 0, q, 2q, ...
    horizon: int | None  # the smallest lag from which on less than a thousandth is left; None beyond T
    log_rate: float  # ln of the growth per step of the mean by lag
    items: Itemised  # ∂E_t/∂h_k of every loss step, or of groups of neighbouring ones
    log_signals: Array  # (T + 1,), ln‖∂E_T/∂h_k‖ of the last loss, all its ways back
    eigenvalues: NDArray[np.complex128]  # (m, S), of ∂s_t/∂s_{t-1} at m steps
    sigma_max: Array  # (m,), largest singular values of the same Jacobians
    radius: Array  # (m,), their spectral radii
    gates: Values  # sigmoid gate -> (3,), mean, 10 % and 90 % point over units and steps; none for an RNN
    saturated: Array  # (T,), share of units with less than a tenth of the steepest slope left; gates: of all
    dead: float  # share of an RNN's units whose slope is exactly 0 at every step
    overflowed: bool  # whether the states passed 1e150 before T

    @property
    def T(self) -> int:
        """The steps that were run."""
        return len(self.log_signals) - 1

    @property
    def lags(self) -> Integers:
        """The lags of `log_by_lag`."""
        return np.asarray(self.steps - self.steps[0])

    def left_at(self, lag: int) -> float:
        """ln of the mean gain over so many steps, or over the longest lag below; its tail is one pair."""
        return float(self.log_by_lag[np.searchsorted(self.lags, lag, side="right") - 1])


def snapshot(cell: Cell, layout: Layout, row: Floats, probe: Batch, update: int) -> Snapshot | None:
    """The picture of one network (P,) on the probe (1, T, 1); None where its very first state overflows."""
    w, out = layout.unpack(row)
    x = probe.x[0, :, 0]
    inputs = np.eye(layout.X)[x] if x.ndim == 1 else np.asarray(x)
    try:
        trace = flow.forward(cell, w, inputs, flow.initial_state(cell, (), layout.H))
    except OverflowError:
        return None
    chain, T = flow.chain(cell, w, trace), trace.T
    every = -(-T // MOST_MAPPED)
    h = slice(0, layout.H)
    pairs = log_frobenius_map(chain, every=every, rows=h, columns=h)
    log_map = measures.normalised(pairs.log_norm, layout.H)
    by_lag = measures.mean_by_lag(log_map)
    horizon = measures.horizon(by_lag)
    losses = asked(out, trace, probe)
    J = np.concatenate([chain.take(slice(t, t + 1)) for t in sampled(T)])
    return freeze(
        Snapshot(
            update, np.array(row), pairs.steps, log_map, by_lag, None if horizon is None else horizon * every,
            measures.log_rate_per_step(by_lag) / every, losses_apart(cell, w, trace, losses),
            last_signals(cell, w, trace, losses),
            np.linalg.eigvals(J).astype(np.complex128), sigma_max(J), spectral_radius(J),
            {k: spread(trace.z[k]) for k in sigmoids(cell)}, saturated(cell, trace), dead(cell, trace),
            trace.T < probe.x.shape[1],
        )
    )  # fmt: skip


def sampled(T: int) -> list[int]:
    """Indices of a few steps, the first and the last among them."""
    return sorted({round(t) for t in np.linspace(0, T - 1, min(SAMPLED, T))})


@dataclass(frozen=True)
class Asked:
    """The losses on the watched sequence, step by step."""

    own: Array  # (T + 1, H), each step's loss by its own h_t at weight 1; [0] is zero
    weights: Array  # (T + 1,), what each of them counts in E, 0 where nothing is asked

    @property
    def steps(self) -> Integers:
        """The steps that are asked something."""
        return np.flatnonzero(self.weights > 0)


def asked(out: Readout, trace: Trace, probe: Batch) -> Asked:
    """The losses of the steps that were run; the last one counts where none of those asked was reached."""
    before = probe.x.shape[1] - probe.targets.shape[1]  # steps that have no answer at all
    index = np.arange(trace.T) - before
    row = np.maximum(index, 0)
    targets, h = probe.targets[0, row, 0], trace.s["h"][1:]
    weights = np.where(index >= 0, probe.weights[0, row, 0], 0.0)
    if not weights.any():
        weights[-1] = 1.0
    if probe.targets.dtype.kind == "f":
        own = 2.0 * (h @ out.V.T + out.c - targets[:, None]) @ out.V
    else:
        own = readout.cross_entropy(out, h, targets, np.ones(trace.T, np.bool_)).dE_dh
    return Asked(np.concatenate([np.zeros_like(own[:1]), own]), np.concatenate([[0.0], weights]))


def last_signals(cell: Cell, w: Weights, trace: Trace, losses: Asked) -> Array:
    """ln‖∂E_T/∂h_k‖ for k = 0..T, (T + 1,), where E_T is the loss of the last answer that counts."""
    direct, last = np.zeros_like(losses.own), losses.steps[-1]
    direct[last] = losses.own[last]
    return flow.backward(cell, w, trace, {"h": direct}).log_signals()


def losses_apart(cell: Cell, w: Weights, trace: Trace, losses: Asked) -> Itemised:
    """What each loss sends back, as it counts in E."""
    weighted = losses.own * losses.weights[:, None]
    return itemised(cell, w, trace, weighted, grouped(losses.steps, MOST_ITEMS))


def sigmoids(cell: Cell) -> list[str]:
    """The gates that open and shut, without the candidate."""
    return [k for k in cell.gates if k not in ("g", "n")]


def spread(gate: Array) -> Array:
    """A gate (T, H) over all units and steps: its mean, and the points that 10 % and 90 % lie below, (3,)."""
    return np.array([gate.mean(), *np.quantile(gate, [0.1, 0.9])])


def saturated(cell: Cell, trace: Trace) -> Array:
    """The share of units (of an LSTM or GRU: of gate units) with little slope left, (T,)."""
    if isinstance(cell, RNN):
        return measures.saturation(cell, trace).share
    low = [dsigmoid(trace.z[f"a_{k}"]) < measures.SLOPE_LEFT * 0.25 for k in sigmoids(cell)]
    return np.asarray(np.mean(np.concatenate(low, axis=-1), axis=-1))


def dead(cell: Cell, trace: Trace) -> float:
    """The share of an RNN's units whose slope is exactly 0 at every step, as a ReLU's may be; else 0."""
    return float(measures.saturation(cell, trace).dead.mean()) if isinstance(cell, RNN) else 0.0
