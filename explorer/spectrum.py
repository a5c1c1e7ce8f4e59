"""Singular values of long products, as logarithms, the numbers made of them, and Lyapunov exponents.

The singular values of ∂h_t/∂h_k spread over thousands of decades. A decomposition of the product itself
resolves sixteen of them: all it shows below 1e-16 σ_max is rounding noise. Here the product is never
formed. It is carried as Q diag(e^L) U: Q orthonormal, the rows of U of length 1, their sizes kept apart as
logarithms.

A singular value is −inf where a row or column of some factor is exactly zero (a dead ReLU unit). Linear
dependence that rounding blurs, as between the rows of a matrix of ones, shows as about −36 per factor.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from explorer import progress
from explorer.arrays import Array, log, log_norm
from explorer.chain import Chain
from explorer.rotations import log_row_singular_values

GRADED = 0.1  # columns of one factor whose sizes differ by more than this are scaled alike first
ILL_CONDITIONED = 1e-7  # steps between two factorisations are multiplied only while R is better than this
WHOLE = slice(None)


@dataclass(frozen=True)
class Factored:
    """The product Q diag(e^L) U of the factors so far; its zero rows are left out, so r is its rank."""

    Q: Array  # (m, r), orthonormal columns
    L: Array  # (r,), ln of the row sizes
    U: Array  # (r, n), rows of length 1


def log_singular_values(matrices: Iterable[Array]) -> Array:
    """ln of the singular values of M_n ... M_1, largest first, from the factors in order of application.

    (min(m, n),) for M_1 with n columns and M_n with m rows. Raises ValueError if there is no factor.
    """
    product, rows = None, 0
    for M in matrices:
        progress.report()
        n = M.shape[1]
        product = applied(M, product or Factored(np.eye(n), np.zeros(n), np.eye(n)))
        rows = len(M)
    if product is None:
        raise ValueError("a product must have at least 1 factor; got 0")
    values = log_row_singular_values(*nearly_orthogonal(product))
    padded = np.full(min(rows, product.U.shape[1]), -np.inf)
    padded[: len(values)] = np.sort(values)[::-1]
    return padded


def applied(M: Array, product: Factored) -> Factored:
    """M times the product.

    Where the columns of M differ in size, M = B diag(size) is applied as two factors: B mixes the columns,
    and rounding would drown small ones (those of an LSTM's c, when f is shut) in large ones.
    """
    size = np.max(np.abs(M), axis=0)
    if np.min(size) < GRADED * np.max(size):
        product = multiplied(np.diag(size), product)
        M = M / np.where(size > 0, size, 1.0)
    return multiplied(M, product)


def multiplied(M: Array, product: Factored) -> Factored:
    """M times the product, for M with columns of like size.

    The columns of M Q e^L are factorised from large to small, as by pivoting; the triangular R then never
    adds a larger row of U onto a smaller one, and no small singular value is lost.
    """
    A = M @ product.Q
    order = np.argsort(-(product.L + log_norm(A, axis=0)), kind="stable")
    Q, R = orthonormalised(A[:, order])
    sizes = log(np.abs(R)) + product.L[order]
    largest = np.max(sizes, axis=1, initial=-np.inf)
    alive = largest > -np.inf
    shares = np.sign(R[alive]) * np.exp(sizes[alive] - largest[alive, None])
    return unit_rows(Q[:, alive], largest[alive], shares @ product.U[order])


def orthonormalised(A: Array) -> tuple[Array, Array]:
    """Q (m, r) and triangular R (r, n) with Q R = A (m, n), from the non-zero rows of A, largest first.

    Reflections in that order round row by row, so that a saturated unit's tiny row keeps its digits (as in
    LAPACK's xGEJSV); and every zero row, a dead unit's, lowers the rank by exactly one.
    """
    size = np.max(np.abs(A), axis=1, initial=0.0)
    order = np.argsort(-size, kind="stable")[: np.count_nonzero(size)]
    reduced, R = np.linalg.qr(A[order])
    Q = np.zeros((len(A), reduced.shape[1]))
    Q[order] = reduced
    return Q, R


def unit_rows(Q: Array, L: Array, rows: Array) -> Factored:
    """Q diag(e^L) rows, with the lengths of the rows moved into L."""
    lengths = log_norm(rows)
    alive = lengths > -np.inf
    return Factored(Q[:, alive], (L + lengths)[alive], rows[alive] / np.exp(lengths[alive, None]))


def nearly_orthogonal(product: Factored) -> tuple[Array, Array]:
    """L (r,) and rows of length 1 (r, r) with the singular values of the product, for the rotations.

    A second triangular factorisation, of the sorted rows transposed, leaves these little to do: the
    preconditioning of Drmač & Veselić (2008), as in LAPACK's xGEJSV.
    """
    order = np.argsort(-product.L, kind="stable")
    L = product.L[order]
    R = np.asarray(np.linalg.qr(product.U[order].T, mode="r"))
    rows = R * np.exp(np.minimum(L - L[:, None], 0.0))  # only below its diagonal, where R is 0, is L larger
    graded = unit_rows(np.eye(len(L)), L, rows)
    return graded.L, graded.U


def log_spectrum_of(chain: Chain, t: int, k: int, *, rows: slice = WHOLE, columns: slice = WHOLE) -> Array:
    """ln of the singular values of ∂s_t/∂s_k, or of the block of it that `rows` and `columns` cut out.

    (..., n), largest first. Raises ValueError unless 0 <= k <= t <= T.
    """
    if not 0 <= k <= t <= chain.T:
        raise ValueError(f"steps must satisfy 0 <= k <= t <= {chain.T}; got t = {t}, k = {k}")

    def factors(index: tuple[int, ...]) -> Iterator[Array]:
        if t == k:
            yield np.eye(chain.S)[rows, columns]
        for j in range(k, t):
            J = chain.take(slice(j, j + 1))[0][index]
            yield J[rows if j == t - 1 else WHOLE, columns if j == k else WHOLE]

    spectra = [log_singular_values(factors(index)) for index in np.ndindex(*chain.leading)]
    return np.reshape(spectra, (*chain.leading, -1))


def lyapunov_exponents(chain: Chain, *, burn_in: int = 0, every: int = 1) -> Array:
    """Finite-time Lyapunov exponents, ln per step and largest first, as they settle, (n, ..., S).

    Row i averages the (i + 1)·every steps after the burn-in; the last row all of them, to step T. Their sum
    is the mean of ln|det J_t|; the exponents of exactly dead directions are −inf. With `every` > 1 the
    steps in between are multiplied together first where that loses no digits, which is faster.
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


def effective_rank(log_sigma: Array) -> Array:
    """exp of the entropy of the shares σ_i / Σ σ, from ln σ (..., S), (...): 1 to S; 0 for a zero matrix.

    Roy & Vetterli (2007).
    """
    shares = relative(log_sigma)
    total = np.maximum(np.sum(shares, axis=-1, keepdims=True), 1.0)
    entropy = -np.sum(shares / total * log(np.where(shares > 0, shares / total, 1.0)), axis=-1)
    return np.where(np.max(log_sigma, axis=-1) > -np.inf, np.exp(entropy), 0.0)


def stable_rank(log_sigma: Array) -> Array:
    """‖P‖_F² / σ_max² from ln σ (..., S), (...): 1 to S; 0 for a zero matrix."""
    return np.asarray(np.sum(relative(log_sigma) ** 2, axis=-1))


def relative(log_sigma: Array) -> Array:
    """σ_i / σ_max, (..., S); zeros for a zero matrix."""
    largest = np.max(log_sigma, axis=-1, keepdims=True)
    return np.exp(log_sigma - np.where(largest > -np.inf, largest, 0.0))


def log_condition(log_sigma: Array) -> Array:
    """ln(σ_max / σ_min) from ln σ (..., S), (...); inf for a singular matrix."""
    smallest, largest = np.min(log_sigma, axis=-1), np.max(log_sigma, axis=-1)
    return np.asarray(np.where(smallest > -np.inf, largest, 0.0) - smallest)
