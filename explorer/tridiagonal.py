"""The largest eigenvalues of many symmetric tridiagonal matrices at once, by leading minors of x - matrix.

With the diagonal α and the side diagonal β they are p_i = (x - α_i) p_{i-1} - β_i² p_{i-2}, from p_0 = 1 on.
All are positive just where x exceeds all eigenvalues.
"""

import numpy as np

from explorer.arrays import Array, Flags

ROUNDS = 5  # of Laguerre's iteration; three are usual
CLOSE = 1e-4  # beside the eigenvalue a step this small ends it, for its cube is what is left


def below(alpha: Array, beta: Array, x: Array) -> Flags:
    """Whether all eigenvalues of the tridiagonal matrices α (n, p), β² (n - 1, p) are less than x, (p,)."""
    before, minor = np.ones_like(x), x - alpha[0]
    least = minor
    for a, b in zip(alpha[1:], beta, strict=True):
        before, minor = minor, (x - a) * minor - b * before
        least = np.minimum(least, minor)
    return np.asarray(least > 0)


def top(alpha: Array, beta: Array) -> Array:
    """The largest eigenvalues (p,), to be made sure of by `below`.

    Laguerre's iteration comes down on them, three times as many digits at a time. What a tight cluster or
    rounding has kept from its end after ROUNDS is not waited for.
    """
    x = _reach(alpha, beta)
    moving = np.arange(x.size)
    for _ in range(ROUNDS):
        step = _laguerre(alpha[:, moving], beta[:, moving], x[moving])
        x[moving] -= step
        moving = moving[step > CLOSE * x[moving]]
        if moving.size == 0:
            break
    return x


def _laguerre(alpha: Array, beta: Array, x: Array) -> Array:
    """Laguerre's step down from x (p,), from the determinant and its first two derivatives."""
    n, before, minor = len(alpha), np.zeros((3, x.size)), np.zeros((3, x.size))  # p, p', p'' / 2
    before[0], minor[0], minor[1] = 1.0, x - alpha[0], 1.0
    for a, b in zip(alpha[1:], beta, strict=True):
        following = (x - a) * minor
        following[1:] += minor[:-1]
        before *= b
        following -= before
        before, minor = minor, following
    p, slope, bend = minor
    root = np.sqrt(np.maximum((n - 1) * ((n - 1) * slope**2 - 2 * n * p * bend), 0.0))
    divisor = slope + root
    return np.divide(n * p, divisor, out=np.zeros_like(p), where=divisor > 0)


def _reach(alpha: Array, beta: Array) -> Array:
    """Gershgorin's bound on the eigenvalues, the largest row sum, (p,)."""
    side = np.sqrt(beta)
    rows = alpha.copy()
    rows[:-1] += side
    rows[1:] += side
    most: Array = np.max(rows, axis=0)
    return most
