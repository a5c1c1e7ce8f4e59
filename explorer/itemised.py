"""Losses taken one by one: what each of them, or each group of them, sends back to every earlier step.

One sweep from T down to 0 carries the signals of all groups together. They are vectors, so their sizes do
not add up to the size of their sum; their shares, measured along that sum, do.
"""

from dataclasses import dataclass

import numpy as np

from explorer import progress
from explorer.arrays import Array, Integers, Scaled, Values, log_norm
from explorer.cells import Cell
from explorer.errors import with_first
from explorer.flow import NEVER, Trace, at, joined, rescaled, step_back
from explorer.weights import Weights

LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class Itemised:
    """The signals ∂E_g/∂h_k of G groups of losses at every step k = 0..T, sizes as natural logarithms."""

    first: Integers  # (G,), the step of each group's first loss
    last: Integers  # (G,), that of its last one
    log_size: Array  # (G, T + 1), ln‖∂E_g/∂h_k‖; −inf where nothing arrives
    log_total: Array  # (T + 1,), ln‖∂E/∂h_k‖ of all losses together
    share: Array  # (G, T + 1), <∂E_g/∂h_k, ∂E/∂h_k> / ‖∂E/∂h_k‖²: they add up to 1, or are all 0

    @property
    def T(self) -> int:
        """The number of steps."""
        return len(self.log_total) - 1

    @property
    def log_sum(self) -> Array:
        """ln Σ_g ‖∂E_g/∂h_k‖, (T + 1,): what would arrive if no signal cancelled another."""
        largest = self.log_size.max(axis=0)
        shift = np.where(np.isfinite(largest), largest, 0.0)
        with np.errstate(divide="ignore"):
            return np.asarray(shift + np.log(np.exp(self.log_size - shift).sum(axis=0)))


def itemised(cell: Cell, w: Weights, trace: Trace, direct: Array, groups: list[Integers]) -> Itemised:
    """The losses of one sequence by groups of neighbouring steps, each a sorted array of numbers from 1..T.

    `direct` (T + 1, H) is every loss by its own h_t, at fixed later states; [0] is unused.
    """
    signals, exponent = swept(cell, w, trace, direct, groups)
    log_total, share = against_sum(signals, exponent)
    ends = np.array([[steps[0], steps[-1]] for steps in groups], np.int64).reshape(len(groups), 2)
    log_size = log_norm(signals) + exponent * LN2
    return Itemised(ends[:, 0], ends[:, 1], log_size.T, log_total, share.T)


def swept(
    cell: Cell, w: Weights, trace: Trace, direct: Array, groups: list[Integers]
) -> tuple[Array, Integers]:
    """∂E_g/∂h_k at [k, g] (T + 1, G, H) as mantissas, and their exponents (T + 1, G)."""
    D, T, G = trace.partials(cell), trace.T, len(groups)
    signals, exponents = np.zeros((T + 1, G, direct.shape[-1])), np.zeros((T + 1, G), np.int64)
    group_of = {int(step): g for g, steps in enumerate(groups) for step in steps}
    rows: Values = {k: np.zeros((0, direct.shape[-1])) for k in cell.state}
    exponent = exponents[0, :0]  # of the groups that have begun, the earliest of them first
    for k in range(T, -1, -1):
        progress.report()
        if k < T:
            rows, exponent = rescaled(step_back(cell, w, at(D, k), rows), exponent)
        if (g := group_of.get(k)) is not None:
            if k == groups[g][-1]:
                rows = {block: with_first(0.0, a) for block, a in rows.items()}
                exponent = np.concatenate([[0], exponent])
            nothing = {block: np.zeros_like(a[:1]) for block, a in rows.items()}
            now = {block: a[:1] for block, a in rows.items()}
            now, first = joined(now, exponent[:1], {**nothing, "h": direct[k][None]})
            rows = {block: np.concatenate([now[block], a[1:]]) for block, a in rows.items()}
            exponent = np.concatenate([first, exponent[1:]])
        begun = G - len(exponent)
        signals[k, begun:], exponents[k, begun:] = rows["h"], exponent
    return signals, exponents


def against_sum(signals: Array, exponent: Integers) -> tuple[Array, Array]:
    """ln of the size of the sum over g of signals (n, G, H) 2**exponent, (n,), and each one's share of it."""
    rows = Scaled.of(signals[:, :, None], exponent)
    alive = np.where(rows.mantissa.any(axis=(2, 3)), rows.exponent, NEVER)
    common = alive.max(axis=1, keepdims=True, initial=NEVER)
    down = np.maximum(alive - common, -2_000)  # below, nothing is left beside the largest
    scaled = np.ldexp(rows.mantissa[:, :, 0], down[..., None])
    total = scaled.sum(axis=1)
    size = log_norm(total)
    inverse = np.exp(-np.where(np.isfinite(size), size, 0.0))[:, None]
    share = np.einsum("ngh,nh->ng", scaled, total * inverse) * inverse
    return size + np.where(common[:, 0] == NEVER, 0, common[:, 0]) * LN2, share


def grouped(steps: Integers, most: int) -> list[Integers]:
    """The steps in at most so many groups of neighbours."""
    return [np.asarray(group) for group in np.array_split(steps, min(len(steps), most))] if len(steps) else []
