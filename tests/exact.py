"""Products of matrices, and their singular values from as many digits as it takes."""

import mpmath
import numpy as np


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
    assert np.array_equal(np.isinf(one), np.isinf(other))
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
