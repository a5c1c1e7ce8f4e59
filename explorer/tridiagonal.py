"""Eigenvalues of many symmetric tridiagonal matrices at once, by the pivots of x - matrix.

The characteristic polynomial at x is the product of the pivots d_i = x - α_i - β_i² / d_{i-1}, and as many
of these are negative as there are eigenvalues above x (Sturm).
"""

import numpy as np

from explorer.arrays import Array

ROUNDS = 60  # of Laguerre's iteration; three to six are usual
CLOSE = 1e-11  # a step this small beside the eigenvalue ends it
FLOOR = 2.0**-52  # beside the eigenvalue, a pivot that is positive but for rounding


def above(alpha: Array, beta: Array, x: Array) -> Array:
    """How many eigenvalues (p,) of the tridiagonal matrices α (n, p), β² (n - 1, p) exceed x."""
    least = FLOOR * np.abs(x)
    pivot = x - alpha[0]
    count = np.where(pivot < 0, 1, 0)
    for a, b in zip(alpha[1:], beta, strict=True):
        pivot = x - a - b / np.where(np.abs(pivot) > least, pivot, least)
        count += pivot < 0
    return count


def top(alpha: Array, beta: Array, bound: Array, guess: Array) -> tuple[Array, Array]:
    """The largest eigenvalues (p,), from above, and the squared last components of their eigenvectors (p,).

    Laguerre's iteration comes down on the eigenvalue, from a guess where that lies above all eigenvalues,
    else from a bound that does, and ends where its step would be CLOSE. Rounding can make a step too long
    above a tight cluster: it is taken only where all eigenvalues stay below, else the interval is halved.
    At the eigenvalue the last pivot has the derivative 1 / component².
    """
    x = np.where(above(alpha, beta, guess) == 0, guess, np.minimum(reach(alpha, beta), bound) * (1 + CLOSE))
    low, slope, moving = np.zeros_like(x), np.ones_like(x), np.arange(x.size)
    for _ in range(ROUNDS):
        a, b, high, least = alpha[:, moving], beta[:, moving], x[moving], low[moving]
        with np.errstate(over="ignore", invalid="ignore"):  # at an eigenvalue found twice
            step, slope[moving] = _laguerre(a, b, high)
        step = np.where(high - step > least, step, 0.5 * (high - least))
        below = above(a, b, high - step) > 0
        low[moving], x[moving] = np.where(below, (high - step, high), (least, high - step))
        moving = moving[(step > CLOSE * high) & (high - low[moving] > CLOSE * high)]
        if moving.size == 0:
            break
    return x, np.where(np.isfinite(slope), 1 / slope, 1.0)


def _laguerre(alpha: Array, beta: Array, x: Array) -> tuple[Array, Array]:
    """Laguerre's step down from x (p,), and the derivative of the last pivot.

    The polynomial is a product of pivots d, so that its logarithmic derivatives are the sums of d'/d and of
    (d'/d)² - d''/d; those of each pivot follow from the pivot before.
    """
    least, n = FLOOR * x, len(alpha)
    pivot = np.maximum(x - alpha[0], least)
    slope, first, second = np.ones_like(x), 1 / pivot, np.zeros_like(x)
    sum_first, sum_second = first.copy(), first**2
    for a, b in zip(alpha[1:], beta, strict=True):
        ratio = b / pivot
        pivot = np.maximum(x - a - ratio, least)
        slope = 1 + ratio * first
        second = ratio * (second - 2 * first**2) / pivot
        first = slope / pivot
        sum_first += first
        sum_second += first**2 - second
    root = np.sqrt(np.maximum((n - 1) * (n * sum_second - sum_first**2), 0.0))
    return n / (sum_first + root), slope


def reach(alpha: Array, beta: Array) -> Array:
    """Gershgorin's bound on the eigenvalues, the largest row sum, (p,)."""
    side = np.sqrt(beta)
    rows = alpha.copy()
    rows[:-1] += side
    rows[1:] += side
    most: Array = np.max(rows, axis=0)
    return most
