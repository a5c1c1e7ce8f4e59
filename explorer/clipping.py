"""Gradient clipping: by global norm, by value, and of the error signal inside backpropagation.

To add a mode, append one entry to CLIPPINGS.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers, Values, log, log_norm
from explorer.cells import Cell
from explorer.flow import Backward, Trace, backward
from explorer.weights import Weights

LN2 = float(np.log(2.0))
SAME = 1e-12  # a change below it is none
Exponent = Integers | int


@dataclass(frozen=True)
class Outcome:
    """What clipping did to a gradient; sizes as natural logarithms."""

    log_before: float  # ln‖g‖
    log_after: float  # ln‖g after‖
    log_factor: float  # ln(‖g after‖ / ‖g‖); 0 where nothing was cut
    cosine: float  # between before and after; 1 means the direction was kept

    @property
    def unchanged(self) -> bool:
        """Whether the gradient is as it was, to twelve digits."""
        return abs(self.log_factor) < SAME and self.cosine > 1 - SAME


@dataclass(frozen=True)
class Clipped(Outcome):
    """A gradient after clipping, and what clipping did to it."""

    after: Weights  # mantissas, to be multiplied by 2**exponent
    exponent: int  # 0 wherever something was cut
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


def unit(v: Array) -> Array:
    """The vector v at length 1, whatever its size; zeros stay zeros."""
    largest = np.max(np.abs(v), initial=0.0)
    near = np.ldexp(v, -np.frexp(largest)[1])
    length = np.linalg.norm(near)
    direction: Array = near / length if length else near
    return direction


def compared(
    before: Weights, after: Weights, *, exponent: Exponent = 0, exponent_after: Exponent = 0
) -> Clipped:
    """What clipping did; the gradients are mantissas, to be multiplied by 2**exponent each."""
    b, a = flat(before), flat(after)
    log_b = float(log_norm(b)) + float(exponent) * LN2
    log_a = float(log_norm(a)) + float(exponent_after) * LN2
    zero = np.isneginf(log_b)
    cosine = 1.0 if zero else float(unit(b) @ unit(a))
    with np.errstate(over="ignore"):  # an entry beyond 1e308 has changed if the other is within
        changed = np.ldexp(b, exponent - exponent_after) != a
    factor = 0.0 if zero else log_a - log_b
    return Clipped(log_b, log_a, factor, cosine, after, int(exponent_after), float(changed.mean()))


def by_norm(gradient: Weights, threshold: float, *, exponent: Exponent = 0) -> Clipped:
    """g · min(1, threshold / ‖g‖) over all parameters at once (Pascanu et al. 2013, algorithm 1).

    The norm is taken in logarithms: the plain formula turns ‖g‖ = inf into a gradient of exactly zero.
    Raises ValueError unless the threshold is positive and finite.
    """
    check_threshold(threshold)
    log_mantissa = float(log_norm(flat(gradient)))
    if log_mantissa + float(exponent) * LN2 <= np.log(threshold):
        return compared(gradient, gradient, exponent=exponent, exponent_after=exponent)
    shift = int(np.rint(log_mantissa / LN2))  # mantissas may be of any size themselves
    scale = threshold / np.exp(log_mantissa - shift * LN2)
    return compared(gradient, mapped(gradient, lambda a: np.ldexp(a, -shift) * scale), exponent=exponent)


def by_value(gradient: Weights, threshold: float, *, exponent: Exponent = 0) -> Clipped:
    """Every entry cut to [−threshold, threshold]: the direction turns.

    Raises ValueError unless the threshold is positive and finite.
    """
    check_threshold(threshold)

    def cut(a: Array) -> Array:
        with np.errstate(over="ignore"):  # an entry beyond 1e308 is cut like any other
            return np.clip(np.ldexp(a, exponent), -threshold, threshold)

    largest = float(log(np.max(np.abs(flat(gradient))))) + float(exponent) * LN2
    if largest <= np.log(threshold):
        return compared(gradient, gradient, exponent=exponent, exponent_after=exponent)
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
    factors: list[Array] = []

    def cut(ds: Values, exponent: Integers) -> tuple[Values, Integers]:
        ds, exponent, factor = cut_signal(ds, exponent, threshold)
        factors.append(factor)
        return ds, exponent

    back = backward(cell, w, trace, direct, cut)
    return back, np.stack(factors[::-1])


def cut_signal(ds: Values, exponent: Integers, threshold: float) -> tuple[Values, Integers, Array]:
    """The joint signal {block: (..., H)} scaled down to norm `threshold`, and ln of the factor (...)."""
    log_size = log_norm(np.concatenate(list(ds.values()), axis=-1))
    factor: Array = np.minimum(0.0, np.log(threshold) - (log_size + exponent * LN2))
    cut = factor < 0
    scale = np.where(cut, threshold * np.exp(-np.where(cut, log_size, 0.0)), 1.0)
    return {k: a * scale[..., None] for k, a in ds.items()}, np.where(cut, 0, exponent), factor
