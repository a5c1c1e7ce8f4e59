"""One gradient under many clipping thresholds at once, without a backward pass for each of them.

Where the only error stands at the last step, clipping inside backpropagation has a closed form: the way
back is linear, and what has been scaled down once stays so. The signal that goes on from step k is δ_k
times min(1, θ / max ‖δ_t‖ over t >= k), with δ as it is without clipping.

Shapes: n thresholds θ, given as ln θ; T steps; H hidden units.
"""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers, Values, log, log_norm
from explorer.cells import Cell
from explorer.clipping import LN2, Outcome, flat, unit
from explorer.flow import Backward, Trace, pull
from explorer.weights import Weights


@dataclass(frozen=True)
class Outcomes:
    """What one way of clipping did to a gradient under each of n thresholds."""

    log_before: float  # ln‖g‖
    log_factor: Array  # (n,), ln(‖g after‖ / ‖g‖); 0 where nothing was cut
    cosine: Array  # (n,), between before and after

    def at(self, i: int) -> Outcome:
        """Under one of the thresholds alone."""
        factor = float(self.log_factor[i])
        return Outcome(self.log_before, self.log_before + factor, factor, float(self.cosine[i]))


def by_norm(log_before: float, log_thresholds: Array) -> Outcomes:
    """A gradient of norm e^log_before, its norm cut: the direction stays."""
    return Outcomes(log_before, np.minimum(0.0, log_thresholds - log_before), np.ones(len(log_thresholds)))


def by_value(gradient: Weights, exponent: Integers | int, log_thresholds: Array) -> Outcomes:
    """A gradient, mantissas to be multiplied by 2**exponent, every entry of it cut."""
    g, shift = flat(gradient), float(exponent) * LN2
    sizes, direction, before = log(np.abs(g)) + shift, np.abs(unit(g)), float(log_norm(g)) + shift
    factor, cosine = np.zeros(len(log_thresholds)), np.ones(len(log_thresholds))
    for i in np.flatnonzero(log_thresholds < sizes.max(initial=-np.inf)):
        left = np.exp(np.minimum(0.0, sizes - log_thresholds[i]))  # of each entry, in units of θ
        length = np.sqrt(left @ left)
        factor[i] = log_thresholds[i] + np.log(length) - before
        cosine[i] = left @ direction / length
    return Outcomes(before, factor, cosine)


def peaks(back: Backward) -> Array:
    """ln of the largest ‖δ_t‖ at any step t >= k, all blocks of the state together, (T + 1,)."""
    sizes = log_norm(np.concatenate(list(back.signals.values()), axis=-1)) + back.exponent * LN2
    largest: Array = np.maximum.accumulate(sizes[::-1])[::-1]
    return largest


def factors_inside(back: Backward, log_thresholds: Array) -> Array:
    """ln of what clipping inside backpropagation leaves of each signal, (n, T + 1); 0 where nothing was cut.

    `back` is the backward pass of one error at the last step, without clipping.
    """
    return np.minimum(0.0, log_thresholds[:, None] - peaks(back))


def inside(cell: Cell, trace: Trace, back: Backward, factors: Array) -> Outcomes:
    """The gradient with the signals δ_k of `back` scaled by e^factors (n, T + 1) each.

    A gradient is a sum over the steps, so that all the norms follow from the T × T products of its parts.
    """
    d, partner = shares(cell, trace, back)
    size, reach = (log_norm(np.concatenate(list(of.values()), axis=-1)) for of in (d, partner))
    products = sum((outer(d[k], size) * outer(partner[k], reach) for k in d), start=np.zeros(()))
    plain = size + reach + back.exponent[1:] * LN2
    rows = np.concatenate([[plain], plain + factors[:, 1:]])
    top = rows.max(axis=1)
    top = np.where(np.isfinite(top), top, 0.0)
    weights = np.exp(rows - top[:, None])
    reached = weights @ products
    lengths = np.sqrt(np.maximum(np.sum(reached * weights, axis=1), 0.0))
    sizes, factor, cosine = log(lengths) + top, np.zeros(len(factors)), np.ones(len(factors))
    cut = factors[:, 1:].any(axis=1) & (lengths[1:] > 0) & (lengths[0] > 0)
    factor[cut] = sizes[1:][cut] - sizes[0]
    cosine[cut] = reached[1:][cut] @ weights[0] / (lengths[1:][cut] * lengths[0])
    return Outcomes(float(sizes[0]), factor, cosine)


def shares(cell: Cell, trace: Trace, back: Backward) -> tuple[Values, Values]:
    """The two factors of each step's part of the gradient, {block: (T, H)} and {block: (T, ...)}.

    Their outer product holds the step's part of ∂E/∂W, ∂E/∂U and ∂E/∂b, as far as a block has them; the
    first are mantissas of `back.exponent`.
    """
    D, after = trace.partials(cell), {k: a[1:] for k, a in back.signals.items()}
    inputs = {"v": trace.s["h"][:-1], "u": trace.x, "b": np.ones((trace.T, 1))}
    d, partner = {}, {}
    for block in dict.fromkeys((*cell.v_blocks, *cell.u_blocks)):
        has = {"v": block in cell.v_blocks, "u": block in cell.u_blocks, "b": True}
        d[block] = pull(D, after, block)
        partner[block] = np.concatenate([a for k, a in inputs.items() if has[k]], axis=-1)
    return d, partner


def outer(rows: Array, log_size: Array) -> Array:
    """The products (T, T) of the rows (T, ...) with each other, each divided by its own size e^log_size."""
    near = rows * np.exp(-np.where(np.isfinite(log_size), log_size, 0.0))[:, None]
    return np.asarray(near @ near.T)
