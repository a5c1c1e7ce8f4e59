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
from explorer.onestep import sigma_max, spectral_radius
from explorer.pairs import log_frobenius_map
from explorer.readout import Readout
from explorer.training.batches import Batch
from explorer.training.layout import Floats, Layout
from explorer.weights import Weights

MOST_MAPPED = 120  # rows of a checkpoint's map; a longer sequence is sampled evenly
SAMPLED = 6  # steps whose Jacobian's eigenvalues are kept


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
    log_signals: Array  # (T + 1,), ln‖∂E_T/∂h_k‖ of the last loss, all its ways back
    eigenvalues: NDArray[np.complex128]  # (m, S), of ∂s_t/∂s_{t-1} at m steps
    sigma_max: Array  # (m,), largest singular values of the same Jacobians
    radius: Array  # (m,), their spectral radii
    gates: Values  # gate -> (T,), mean over units; empty for an RNN
    saturated: Array  # (T,), share of units with less than a tenth of the steepest slope left; gates: of all
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
    J = np.concatenate([chain.take(slice(t, t + 1)) for t in sampled(T)])
    return freeze(
        Snapshot(
            update, np.array(row), pairs.steps, log_map, by_lag, None if horizon is None else horizon * every,
            measures.log_rate_per_step(by_lag) / every, last_signals(cell, w, out, trace, probe),
            np.linalg.eigvals(J).astype(np.complex128), sigma_max(J), spectral_radius(J),
            {k: trace.z[k].mean(axis=-1) for k in cell.gates}, saturated(cell, trace),
            trace.T < probe.x.shape[1],
        )
    )  # fmt: skip


def sampled(T: int) -> list[int]:
    """Indices of a few steps, the first and the last among them."""
    return sorted({round(t) for t in np.linspace(0, T - 1, min(SAMPLED, T))})


def last_signals(cell: Cell, w: Weights, out: Readout, trace: Trace, probe: Batch) -> Array:
    """ln‖∂E_T/∂h_k‖ for k = 0..T, (T + 1,), where E_T is the loss of the last answer that counts."""
    T, missing = trace.T, probe.x.shape[1] - trace.T
    asked = np.flatnonzero(probe.weights[0, :, 0] > 0)
    n = probe.targets.shape[1]
    last = min(int(asked[-1]) + T + missing - n, T - 1)  # index of the step of the last loss
    h, target = trace.s["h"][last + 1], probe.targets[0, max(last - (T + missing - n), 0), 0]
    direct = np.zeros_like(trace.s["h"])
    if probe.targets.dtype.kind == "f":
        direct[last + 1] = 2.0 * (out.V @ h + out.c - target) @ out.V
    else:
        loss = readout.cross_entropy(out, h[None], np.array([target]), np.ones(1, np.bool_))
        direct[last + 1] = loss.dE_dh[0]
    return flow.backward(cell, w, trace, {"h": direct}).log_signals()


def saturated(cell: Cell, trace: Trace) -> Array:
    """The share of units (of an LSTM or GRU: of gate units) with little slope left, (T,)."""
    if isinstance(cell, RNN):
        return measures.saturation(cell, trace).share
    sigmoids = [k for k in cell.gates if k not in ("g", "n")]
    low = [dsigmoid(trace.z[f"a_{k}"]) < measures.SLOPE_LEFT * 0.25 for k in sigmoids]
    return np.asarray(np.mean(np.concatenate(low, axis=-1), axis=-1))
