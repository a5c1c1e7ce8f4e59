"""The softmax readout, its cross-entropy per step, and which steps carry an error.

o_t = c + V h_t, ŷ_t = softmax(o_t), E_t = −ln ŷ_t[y_t]; E is the sum over the steps that carry an error.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Array, Integers, outer_sum
from explorer.flow import times, transposed
from explorer.weights import stream

PLACEMENTS = {  # key -> how the choice reads
    "every": "every step",
    "last": "the last step",
    "from": "every step from a given one",
}


@dataclass(frozen=True)
class Readout:
    """The readout's parameters, for K symbols."""

    V: Array  # (K, H)
    c: Array  # (K,)


@dataclass(frozen=True)
class Loss:
    """What the readout makes of the states, for every step 1..T whether it carries an error or not."""

    probabilities: Array  # (T, ..., K), ŷ_t
    targets: Integers  # (T, ...), the index y_t
    E: Array  # (T, ...), −ln ŷ_t[y_t]
    dE_do: Array  # (T, ..., K), ŷ_t − y_t
    dE_dh: Array  # (T, ..., H), each E_t by its own h_t
    carries: NDArray[np.bool_]  # (T,), whether E_t enters E

    def total(self) -> Array:
        """E, the sum of E_t over the steps that carry an error, (...)."""
        return np.asarray(self.E[self.carries].sum(axis=0))

    def direct(self) -> Array:
        """∂E/∂h_t at fixed later states, (T + 1, ..., H), zero where no error enters (and at t = 0)."""
        own = self.dE_dh * self.carries.reshape(-1, *[1] * (self.dE_dh.ndim - 1))
        return np.concatenate([np.zeros_like(own[:1]), own])


def draw_readout(K: int, H: int, *, seed: int) -> Readout:
    """V with entries N(0, 1/H), so that o_t is of order one, and c = 0."""
    return Readout(stream(seed, "V").standard_normal((K, H)) / np.sqrt(H), np.zeros(K))


def carrying(placement: str, T: int, first: int = 1) -> NDArray[np.bool_]:
    """Which of the steps 1..T carry an error, (T,).

    Raises ValueError for an unknown placement, or if "from" starts outside 1..T.
    """
    if placement not in PLACEMENTS:
        raise ValueError(f"placement must be one of {', '.join(PLACEMENTS)}; got {placement!r}")
    if placement == "from" and not 1 <= first <= T:
        raise ValueError(f"the first step with an error must lie in [1, {T}]; got {first}")
    steps = np.arange(1, T + 1)
    return steps >= {"every": 1, "last": T, "from": first}[placement]


def cross_entropy(readout: Readout, h: Array, targets: Integers, carries: NDArray[np.bool_]) -> Loss:
    """The loss of the states h (T, ..., H) against the targets (T, ...).

    ŷ − y at the target is minus the sum of the other probabilities, which keeps its digits as ŷ nears 1.
    Raises ValueError for a target outside the K symbols.
    """
    K = len(readout.c)
    if targets.size and not (0 <= targets.min() and targets.max() < K):
        raise ValueError(f"targets must lie in [0, {K - 1}]; got {targets.min()} to {targets.max()}")
    o = readout.c + times(readout.V, h)
    o = o - o.real.max(axis=-1, keepdims=True)
    log_y = o - np.log(np.exp(o).sum(axis=-1, keepdims=True))
    y = np.exp(log_y)
    hit = targets[..., None] == np.arange(K)
    others = np.where(hit, 0.0, y)
    dE_do = np.where(hit, -others.sum(axis=-1, keepdims=True), y)
    E = -np.sum(np.where(hit, log_y, 0.0), axis=-1)
    return Loss(y, targets, E, dE_do, times(transposed(readout.V), dE_do), carries)


def readout_gradient(loss: Loss, h: Array) -> Readout:
    """∂E/∂V = Σ (ŷ_t − y_t) ⊗ h_t and ∂E/∂c, over the steps of h (T, ..., H) that carry an error."""
    d = loss.dE_do[loss.carries]
    return Readout(outer_sum(d, h[loss.carries], ()), d.reshape(-1, d.shape[-1]).sum(axis=0))
