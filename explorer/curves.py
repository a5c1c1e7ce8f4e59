"""Rows of a map by multiplying out: P(t, k) for k = t, t - 1, ..., 0, one Jacobian after the other.

A row is carried as columns of separate exponents, P = X diag(2**e), once their sizes differ widely. With
one exponent a small column beside a large one would be rounded to zero and stay zero, though the next
Jacobian may well cut the large column off. So a norm is zero here only where the product is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer import progress
from explorer.arrays import Array, Integers
from explorer.chain import Chain
from explorer.grams import CACHED, LN2, Part

WIDE = 100  # exponents that differ by more are kept apart, and entries beyond 2**±100 rescaled
NONE = -(1 << 40)  # an exponent below all others, that of zero
LEAST = -2000  # 2**LEAST is zero


@dataclass(frozen=True)
class Rows:
    """Rows of the map of an ensemble, and the places in them that are asked for."""

    t: Integers  # (n,)
    member: Integers  # (n,)
    asked: NDArray[np.bool_]  # (n, T + 1) at [row, k]

    @staticmethod
    def whole(t: int, members: int, T: int) -> "Rows":
        """All of row t of every member."""
        return Rows(np.full(members, t), np.arange(members), np.ones((members, T + 1), np.bool_))

    def where(self, chosen: Integers) -> "Rows":
        """Some of the rows."""
        return Rows(self.t[chosen], self.member[chosen], self.asked[chosen])


def curves_back(chain: Chain, rows: Rows, *, part: Part, log_norm: Callable[[Array], Array]) -> Array:
    """ln of the norm of a block of P(t, k) at the places asked for, (n, T + 1); -inf at others and beyond t.

    The chain has one leading axis, the members, and Jacobians of moderate size.
    """
    curves = np.full(rows.asked.shape, -np.inf)
    latest = np.argsort(-rows.t, kind="stable")
    most = max(1, CACHED // chain.S**2)
    for some in (latest[i : i + most] for i in range(0, len(latest), most)):
        curves[some] = _curves(chain, rows.where(some), part=part, log_norm=log_norm)
    return curves


def _curves(chain: Chain, rows: Rows, *, part: Part, log_norm: Callable[[Array], Array]) -> Array:
    """The same for t that fall and rows that fit the cache."""
    t, member, first = rows.t, rows.member, int(np.argmax(rows.asked.any(axis=0)))
    curves = np.full(rows.asked.shape, -np.inf)
    X = np.tile(np.eye(chain.S)[part.rows], (len(t), 1, 1))
    e = np.zeros((len(t), chain.S), np.int64)
    for k in range(t[0], first - 1, -1):
        progress.report()
        n = int(np.count_nonzero(t >= k))
        asked = np.flatnonzero(rows.asked[:n, k])
        if len(asked):
            curves[asked, k] = _sizes(X[asked][:, :, part.columns], e[asked][:, part.columns], log_norm)
        if k == first or (n == len(t) and not X.any()):
            break
        J = chain.take(slice(k - 1, k))[0]
        n = int(np.count_nonzero(t >= k))
        X[:n], e[:n] = _levelled(*_times(X[:n], e[:n], J if len(J) == 1 else J[member[:n]]))
    return curves


def _sizes(X: Array, e: Integers, log_norm: Callable[[Array], Array]) -> Array:
    """ln ‖X diag(2**e)‖, (n,)."""
    top = np.max(np.where(X.any(-2), e, NONE), axis=-1)
    top = np.where(top > NONE, top, 0)
    if np.any(e != top[:, None]):
        X = np.ldexp(X, _narrow(e - top[:, None])[:, None, :])
    norm: Array = log_norm(X) + LN2 * top
    return norm


def _times(X: Array, e: Integers, J: Array) -> tuple[Array, Integers]:
    """X diag(2**e) J as a matrix and new column exponents."""
    if np.all(e == e[:, :1]):
        return _product(X, J), e
    mantissa, exponent = np.frexp(J)
    live = np.max(np.abs(X), axis=-2)[:, :, None] * (J != 0) > 0
    height = np.where(live, exponent + e[:, :, None], NONE)
    top = np.max(height, axis=-2)
    return X @ np.ldexp(mantissa, _narrow(height - top[:, None, :])), np.where(top > NONE, top, 0)


def _product(X: Array, J: Array) -> Array:
    """X J; one multiplication where all rows share one Jacobian."""
    product: Array = np.matmul(X, J) if len(J) > 1 else np.matmul(X.reshape(-1, X.shape[-1]), J[0])
    return product.reshape(X.shape)


def _levelled(X: Array, e: Integers) -> tuple[Array, Integers]:
    """X diag(2**e) with columns near 1, or all on one exponent where that loses nothing."""
    largest = np.max(np.abs(X), axis=-2)
    shift = np.frexp(largest)[1]
    if np.all(np.abs(shift) <= WIDE):
        return X, e
    level = np.where(largest > 0, e + shift, NONE)
    top = np.max(level, axis=-1, keepdims=True)
    top = np.where(top > NONE, top, 0)
    low = np.min(np.where(largest > 0, level, top), axis=-1, keepdims=True)
    new = np.where((largest > 0) & (top - low > WIDE), level, top)
    return np.ldexp(X, _narrow(e - new)[:, None, :]), new


def _narrow(exponent: Integers) -> Array:
    """Exponents in the type and range that ldexp takes everywhere."""
    return np.clip(exponent, LEAST, -LEAST).astype(np.intc)
