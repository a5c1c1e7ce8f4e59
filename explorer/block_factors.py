"""One-step Jacobians of an LSTM as factors of long products, and these products, kept in range.

Arrays have the axes (n, L, ...): n steps, and L sequences or networks at once. The state is h, then c.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from explorer import progress
from explorer.arrays import Array

SMALL, LARGE = 1e-40, 1e40  # squared norms outside are brought back by a power of two
RUNS = 64  # runs of several steps that are multiplied together at once

Products = Iterator[tuple[Array, Array]]  # mantissas (n, L, 2H, 2H) and binary exponents (n, L)


class Factors(Protocol):
    """The one-step Jacobians J_1 ... J_T, held or implied; index t - 1 stands for J_t."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, L and H."""

    def jacobians(self, steps: slice) -> Array:
        """J, (n, L, 2H, 2H)."""

    def times(self, steps: slice, A: Array) -> Array:
        """J A for A (n, L, 2H, 2H)."""

    def transposed_times(self, steps: slice, C: Array) -> Array:
        """Jᵀ C for C (n, L, 2H, 2H)."""


@dataclass(frozen=True)
class Dense:
    """Jacobians without structure, as products of several steps are."""

    J: Array  # (T, L, 2H, 2H)

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, L and H."""
        T, L, S, _ = self.J.shape
        return T, L, S // 2

    def jacobians(self, steps: slice) -> Array:
        return self.J[steps]

    def times(self, steps: slice, A: Array) -> Array:
        return self.J[steps] @ A

    def transposed_times(self, steps: slice, C: Array) -> Array:
        return self.J[steps].mT @ C


@dataclass(frozen=True)
class Structured:
    """Jacobians [∂s_t/∂h_{t-1}, [e f; f]] that are full by h and diagonal by c: products cost half."""

    f: Array  # (T, L, H), ∂c_t/∂c_{t-1}
    e: Array  # (T, L, H), ∂h_t/∂c_t
    by_h: Callable[[slice], Array]  # (n, L, 2H, H), ∂s_t/∂h_{t-1}

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, L and H."""
        T, L, H = self.f.shape
        return T, L, H

    def jacobians(self, steps: slice) -> Array:
        by_h, f, e = self.by_h(steps), self.f[steps], self.e[steps]
        H, units = f.shape[-1], np.arange(f.shape[-1])
        J = np.zeros((*by_h.shape[:-1], 2 * H))
        J[..., :H] = by_h
        J[..., units, H + units] = e * f
        J[..., H + units, H + units] = f
        return J

    def times(self, steps: slice, A: Array) -> Array:
        H = self.f.shape[-1]
        product = self.by_h(steps) @ A[..., :H, :]
        through_c = self.f[steps][..., None] * A[..., H:, :]
        product[..., H:, :] += through_c
        through_c *= self.e[steps][..., None]
        product[..., :H, :] += through_c
        return product

    def transposed_times(self, steps: slice, C: Array) -> Array:
        H = self.f.shape[-1]
        product = np.empty_like(C)
        np.matmul(self.by_h(steps).mT, C, out=product[..., :H, :])
        through_c = self.e[steps][..., None] * C[..., :H, :]
        through_c += C[..., H:, :]
        np.multiply(self.f[steps][..., None], through_c, out=product[..., H:, :])
        return product


@dataclass(frozen=True)
class Splits:
    """Steps m = first, first + spacing, ...; each with `left` steps k <= m and `right` steps t > m."""

    first: int
    count: int
    spacing: int
    left: int
    right: int

    def steps(self, offset: int) -> slice:
        """Indices of one Jacobian for each split; offset 0 is the first to the right of it."""
        start = self.first + offset
        return slice(start, start + self.spacing * (self.count - 1) + 1, self.spacing)


def rightward(factors: Factors, splits: Splits) -> Products:
    """∂s_t/∂s_m for t = m + 1, ..., m + right."""
    product = normalised(factors.jacobians(splits.steps(0)), np.zeros((splits.count, factors.shape[1])))
    yield product
    for offset in range(1, splits.right):
        progress.report()
        product = normalised(factors.times(splits.steps(offset), product[0]), product[1])
        yield product


def leftward(factors: Factors, splits: Splits) -> Products:
    """∂s_m/∂s_k, transposed, for k = m, m - 1, ..., m - left + 1."""
    _, L, H = factors.shape
    exponent = np.zeros((splits.count, L))
    yield np.broadcast_to(np.eye(2 * H), (splits.count, L, 2 * H, 2 * H)), exponent
    if splits.left > 1:
        J = factors.jacobians(splits.steps(-1))
        product = normalised(np.ascontiguousarray(J.mT), exponent)
        yield product
    for offset in range(2, splits.left):
        progress.report()
        product = normalised(factors.transposed_times(splits.steps(-offset), product[0]), product[1])
        yield product


def normalised(A: Array, exponent: Array) -> tuple[Array, Array]:
    """The same A·2**exponent with the squared norm of each matrix of A within [SMALL, LARGE]."""
    entries = A.reshape(*A.shape[:-2], -1)
    with np.errstate(over="ignore"):
        square = np.vecdot(entries, entries)
    outside = (square < SMALL) | (square > LARGE)
    if not outside.any():
        return A, exponent
    shift = np.where(outside, np.frexp(np.max(np.abs(entries), axis=-1))[1], 0)
    return np.ldexp(A, -shift[..., None, None]), exponent + shift


def every_few(factors: Factors, every: int) -> tuple[Factors, Array]:
    """The factors of `every` steps each, ∂s_{i·every}/∂s_{(i-1)·every}, and their exponents (n, L)."""
    T, L, H = factors.shape
    runs = T // every
    exponents = np.zeros((runs, L))
    if every == 1:
        return factors, exponents
    J = np.empty((runs, L, 2 * H, 2 * H))
    for first in range(0, runs, RUNS):
        some = slice(first, min(first + RUNS, runs))
        splits = Splits(first * every, some.stop - first, every, left=0, right=every)
        J[some], exponents[some] = deque(rightward(factors, splits), maxlen=1).pop()
    return Dense(J), exponents
