"""The largest eigenvalues of many products of two Gram matrices at once, without forming the products.

With G = A'A and S = B B' the largest singular value of A B is the root of the largest eigenvalue of K = G S,
which is symmetric in the inner product ⟨x, y⟩ = x'S y. Lanczos' recurrence

    z_{j+1} = K z_j - α_j z_j - β_j² z_{j-1},
    α_j = ⟨z_j, K z_j⟩ / ν_j²,   β_j = ν_j / ν_{j-1},   ν_j² = ⟨z_j, z_j⟩

takes two products of a matrix and a vector a step. The pairs of n matrices G and s matrices S advance
together, which makes them products of matrices. The largest eigenvalue θ of the tridiagonal matrix with the
diagonal α and the side diagonals β is never more than that of K, and within the residual
r = β_{j+1} |last component of its eigenvector| of an eigenvalue of K. No number of steps shows that this is
the largest: a start may have next to nothing of the true one, and where two lie close together the steps see
their mean. But no eigenvalue of K is negative, so the others are at most trace K - θ + r. Where that is less
than θ, θ is within r² / (2 θ - trace K) of the largest. Pairs for which a few steps do not show this, as
those of matrices with many singular values alike, are decomposed one by one.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from explorer import progress
from explorer.arrays import Array
from explorer.grams import CACHED
from explorer.tridiagonal import reach, top

PRECISION = 1e-8  # of the eigenvalues, relative
NOISE = 1e-8  # beside the traces of G and S an eigenvalue this small is not exact enough
SEEN = 1e-7  # beside |z|², a ⟨z, z⟩ this small is an upper bound only, and the end
LOOKS = (1, 3, 6)  # steps before a look at θ; more settle few pairs more
SHIFT = 1e-13  # beside the trace of S
LEFT = 0.02  # share of pairs that are not worth another step for all


def largest_eigenvalues(G: Array, S: Array) -> Array:
    """λ_max(G_i S_j) (m, n, s) for Gram matrices G (m, n, S, S) and S (m, s, S, S) of unit trace.

    The trace of G_i S_j, for an order of magnitude, where rounding spoils an eigenvalue so small.
    """
    total = np.matmul(G.reshape(*G.shape[:2], -1), S.reshape(*S.shape[:2], -1).swapaxes(-1, -2))
    found: Array = np.maximum(total, 0.0)
    guess, unsettled = total.copy(), total > NOISE
    for alpha, beta, exact in _tridiagonals(G, S, total):
        hopeful = 2 * reach(alpha, beta[:-1]) > total  # or θ is less than half of the trace
        at = np.stack(np.nonzero(unsettled & exact & hopeful))
        theta, residual, settled = _judged(alpha[:, *at], beta[:, *at], total[*at], guess[*at])
        found[*at], guess[*at] = np.minimum(theta, total[*at]), np.minimum(theta + residual, total[*at])
        unsettled[*at] = ~settled
        if np.count_nonzero(unsettled) <= LEFT * total.size or len(alpha) >= G.shape[-1]:
            break
    at = np.stack(np.nonzero(unsettled))
    most = max(1, CACHED // G.shape[-1] ** 2)
    for some in (at[:, i : i + most] for i in range(0, at.shape[1], most)):
        progress.report()
        found[*some] = _one_by_one(G, S, total, some)
    return found


def _one_by_one(G: Array, S: Array, total: Array, at: NDArray[np.int64]) -> Array:
    """λ_max (p,) of the pairs at (3, p): K is similar to R'G R, where S = R R'."""
    columns, which = np.unique(at[[0, 2]], axis=1, return_inverse=True)
    R = _roots(S[*columns], float(np.min(total[*at])))[which.ravel()]
    similar = np.matmul(np.matmul(R.swapaxes(-1, -2), G[*at[:2]]), R)
    largest: Array = np.linalg.eigvalsh(similar)[:, -1]
    return largest


def _roots(S: Array, total: float) -> Array:
    """R with R R' = S (p, S, S) of unit trace, exact enough for a λ_max(G S) of at least total / S.

    A SHIFT of all eigenvalues of S adds no more than itself to λ_max, and lets rounding leave S positive.
    """
    n = S.shape[-1]
    if SHIFT * n <= 0.1 * PRECISION * total:
        return np.asarray(np.linalg.cholesky(S + SHIFT * np.eye(n)))
    values, vectors = np.linalg.eigh(S)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


def _tridiagonals(G: Array, S: Array, total: Array) -> Iterator[tuple[Array, Array, NDArray[np.bool_]]]:
    """α_1..α_j and β_2²..β_{j+1}², each (j, m, n, s), of all pairs for j in LOOKS, and which are known."""
    shape = (*G.shape[:2], *S.shape[1:3])
    alpha, beta = np.empty((2, LOOKS[-1], *shape[:-1]))
    start = np.matmul(G, np.random.default_rng(0).standard_normal(shape[-1]))
    z, before, y, product = np.empty((4, *shape))
    z[:], before[:] = start[:, :, None], 0.0
    w = np.matmul(z.swapaxes(1, 2), S)
    square = np.where(total > NOISE, np.vecdot(w.swapaxes(1, 2), z), 0.0)
    ratio, exact = np.zeros_like(square), square > 0
    for j in range(LOOKS[-1]):
        np.matmul(w.swapaxes(1, 2), G, out=y)
        alpha[j] = _over(np.vecdot(w.swapaxes(1, 2), y), square)
        y -= np.multiply(z, alpha[j][..., None], out=product)
        y -= np.multiply(before, ratio[..., None], out=before)
        before, z, y = z, y, before
        np.matmul(z.swapaxes(1, 2), S, out=w)
        last, square = square, np.vecdot(w.swapaxes(1, 2), z)
        least = SEEN * np.vecdot(z, z)
        seen = exact & (square > least)
        beta[j] = ratio = _over(np.where(seen, square, 2 * least), last)
        if j + 1 in LOOKS:
            yield alpha[: j + 1], beta[: j + 1], exact
        exact, square[~seen] = seen, 0.0


def _over(a: Array, b: Array) -> Array:
    """a / b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def _judged(alpha: Array, beta: Array, total: Array, guess: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """θ (p,) of p pairs from their α and β² (j, p), its residual, and whether it is the largest."""
    theta, weight = top(alpha, beta[:-1], total, guess)
    square, apart = beta[-1] * weight, np.maximum(2 * theta - total, 0.0)
    settled = (square <= PRECISION * theta * apart) & (4 * square <= apart**2)
    return theta, np.sqrt(square), settled | (theta >= (1 - PRECISION) * total)
