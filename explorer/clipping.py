"""Gradient clipping: by global norm, by value, and of the error signal inside backpropagation.

To add a mode, append one entry to CLIPPINGS.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Values, log_norm
from explorer.cells import Cell
from explorer.flow import Backward, Trace, at, gathered, step_back
from explorer.weights import Weights


@dataclass(frozen=True)
class Clipped:
    """A gradient before and after clipping; sizes as natural logarithms."""

    after: Weights
    log_before: float  # ln‖g‖
    log_after: float  # ln‖g after‖
    log_factor: float  # ln(‖g after‖ / ‖g‖); 0 where nothing was cut
    cosine: float  # between before and after; 1 means the direction was kept
    share_cut: float  # share of entries changed: 0 or 1 by norm, anything by value


def flat(gradient: Weights) -> Array:
    """Every entry of dE/dW, dE/dU and dE/db as one vector."""
    parts: list[Values] = [gradient.W, gradient.U, gradient.b]
    return np.concatenate([a.ravel() for part in parts for a in part.values()])


def mapped(gradient: Weights, change: Callable[[Array], Array]) -> Weights:
    """The gradient with `change` applied to every block."""

    def over(part: Values) -> Values:
        return {k: change(a) for k, a in part.items()}

    return Weights(over(gradient.W), over(gradient.U), over(gradient.b))


def check_threshold(threshold: float) -> None:
    """Raises ValueError unless the threshold is a positive finite number."""
    if not (np.isfinite(threshold) and threshold > 0):
        raise ValueError(f"clipping threshold must be positive and finite; got {threshold}")


def compared(before: Weights, after: Weights, *, exponent: int = 0, exponent_after: int = 0) -> Clipped:
    """What clipping did; the gradients are mantissas, to be multiplied by 2**exponent each."""
    b, a = flat(before), flat(after)
    log_b, log_a = float(log_norm(b)), float(log_norm(a))
    shift_b, shift_a = exponent * np.log(2.0), exponent_after * np.log(2.0)
    zero = np.isinf(log_b) or np.isinf(log_a)
    if zero:
        cosine = 1.0
    else:
        cosine = float(np.sum((b * np.exp(-log_b)) * (a * np.exp(-log_a))))
    factor = 0.0 if zero else (log_a + shift_a) - (log_b + shift_b)
    changed = np.ldexp(b, exponent - exponent_after) != a
    return Clipped(after, log_b + shift_b, log_a + shift_a, factor, cosine, float(changed.mean()))


def by_norm(gradient: Weights, threshold: float, *, exponent: int = 0) -> Clipped:
    """g · min(1, threshold / ‖g‖) over all parameters at once (Pascanu et al. 2013, algorithm 1).

    The norm is taken in logarithms: the plain formula turns ‖g‖ = inf into a gradient of exactly zero.
    Raises ValueError unless the threshold is positive and finite.
    """
    check_threshold(threshold)
    log_before = float(log_norm(flat(gradient))) + exponent * np.log(2.0)
    if log_before <= np.log(threshold):
        return compared(gradient, gradient, exponent=exponent, exponent_after=exponent)
    scale = np.exp(np.log(threshold) - (log_before - exponent * np.log(2.0)))
    return compared(gradient, mapped(gradient, lambda a: a * scale), exponent=exponent)


def by_value(gradient: Weights, threshold: float, *, exponent: int = 0) -> Clipped:
    """Every entry cut to [−threshold, threshold]: the direction turns.

    Raises ValueError unless the threshold is positive and finite.
    """
    check_threshold(threshold)

    def cut(a: Array) -> Array:
        with np.errstate(over="ignore"):  # an entry beyond 1e308 is cut like any other
            return np.clip(np.ldexp(a, exponent), -threshold, threshold)

    return compared(gradient, mapped(gradient, cut), exponent=exponent)


EQUATIONS = {  # what each way does to the gradient g, or to the error signal δ_t = ∂E/∂s_t
    "norm": r"g \leftarrow g\,\min\left(1,\, \theta/\lVert g\rVert\right)",
    "value": r"g_{ij} \leftarrow \max(-\theta,\, \min(\theta,\, g_{ij}))",
    "inside": r"\delta_t \leftarrow \delta_t\,\min\left(1,\, \theta/\lVert\delta_t\rVert\right)",
}
CLIPPINGS = {"norm": by_norm, "value": by_value}


def clipped_backward(
    cell: Cell, w: Weights, trace: Trace, direct: Values, *, threshold: float
) -> tuple[Backward, Array]:
    """Backpropagation with the error signal dE/ds_t cut to norm `threshold` at every step.

    Clipping inside BPTT keeps each signal's direction and bounds its size before it reaches the weights.
    Returns the backward pass and ln of the factor applied at each step (T + 1, ...), 0 where none was.
    Raises ValueError unless the threshold is positive and finite.
    """
    check_threshold(threshold)
    D, T = trace.partials(cell), trace.T
    own = {k: direct.get(k, np.zeros_like(trace.s[k])) for k in cell.state}
    ds, factor = cut_signal({k: own[k][T] for k in cell.state}, threshold)
    signals, factors = [ds], [factor]
    for t in reversed(range(T)):
        back = step_back(cell, w, at(D, t), ds)
        ds, factor = cut_signal({k: back[k] + own[k][t] for k in cell.state}, threshold)
        signals.append(ds)
        factors.append(factor)
    stacked = {k: np.stack([ds[k] for ds in signals[::-1]]) for k in cell.state}
    exponent = np.zeros(stacked["h"].shape[:-1], np.int64)
    return gathered(cell, w, trace, stacked, exponent), np.stack(factors[::-1])


def cut_signal(ds: Values, threshold: float) -> tuple[Values, Array]:
    """The joint signal {block: (..., H)} scaled down to norm `threshold`, and ln of the factor (...)."""
    log_size = log_norm(np.concatenate(list(ds.values()), axis=-1))
    factor: Array = np.minimum(0.0, np.log(threshold) - log_size)
    return {k: a * np.exp(factor)[..., None] for k, a in ds.items()}, factor
