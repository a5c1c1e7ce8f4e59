"""The forward pass, the one-step Jacobians and backpropagation through time.

Shapes: T steps, H hidden units, X input features, S state size (H, or 2H for the LSTM), and any leading
axes (...) between time and units: the sequences of a batch, or the networks of an ensemble.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer import progress
from explorer.arrays import Array, Integers, Values, log_norm, outer_sum
from explorer.cells import Cell, Partials
from explorer.chain import Chain
from explorer.weights import Weights, check_inputs

LARGEST, SMALLEST = 1e100, 1e-100  # a running signal outside is rescaled by a power of two
WELL_ABOVE, WELL_BELOW = 1e-190, 1e190  # squared norms that show at a glance that it is inside
NEVER = np.iinfo(np.int64).min // 2  # the exponent of an exact zero
LARGEST_STATE = 1e150  # a trace ends before a state beyond it, whose products with signals could overflow


@dataclass(frozen=True)
class Trace:
    """Every value of one forward pass, time first; in z, index t - 1 holds step t."""

    x: Array  # (T, ..., X)
    s: Values  # state block -> (T + 1, ..., H), [0] the initial state
    z: Values  # symbol -> (T, ..., H)

    @property
    def T(self) -> int:
        """The number of steps."""
        return len(self.x)

    def upto(self, T: int) -> "Trace":
        """The first T steps: nothing before step T depends on what comes after it."""
        cut = {k: a[: T + 1] for k, a in self.s.items()}
        return Trace(self.x[:T], cut, {k: a[:T] for k, a in self.z.items()})

    def partials(self, cell: Cell) -> Partials:
        """The cell's elementwise derivatives at every step, (T, ..., H) each."""
        return cell.partials(self.z, {k: a[:-1] for k, a in self.s.items()})


def times(M: Array, v: Array) -> Array:
    """M v for M (..., m, n) and v (..., n), one matrix for all or one for each leading index."""
    if M.ndim > 2:
        return np.asarray((M @ v[..., None])[..., 0])
    if v.ndim == 1:
        return np.asarray(M @ v)
    rows: Array = v.reshape(-1, v.shape[-1]) @ M.T  # one product for all leading axes
    return rows.reshape(*v.shape[:-1], M.shape[0])


def transposed(M: Array) -> Array:
    """Mᵀ over the last two axes."""
    return np.swapaxes(M, -1, -2)


def initial_state(cell: Cell, leading: tuple[int, ...], H: int) -> Values:
    """The state s_0 = 0, (..., H) per block."""
    return {block: np.zeros((*leading, H)) for block in cell.state}


def forward(cell: Cell, w: Weights, x: Array, s0: Values) -> Trace:
    """Run the cell over x (T, ..., X) from the state s0 {block: (..., H)}.

    Where the state grows past 1e150 (with ReLU and identity it can), the trace ends at the last step that
    every sequence reached below; raises OverflowError if that is before step 1, and ValueError for an x
    without steps or without the axis of an ensemble.
    """
    check_inputs(w, x)
    u = {k: w.b[k] + times(w.U[k], x) for k in cell.u_blocks}
    inside_v = [k for k in cell.v_blocks if k not in cell.u_blocks]  # blocks whose bias no u carries
    s, rows = s0, []
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(len(x)):
            progress.report()
            v = {k: times(w.W[k], s["h"]) for k in cell.v_blocks}
            for k in inside_v:
                v[k] = v[k] + w.b[k]
            z = cell.step({k: a[t] for k, a in u.items()}, v, s)
            rows.append(z)
            s = {k: z[k] for k in cell.state}
    z = {k: np.array([row[k] for row in rows]) for k in rows[0]}
    T = held(z["h"])
    states = {k: np.concatenate([np.broadcast_to(s0[k], z[k][:1].shape), z[k][:T]]) for k in cell.state}
    return Trace(x[:T], states, {k: a[:T] for k, a in z.items()})


def held(h: Array) -> int:
    """For how many steps every entry of h (T, ..., H) stays below 1e150; never 0, which raises."""
    inside = np.max(np.abs(h.reshape(len(h), -1)), axis=1) <= LARGEST_STATE  # false for nan too
    T = len(h) if inside.all() else int(np.argmin(inside))
    if T == 0:
        raise OverflowError("the state exceeds 1e150 at step 1; choose smaller weights or inputs")
    return T


def jacobians(cell: Cell, w: Weights, D: Partials) -> Array:
    """J_t = ds_t/ds_{t-1} (n, ..., S, S) from the partials of n steps, blocks in cell.state order."""
    H, blocks = w.H, len(cell.state)
    sample = next(iter(D["h"].values()))
    J = np.empty((*sample.shape[:-1], blocks * H, blocks * H), dtype=sample.dtype)
    J[..., H:] = 0.0
    units = np.arange(H)
    for row, block in enumerate(cell.state):
        to_h = J[..., row * H : (row + 1) * H, :H]
        through = [k for k in D[block] if k in cell.v_blocks]
        for source in through[:1]:  # through the weights: diag(d) W
            np.multiply(D[block][source][..., None], w.W[source], out=to_h)
        for source in through[1:]:
            to_h += D[block][source][..., None] * w.W[source]
        if not through:
            to_h[...] = 0.0
        for source in D[block].keys() & set(cell.state):  # straight across: diag(d)
            J[..., row * H + units, cell.state.index(source) * H + units] += D[block][source]
    return J


def chain(cell: Cell, w: Weights, trace: Trace) -> Chain:
    """The run's chain of one-step Jacobians, each formed when it is asked for."""
    D = trace.partials(cell)

    def take(steps: slice) -> Array:
        return jacobians(cell, w, at(D, steps))

    return Chain(trace.T, len(cell.state) * w.H, take, trace.s["h"].shape[1:-1])


def pull(D: Partials, ds: Values, source: str) -> Array:
    """dE/d source from dE/ds {block: (..., H)}: the sum over the state blocks that depend on it."""
    terms = [ds[block] * of[source] for block, of in D.items() if source in of]
    return sum(terms[1:], start=terms[0])


@dataclass(frozen=True)
class Backward:
    """Backpropagation through time, each quantity as mantissa times 2**exponent.

    An exponent is 0 unless the values left [1e-100, 1e100] on the way.
    """

    signals: Values  # state block -> (T + 1, ..., H), dE/ds_t as mantissas
    exponent: Integers  # (T + 1, ...)
    gradient: Weights  # dE/dW, dE/dU, dE/db as mantissas
    gradient_exponent: Integers  # (...), one for each network

    def log_signals(self, block: str = "h") -> Array:
        """ln‖dE/dh_t‖ (or of another state block), (T + 1, ...)."""
        return np.asarray(log_norm(self.signals[block]) + self.exponent * np.log(2.0))


def at(D: Partials, t: int | slice) -> Partials:
    """The partials of the step at index t alone, or of a slice of steps."""
    return {row: {source: d[t] for source, d in of.items()} for row, of in D.items()}


def step_back(cell: Cell, w: Weights, D: Partials, ds: Values, dv: Values | None = None) -> Values:
    """dE/ds_{t-1} through step t, from dE/ds_t and the partials of step t; `dv` by block, where known."""
    across = {k: pull(D, ds, k) for k in cell.state if any(k in of for of in D.values())}  # straight across
    dv = {k: pull(D, ds, k) for k in cell.v_blocks} if dv is None else dv
    through = [times(transposed(w.W[k]), dv[k]) for k in cell.v_blocks]  # through the weights
    dh = sum(through[1:], start=through[0])
    dh = across["h"] + dh if "h" in across else dh
    return {k: dh if k == "h" else across[k] for k in cell.state}


def rescaled(ds: Values, exponent: Integers) -> tuple[Values, Integers]:
    """The same signal with its largest entry back near 1, where it had left [1e-100, 1e100]."""
    with np.errstate(over="ignore"):
        square = sum(np.vecdot(a, a) for a in ds.values())
    if np.all((square > WELL_ABOVE) & (square < WELL_BELOW)):
        return ds, exponent
    largest = np.max([np.max(np.abs(a), axis=-1) for a in ds.values()], axis=0)
    outside = (largest > LARGEST) | ((largest < SMALLEST) & (largest > 0))
    if not outside.any():
        return ds, exponent
    shift = np.where(outside, np.frexp(largest)[1], 0)
    return {k: np.ldexp(a, -shift[..., None]) for k, a in ds.items()}, exponent + shift


def joined(ds: Values, exponent: Integers, own: Values) -> tuple[Values, Integers]:
    """The running signal plus the step's own share, under the larger of the two exponents.

    A sequence without a share of its own keeps its exponent, however far it has vanished.
    """
    enters = np.any([a.any(axis=-1) for a in own.values()], axis=0)
    if not enters.any():
        return ds, exponent
    runs = np.any([a.any(axis=-1) for a in ds.values()], axis=0)
    own, shift = rescaled(own, np.zeros_like(exponent))
    if not (exponent.any() or shift.any()):
        return {k: a + own[k] for k, a in ds.items()}, exponent
    common = np.where(enters & runs, np.maximum(exponent, shift), np.where(enters, shift, exponent))
    down, own_down = np.where(runs, exponent - common, 0), np.where(enters, shift - common, 0)
    ds = {k: np.ldexp(a, down[..., None]) + np.ldexp(own[k], own_down[..., None]) for k, a in ds.items()}
    return ds, common


Cut = Callable[[Values, Integers], tuple[Values, Integers]]  # (signal, exponent) -> what goes on


def backward(cell: Cell, w: Weights, trace: Trace, direct: Values, cut: Cut | None = None) -> Backward:
    """Backpropagation through time from each step's own share of dE/ds_t, {block: (T + 1, ..., H)}.

    A block left out of `direct` has no share of its own. `cut` changes each step's signal before it goes on.
    """
    D, T = trace.partials(cell), trace.T
    own = {k: direct.get(k, np.zeros_like(trace.s[k])) for k in cell.state}
    ds = {k: np.zeros_like(a[T]) for k, a in own.items()}
    exponent = np.zeros(trace.s["h"].shape[1:-1], np.int64)
    signals, exponents = [], []
    for t in range(T, -1, -1):
        progress.report()
        if t < T:
            ds, exponent = rescaled(step_back(cell, w, at(D, t), ds), exponent)
        ds, exponent = joined(ds, exponent, {k: own[k][t] for k in cell.state})
        ds, exponent = cut(ds, exponent) if cut else (ds, exponent)
        signals.append(ds)
        exponents.append(exponent)
    stacked = {k: np.stack([ds[k] for ds in signals[::-1]]) for k in cell.state}
    return gathered(cell, w, trace, stacked, np.stack(exponents[::-1]))


def gathered(cell: Cell, w: Weights, trace: Trace, signals: Values, exponent: Integers) -> Backward:
    """The parameter gradients: each step's dE/dv ⊗ h_{t-1} and dE/du ⊗ x_t, summed over the steps."""
    D, after = trace.partials(cell), {k: a[1:] for k, a in signals.items()}
    dv = {k: pull(D, after, k) for k in cell.v_blocks}
    du = {k: pull(D, after, k) for k in cell.u_blocks}
    common = largest_exponent({**dv, **du}, exponent[1:], w.leading)
    down = (exponent[1:] - common)[..., None]
    dv, du = ({k: np.ldexp(d, down) for k, d in of.items()} for of in (dv, du))
    gradient = Weights(
        W={k: outer_sum(d, trace.s["h"][:-1], w.leading) for k, d in dv.items()},
        U={k: outer_sum(d, trace.x, w.leading) for k, d in du.items()},
        b={k: outer_sum(d, np.ones((*d.shape[:-1], 1)), w.leading)[..., 0] for k, d in {**dv, **du}.items()},
    )
    return Backward(signals, exponent, gradient, common)


def largest_exponent(d: Values, exponent: Integers, leading: tuple[int, ...]) -> Integers:
    """The power of two of each network's largest d (T, ..., H) 2**exponent; 0 within [1e-100, 1e100]."""
    entry = np.max([np.max(np.abs(a), axis=-1) for a in d.values()], axis=0)
    size = np.where(entry > 0, np.frexp(entry)[1] + exponent, NEVER)
    largest = np.asarray(size.max(axis=0 if leading else None))
    inside = (largest == NEVER) | (np.abs(largest) < np.log2(LARGEST))
    return np.where(inside, 0, largest)
