"""Finite-time Lyapunov exponents: how fast the directions of a state grow per step, on average."""

import numpy as np

from explorer import progress
from explorer.arrays import Array, log
from explorer.chain import Chain

ILL_CONDITIONED = 1e-7  # steps between two factorisations are multiplied only while R is better than this


def lyapunov_exponents(chain: Chain, *, burn_in: int = 0, every: int = 1) -> Array:
    """Finite-time Lyapunov exponents, ln per step and largest first, as they settle, (n, ..., S).

    Row i averages the (i + 1)·every steps after the burn-in; the last row all of them, to step T. Their sum
    is the mean of ln|det J_t|; the exponents of dead units are −inf, any other dependence
    shows as rounding. With `every` > 1 the steps in between are multiplied together first where that loses
    no digits, which is faster.
    Raises ValueError unless 0 <= burn_in < T and every >= 1.
    """
    if not 0 <= burn_in < chain.T:
        raise ValueError(f"burn_in must lie in [0, {chain.T - 1}]; got {burn_in}")
    if every < 1:
        raise ValueError(f"every must be at least 1; got {every}")
    Q = np.broadcast_to(np.eye(chain.S), (*chain.leading, chain.S, chain.S))
    for start in range(0, burn_in, every):
        Q, _ = carried(chain.take(slice(start, min(start + every, burn_in))), Q)
    growth, rows = np.zeros((*chain.leading, chain.S)), []
    for start in range(burn_in, chain.T, every):
        progress.report()
        end = min(start + every, chain.T)
        Q, grown = carried(chain.take(slice(start, end)), Q)
        growth = growth + grown
        rows.append(growth / (end - burn_in))
    return -np.sort(-np.stack(rows), axis=-1)


def carried(J: Array, Q: Array) -> tuple[Array, Array]:
    """The orthonormal frame Q (..., S, S) after the steps J (n, ..., S, S), and ln of its growth (..., S)."""
    A = Q
    with np.errstate(over="ignore", invalid="ignore"):
        for J_t in J:
            A = J_t @ A
    order = np.argsort(-np.max(np.abs(A), axis=-1), axis=-1, kind="stable")[..., None]
    frame, R = np.linalg.qr(np.take_along_axis(A, order, axis=-2))
    growth = np.abs(np.diagonal(R, axis1=-2, axis2=-1))
    if len(J) > 1 and not np.all(np.min(growth, axis=-1) > ILL_CONDITIONED * np.max(growth, axis=-1)):
        Q, first = carried(J[: len(J) // 2], Q)
        Q, second = carried(J[len(J) // 2 :], Q)
        return Q, first + second
    return np.take_along_axis(frame, np.argsort(order, axis=-2), axis=-2), log(growth)
