"""Singular values of rows whose sizes span thousands of decades, by one-sided Jacobi rotations.

Pairs of rows are rotated until all rows are orthogonal; their sizes then are the singular values, the small
ones with the same relative accuracy as the large ones. Sizes are kept apart from the rows, as logarithms.
"""

from collections.abc import Iterator

import numpy as np

from explorer.arrays import Array, Integers, log

ROUNDING = float(np.finfo(np.float64).eps)
SWEEPS = 60  # convergence is quadratic: rows that start nearly orthogonal take fewer than ten
SMALLEST = -1e300  # stands for the size of a zero row where two of them meet


def log_row_singular_values(L: Array, rows: Array) -> Array:
    """ln of the singular values (r,), in no order, of diag(e^L) rows, for rows (r, n) of length 1."""
    L, rows = L.copy(), rows.copy()
    rounds = list(disjoint_pairs(len(L)))
    for _ in range(SWEEPS):
        cosine = 0.0
        for one, other in rounds:
            cosine = max(cosine, rotate(L, rows, one, other))
        if cosine <= len(L) * ROUNDING:
            break
    return L


def disjoint_pairs(n: int) -> Iterator[tuple[Integers, Integers]]:
    """All pairs of n rows, in rounds where no row meets two others: the schedule of a tournament."""
    seats = np.arange(n + n % 2)
    half = len(seats) // 2
    for _ in range(len(seats) - 1):
        one, other = seats[:half], seats[::-1][:half]
        present = np.maximum(one, other) < n  # with n odd, one row rests
        yield one[present], other[present]
        seats = np.concatenate([seats[:1], seats[-1:], seats[1:-1]])


def rotate(L: Array, rows: Array, one: Integers, other: Integers) -> float:
    """Make the rows of each pair orthogonal, in place, and return the largest |cosine| there was.

    With a the larger row, b the smaller and q = |b| / |a| <= 1, the rotation by the angle θ gives
    a − q² τ b and b + τ a, up to cos θ, where τ = tan(θ) / q. When q underflows, the small row is made
    orthogonal to the large one, and the large one stays as it is.
    """
    large = np.where(L[one] >= L[other], one, other)
    small = one + other - large
    a, b = rows[large], rows[small]
    cosine = np.einsum("ij,ij->i", a, b)
    log_q2 = 2.0 * (L[small] - np.maximum(L[large], SMALLEST))
    q2, rest = np.exp(log_q2), -np.expm1(log_q2)  # q² and 1 − q²
    below = rest + np.sqrt(rest**2 + 4.0 * q2 * cosine**2)
    tau = -2.0 * cosine / np.where(below > 0, below, 1.0)
    log_cos = -0.5 * np.log1p(q2 * tau**2)
    for index, turned in ((large, a - (q2 * tau)[:, None] * b), (small, b + tau[:, None] * a)):
        length = np.sqrt(np.einsum("ij,ij->i", turned, turned))
        rows[index] = turned / np.where(length > 0, length, 1.0)[:, None]
        L[index] += log(length) + log_cos
    return float(np.max(np.abs(cosine), initial=0.0))
