"""The largest eigenvalues of many products of two Gram matrices at once, without forming most products.

With G = A'A and S = B B' the largest singular value of A B is the root of the largest eigenvalue of K = G S,
which is symmetric in the inner product ⟨x, y⟩ = x'S y. Lanczos' recurrence

    z_{j+1} = K z_j - α_j z_j - β_j² z_{j-1},
    α_j = ⟨z_j, K z_j⟩ / ν_j²,   β_j = ν_j / ν_{j-1},   ν_j² = ⟨z_j, z_j⟩

takes two products of a matrix and a vector a step. The pairs of n matrices G and s matrices S advance
together, which makes them products of matrices.

In a basis that begins with z_1, ..., z_j, K is the tridiagonal matrix with the diagonal α and the side
diagonals β, and a block C to which β_{j+1} alone couples it. No eigenvalue of C is negative, none more than
its trace, which is what the α leave of the trace of K. So the largest eigenvalue of the tridiagonal matrix
with one row more, which ends in 0, is at most that of K, and with one that ends in the trace of C it is at
least that of K. Where the two agree nothing larger can have hidden from the steps, and the pair is settled.

This takes z that are orthogonal. Rounding spoils that as soon as an eigenvalue has converged: the first z
that is not orthogonal to all before it ends its pair. Where S leaves next to nothing of a z, ⟨z, z⟩ is
inexact; the bounds are wider by as much.

Pairs whose singular values are all alike are settled without a step, by their trace. Those that some steps
have left are formed. There x exceeds all eigenvalues where x - K has a Cholesky factor, found in a fraction
of the time of a decomposition: it is asked of what the steps have come to. Where that will not do, the matrix
is decomposed.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from explorer import progress
from explorer.arrays import Array, Flags
from explorer.grams import CACHED
from explorer.tridiagonal import below, top

PRECISION = 1e-8  # of the eigenvalues, relative
SLACK = 0.1 * PRECISION  # what the iteration and rounding may use up of it
NOISE = 1e-8  # beside the traces of G and S an eigenvalue this small is not exact enough
SKEW = 1e-8  # a cosine between two z this small is no more than a slip of SLACK
BLUR = 1e-4  # where ⟨z, z⟩ is less exact than this, it is a bound only
STEPS = (6, 14)  # of all pairs, and of those that the first have left
SHIFT = 1e-13  # beside the trace of S
EPSILON = float(np.finfo(np.float64).eps)

Places = tuple[NDArray[np.int64], ...]  # what chooses some of all pairs as an index


def largest_eigenvalues(G: Array, S: Array) -> Array:
    """λ_max(G_i S_j) (m, n, s) for Gram matrices G (m, n, S, S) and S (m, s, S, S) of unit trace.

    The trace of G_i S_j, for an order of magnitude, where rounding spoils an eigenvalue so small.
    """
    pairs = Pairs.of(G, S)
    mean, found = pairs.total / G.shape[-1], np.maximum(pairs.total, 0.0)
    alike = _most(G)[:, :, None] * _most(S)[:, None, :] <= mean * (1 + PRECISION)
    found[alike] = mean[alike]
    unsettled = (pairs.total > NOISE) & ~alike
    for steps in STEPS:
        if not unsettled.any():
            return found
        pairs = pairs.part(unsettled[pairs.places])
        pairs.advance(min(steps, G.shape[-1]))
        largest, settled = pairs.largest()
        found[pairs.places] = np.where(unsettled[pairs.places], largest, found[pairs.places])
        unsettled[pairs.places] &= ~settled
    found[pairs.places] = np.where(unsettled[pairs.places], pairs.least(), found[pairs.places])
    at = np.nonzero(unsettled)
    most = max(1, CACHED // G.shape[-1] ** 2)
    for i in range(0, len(at[0]), most):
        progress.report()
        few = tuple(index[i : i + most] for index in at)
        similar = _similar(G, S, few, float(np.min(np.maximum(found[few], mean[few]))))
        found[few] = _formed(similar, found[few])
    return found


def _most(G: Array) -> Array:
    """Bounds on the largest eigenvalues of matrices (..., S, S) of unit trace, close where all are alike."""
    n = G.shape[-1]
    apart = G.reshape(*G.shape[:-2], n * n).copy()
    apart[..., :: n + 1] -= 1 / n
    return np.asarray(1 / n + np.sqrt(np.vecdot(apart, apart)))


@dataclass(frozen=True)
class Step:
    """One z of all pairs."""

    z: Array  # (m, n, s, S)
    square: Array  # (m, n, s) ν²
    blur: Array  # (m, n, s) the relative rounding error of ν²
    beta: Array  # (m, n, s) β², or a bound on it where z is not known
    known: Flags  # (m, n, s) whether z is more than rounding

    def at(self, here: Places) -> "Step":
        """The same of some pairs."""
        return Step(*(getattr(self, field.name)[here] for field in fields(self)))


@dataclass
class Pairs:
    """The pairs of n matrices G with s matrices S, and what the steps taken so far tell of them."""

    G: Array  # (m, n, S, S)
    S: Array  # (m, s, S, S)
    places: Places  # of these among all pairs
    total: Array  # (m, n, s) trace K
    w: Array  # (m, s, n, S), S z of the last z
    steps: list[Step]
    alpha: list[Array]  # (m, n, s), and of pairs that have ended the trace of C, and then zeros
    left: Array  # (m, n, s) the trace of C

    @staticmethod
    def of(G: Array, S: Array) -> "Pairs":
        """All pairs, before the first step."""
        total = np.matmul(G.reshape(*G.shape[:2], -1), S.reshape(*S.shape[:2], -1).swapaxes(-1, -2))
        places = np.ix_(*(np.arange(size) for size in total.shape))
        start = np.matmul(G, np.random.default_rng(0).standard_normal(G.shape[-1]))
        z = np.repeat(start[:, :, None], S.shape[1], axis=2)
        pairs = Pairs(G, S, places, total, np.matmul(z.swapaxes(1, 2), S), [], [], total)
        pairs._note(z)
        return pairs

    def part(self, some: Flags) -> "Pairs":
        """The rows and the columns that hold some of the pairs."""
        n, s = np.flatnonzero(some.any(axis=(0, 2))), np.flatnonzero(some.any(axis=(0, 1)))
        if len(n) == some.shape[1] and len(s) == some.shape[2]:
            return self
        m = np.arange(len(some))
        here = np.ix_(m, n, s)
        places = (self.places[0], self.places[1][:, n], self.places[2][:, :, s])
        steps, alpha = [step.at(here) for step in self.steps], [a[here] for a in self.alpha]
        total, w, left = self.total[here], self.w[np.ix_(m, s, n)], self.left[here]
        return Pairs(self.G[:, n], self.S[:, s], places, total, w, steps, alpha, left)

    def advance(self, steps: int) -> None:
        """Take further steps, until there are so many."""
        product = np.empty_like(self.steps[0].z)
        for j in range(len(self.alpha), steps):
            last, Sz = self.steps[j], self.w.swapaxes(1, 2)
            y = np.matmul(Sz, self.G)
            alpha = np.where(last.known, _over(np.vecdot(Sz, y), last.square), self.left)
            self.left = np.maximum(self.left - alpha, 0.0)
            self.alpha.append(alpha)
            y -= np.multiply(last.z, alpha[..., None], out=product)
            if j > 0:
                y -= np.multiply(self.steps[j - 1].z, last.beta[..., None], out=product)
            np.matmul(y.swapaxes(1, 2), self.S, out=self.w)
            self._note(y)

    def _note(self, z: Array) -> None:
        """Append the step to z, of which w is S z."""
        Sz = self.w.swapaxes(1, 2)
        square, error = np.vecdot(Sz, z), EPSILON * np.sqrt(z.shape[-1]) * np.vecdot(z, z)
        known = square > error / BLUR
        for step in self.steps:
            sizes = np.sqrt(np.maximum(square, 0.0)) * np.sqrt(np.maximum(step.square, 0.0))
            known &= np.abs(np.vecdot(Sz, step.z)) <= SKEW * sizes
        beta = np.zeros_like(square)
        if self.steps:
            last = self.steps[-1]
            most = np.where(known, square, np.maximum(square, 0.0) + error)
            beta, known = np.where(last.known, _over(most, last.square), 0.0), known & last.known
        self.steps.append(Step(z, square, np.where(known, _over(error, square), 0.0), beta, known))

    def largest(self) -> tuple[Array, Flags]:
        """The largest eigenvalues, and which of them are proved."""
        scale, upper, lower = self._bounds()
        x = np.minimum(top(*upper), 1.0)
        settled = below(*upper, x * (1 + SLACK)) | (x == 1.0)  # none exceeds the trace
        settled &= ~below(*lower, x * (1 - PRECISION + SLACK))
        return (x * scale).reshape(self.total.shape), settled.reshape(self.total.shape)

    def least(self) -> Array:
        """What the largest eigenvalues are not less than (to PRECISION), and mostly are; 0 if in vain."""
        scale, _, (alpha, beta) = self._bounds()
        x = top(alpha, beta)
        hopeful = ~below(alpha[:-1], beta[:-1], x * (1 - PRECISION + SLACK))  # the last row adds little
        return (np.where(hopeful, x, 0.0) * scale).reshape(self.total.shape)

    def _bounds(self) -> tuple[Array, tuple[Array, Array], tuple[Array, Array]]:
        """trace K (p,), and the tridiagonal matrices, α (steps + 1, p) and β² (steps, p), beside it.

        First those whose largest eigenvalues are at least that of K, then those whose are at most that.
        """
        scale = np.maximum(self.total, NOISE).ravel()
        alpha = np.stack([*self.alpha, self.left]).reshape(-1, scale.size) / scale
        beta, blur, known = (
            np.stack([getattr(step, name) for step in self.steps]).reshape(-1, scale.size)
            for name in ("beta", "blur", "known")
        )
        beta, around = beta[1:] / scale**2, blur[1:] + blur[:-1]
        least, less = np.where(known, alpha - blur, 0.0), np.where(known[1:], beta * (1 - around), 0.0)
        least[-1] = 0.0
        return scale, (alpha + blur, beta * (1 + around)), (least, less)


def _formed(similar: Array, guess: Array) -> Array:
    """λ_max (p,) of positive semidefinite matrices (p, S, S), to PRECISION none less than a guess (p,)."""
    n, largest, rest = similar.shape[-1], guess.copy(), -similar
    rest.reshape(-1, n * n)[:, :: n + 1] += guess[:, None] * (1 + PRECISION - SLACK)
    larger = [i for i, matrix in enumerate(rest) if guess[i] == 0 or not _positive(matrix)]
    largest[larger] = np.linalg.eigvalsh(similar[larger])[:, -1]
    return largest


def _positive(matrix: Array) -> bool:
    """Whether a symmetric matrix is positive definite."""
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _similar(G: Array, S: Array, at: Places, least: float) -> Array:
    """R'G R (p, S, S) of the pairs at (m, n, s), (p,) each, similar to K as S = R R', with λ_max >= least."""
    columns, which = np.unique(np.stack([at[0], at[2]]), axis=1, return_inverse=True)
    R = _roots(S[*columns], least)[which.ravel()]
    return np.asarray(np.matmul(np.matmul(R.swapaxes(-1, -2), G[at[0], at[1]]), R))


def _roots(S: Array, least: float) -> Array:
    """R with R R' = S (p, S, S) of unit trace, exact enough for a λ_max(G S) of at least so much.

    A SHIFT of all eigenvalues of S adds no more than itself to λ_max, and lets rounding leave S positive.
    """
    if SHIFT <= SLACK * least:
        return np.asarray(np.linalg.cholesky(S + SHIFT * np.eye(S.shape[-1])))
    values, vectors = np.linalg.eigh(S)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


def _over(a: Array, b: Array) -> Array:
    """a / b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
