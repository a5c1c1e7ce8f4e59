"""A chain of one-step Jacobians J_1 ... J_T, formed only when asked for.

The T matrices of a long run fill more memory than anything else the engine holds (131 MB at T = 1,000,
H = 128), while every algorithm needs only a few of them at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from explorer import progress
from explorer.arrays import Array, Integers, Scaled

TOGETHER = 8  # steps whose product is rescaled once
LARGEST = 2.0**40  # no entry of a Jacobian is larger, times S, in steps that are rescaled once
SMALLEST = 2.0**-400  # nor their product smaller: nothing on the way has left float64's range


@dataclass(frozen=True)
class Chain:
    """J_t = ds_t/ds_{t-1} for t = 1..T; `take(slice)` gives (n, ..., S, S), index t - 1 holding J_t.

    `parts(t - 1)`, where a cell has it, are matrices (..., m, n) with the product J_t, first applied first,
    whose zeros say more of its rank than those of J_t do.
    """

    T: int
    S: int
    take: Callable[[slice], Array]
    leading: tuple[int, ...] = ()
    parts: Callable[[int], tuple[Array, ...]] | None = None

    @classmethod
    def of(cls, J: Array) -> "Chain":
        """The chain of the matrices J (T, ..., S, S)."""
        return cls(len(J), J.shape[-1], J.__getitem__, J.shape[1:-2])

    def upto(self, T: int) -> "Chain":
        """The first T steps of this chain: nothing before step T depends on what comes after it."""
        return replace(self, T=T)

    def factors(self, index: int) -> tuple[Array, ...]:
        """The Jacobian at an index, by its parts where they are known."""
        return self.parts(index) if self.parts else (self.take(slice(index, index + 1))[0],)

    def product(self, t: int, k: int) -> Scaled:
        """P(t, k) = ds_t/ds_k = J_t J_{t-1} ... J_{k+1}, (..., S, S); the identity for t = k.

        Raises ValueError unless 0 <= k <= t <= T.
        """
        if not 0 <= k <= t <= self.T:
            raise ValueError(f"steps must satisfy 0 <= k <= t <= {self.T}; got t = {t}, k = {k}")
        P = Scaled.of(np.broadcast_to(np.eye(self.S), (*self.leading, self.S, self.S)))
        for j in range(k, t, TOGETHER):
            progress.report()
            P = _onwards(self.take(slice(j, min(j + TOGETHER, t))), P)
        return P

    def products_back_from(self, t: int) -> tuple[Array, Integers]:
        """P(t, k) for k = 0..t as mantissas (t + 1, ..., S, S) and exponents (t + 1, ...)."""
        P = Scaled.of(np.broadcast_to(np.eye(self.S), (*self.leading, self.S, self.S)))
        mantissas, exponents = [P.mantissa], [P.exponent]
        for k in reversed(range(t)):
            progress.report()
            P = Scaled.of(P.mantissa @ self.take(slice(k, k + 1))[0], P.exponent)
            mantissas.append(P.mantissa)
            exponents.append(P.exponent)
        return np.stack(mantissas[::-1]), np.stack(exponents[::-1])


def _onwards(J: Array, P: Scaled) -> Scaled:
    """J_n ... J_1 P of a few steps J (n, ..., S, S): rescaled at their end, at every step where it must be.

    With entries of at most LARGEST / S the steps grow by no more than 2**320 together, so that a product of
    at least SMALLEST was never below 2**-720: rounding to float64's smallest numbers does not show in it.
    """
    product = P.mantissa
    if J.shape[-1] * np.max(np.abs(J), initial=0.0) <= LARGEST:
        for step in J:
            product = step @ product
        if np.min(np.max(np.abs(product), axis=(-2, -1))) >= SMALLEST:
            return Scaled.of(product, P.exponent)
    for step in J:
        P = Scaled.of(step @ P.mantissa, P.exponent)
    return P
