"""The largest eigenvalues of many products of two Gram matrices at once, without forming the products.

With G = A'A and S = B B' the largest singular value of A B is the root of the largest eigenvalue of K = G S,
which is symmetric in the inner product ⟨x, y⟩ = x'S y. Lanczos' recurrence

    z_{j+1} = K z_j - α_j z_j - β_j² z_{j-1},
    α_j = ⟨z_j, K z_j⟩ / ν_j²,   β_j = ν_j / ν_{j-1},   ν_j² = ⟨z_j, z_j⟩

takes two products of a matrix and a vector a step. The pairs of n matrices G and s matrices S advance
together, which makes them products of matrices. The largest eigenvalue θ of the tridiagonal matrix with the
diagonal α and the side diagonals β rises to that of K, and settles long before the rest of the spectrum.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Array
from explorer.grams import CACHED
from explorer.tridiagonal import above, top

PRECISION = 1e-9  # of the eigenvalues, relative
NOISE = 1e-8  # beside the traces of G and S an eigenvalue this small is not exact enough
EXHAUSTED = 1e-24  # of β², beside the trace squared: no direction is left
LOOKS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50, 62, 77, 96)  # steps before a look at θ
RENEWED = 6  # steps after which vectors are brought back to unit length
MANY, FEW = 50, 5  # of many pairs every fifth is looked at first, to tell whether any has settled
LEFT = 0.02  # share of pairs that are not worth another step for all


def largest_eigenvalues(G: Array, S: Array) -> Array:
    """λ_max(G_i S_j) (m, n, s) for Gram matrices G (m, n, S, S) and S (m, s, S, S) of unit trace.

    The trace of G_i S_j, for an order of magnitude, where rounding spoils an eigenvalue so small.
    """
    total = np.matmul(G.reshape(*G.shape[:2], -1), S.reshape(*S.shape[:2], -1).swapaxes(-1, -2))
    found: Array = np.maximum(total, 0.0)
    guess, unsettled = total.copy(), total > NOISE
    for alpha, beta in _tridiagonals(G, S, total):
        at = np.stack(np.nonzero(unsettled))
        few = at[:, ::FEW]
        if at.shape[1] <= MANY or _judged(alpha[:, *few], beta[:, *few], total[*few], guess[*few])[2].any():
            theta, reach, settled = _judged(alpha[:, *at], beta[:, *at], total[*at], guess[*at])
            found[*at], guess[*at] = np.minimum(theta, total[*at]), np.minimum(theta + reach, total[*at])
            unsettled[*at] = ~settled
        if np.count_nonzero(unsettled) <= LEFT * total.size or len(alpha) >= G.shape[-1]:
            break
    at = np.stack(np.nonzero(unsettled))
    most = max(1, CACHED // G.shape[-1] ** 2)
    for some in (at[:, i : i + most] for i in range(0, at.shape[1], most)):
        found[*some] = _one_by_one(G, S, some)
    return found


def _one_by_one(G: Array, S: Array, at: NDArray[np.int64]) -> Array:
    """λ_max (p,) of the pairs at (3, p): K is similar to R'G R, where S = R R'."""
    columns, which = np.unique(at[[0, 2]], axis=1, return_inverse=True)
    values, vectors = np.linalg.eigh(S[*columns])
    R = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])[which.ravel()]
    similar = np.matmul(np.matmul(R.swapaxes(-1, -2), G[*at[:2]]), R)
    largest: Array = np.linalg.eigvalsh(similar)[:, -1]
    return largest


def _tridiagonals(G: Array, S: Array, total: Array) -> Iterator[tuple[Array, Array]]:
    """α_1..α_j and β_2²..β_{j+1}², each (j, m, n, s), of all pairs for j in LOOKS."""
    shape = (*G.shape[:2], *S.shape[1:3])
    alpha, beta = np.empty((2, LOOKS[-1], *shape[:-1]))
    start = np.matmul(G, np.random.default_rng(0).standard_normal(shape[-1]))
    z, before, y, product = np.empty((4, *shape))
    z[:], before[:] = start[:, :, None], 0.0
    w = np.matmul(z.swapaxes(1, 2), S)
    square = np.where(total > NOISE, np.vecdot(w.swapaxes(1, 2), z), 0.0)
    ratio = np.zeros_like(square)
    for j in range(LOOKS[-1]):
        np.matmul(w.swapaxes(1, 2), G, out=y)
        alpha[j] = _over(np.vecdot(w.swapaxes(1, 2), y), square)
        y -= np.multiply(z, alpha[j][..., None], out=product)
        y -= np.multiply(before, ratio[..., None], out=before)
        before, z, y = z, y, before
        np.matmul(z.swapaxes(1, 2), S, out=w)
        last, square = square, np.vecdot(w.swapaxes(1, 2), z)
        square[(last == 0) | (square <= EXHAUSTED * total**2 * last)] = 0.0
        beta[j] = ratio = _over(square, last)
        if j + 1 in LOOKS:
            yield alpha[: j + 1], beta[: j + 1]
        if (j + 1) % RENEWED == 0:
            length = _over(np.ones_like(square), np.sqrt(square))[..., None]
            for vectors in (z, before):
                vectors *= length
            w *= length.swapaxes(1, 2)
            square = np.vecdot(w.swapaxes(1, 2), z)


def _over(a: Array, b: Array) -> Array:
    """a / b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def _judged(alpha: Array, beta: Array, total: Array, guess: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """θ (p,) of p pairs from their α and β² (j, p), their residuals, and whether θ has settled.

    An eigenvalue lies within the residual r = β_{j+1} |last component of the eigenvector| of θ, and nearer
    than r² over the distance from θ to the next one. That distance is 2 θ - trace at least; where this does
    not suffice, it is read off the tridiagonal matrix.
    """
    theta, weight = top(alpha, beta[:-1], total, guess)
    square = beta[-1] * weight
    apart = square / (PRECISION * theta)  # how far the next eigenvalue must be
    settled = (square <= (PRECISION * theta) ** 2) | (theta >= (1 - PRECISION) * total)
    settled |= apart <= 2 * theta - total
    near = np.flatnonzero(~settled & (apart < theta / 4))
    settled[near] = above(alpha[:, near], beta[:-1, near], (theta - apart)[near]) == 1
    return theta, np.sqrt(square), settled
