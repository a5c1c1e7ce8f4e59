"""mpmath: the same numbers with as many digits as it takes and exponents without end.

Beside it, the kinds of matrices whose products are computed in that way.
"""

from typing import Any

import mpmath
import numpy as np

from explorer.arrays import Array


def exact(a: Array) -> Any:
    """The same numbers as an array of mpmath's, digit for digit."""
    return np.vectorize(mpmath.mpf, otypes=[object])(a)


def exact_log_norm(a: Any) -> float:
    """ln of the Euclidean norm of an array of mpmath's numbers, −inf for zero."""
    squares = mpmath.fsum(number**2 for number in np.ravel(a))
    return float(mpmath.log(squares) / 2) if squares else -np.inf


def exact_product(J: Array) -> Any:
    """J_n ... J_2 J_1 of the matrices J (n, S, S)."""
    P = exact(np.eye(J.shape[-1]))
    for J_t in J:
        P = exact(J_t) @ P
    return P


def exact_spectrum(matrices, digits):
    """ln singular values of the product, from `digits` decimal digits; what is smaller counts as zero."""
    with mpmath.workdps(digits):
        product = mpmath.matrix(matrices[0].tolist())
        for M in matrices[1:]:
            product = mpmath.matrix(M.tolist()) * product
        sigma = mpmath.svd_r(product, compute_uv=False)
        logs = [float(mpmath.log(s)) if s > 0 else -np.inf for s in sigma]
    return np.sort([x if x > max(logs) - 2 * digits else -np.inf for x in logs])[::-1]


def distance(one, other):
    """The largest difference, infinities compared by themselves."""
    assert one.shape == other.shape
    assert np.array_equal(np.isneginf(one), np.isneginf(other))
    alive = np.isfinite(other)
    return np.max(np.abs(one[alive] - other[alive]), initial=0.0)


def gaussian(rng, T, S, gain=1.0):
    """One matrix for T steps."""
    return np.repeat(gain * rng.standard_normal((1, S, S)) / np.sqrt(S), T, axis=0)


def slopes(rng, shape, decades):
    """Slopes of activations between 10**-decades and 1."""
    return 10.0 ** rng.uniform(-decades, 0.0, shape)


def orthogonal(rng, n, S):
    """n random orthogonal matrices."""
    return np.linalg.qr(rng.standard_normal((n, S, S)))[0]
