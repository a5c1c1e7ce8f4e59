"""Singular values of long products, as logarithms, and the numbers made of them.

The singular values of ∂h_t/∂h_k spread over thousands of decades. A decomposition of the product itself
resolves sixteen of them: all it shows below 1e-16 σ_max is rounding noise. Here the product is never
formed. It is carried as Q diag(e^L) U: Q orthonormal, the rows of U of length 1, their sizes kept apart as
logarithms.

A singular value is −inf where the zeros of a step certify it: a dead unit, or more units than they read of
others (`rank`). Whether a dependence between other numbers is exact, as between the rows of a matrix of
ones, cannot be told from their float64 values: it shows as about −36 per factor. So does one that several
steps bring about together, each of which alone is regular.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from explorer import progress
from explorer.arrays import Array, log, log_norm
from explorer.chain import Chain
from explorer.rank import narrowed
from explorer.rotations import log_row_singular_values

GRADED = 0.1  # columns of one factor whose sizes differ by more than this are scaled alike first
DISTANT = 40.0  # e^-40 of a row, even 256 times, is less than its rounding
LOW, HIGH = 1e-200, 1e200  # a squared norm between these was computed without loss
TOGETHER = 8  # factors that one factorisation serves at most
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
    product, rows, waiting, most = None, 0, [], 1
    for M in matrices:
        progress.report()
        n, rows = M.shape[1], len(M)
        product = product or Factored(np.eye(n), np.zeros(n), np.eye(n))
        waiting.append(M)
        if len(waiting) >= most:
            product, most = advanced(product, waiting)
            waiting = []
    if product is None:
        raise ValueError("a product must have at least 1 factor; got 0")
    product = advanced(product, waiting)[0] if waiting else product
    values = log_row_singular_values(*nearly_orthogonal(product))
    padded = np.full(min(rows, product.U.shape[1]), -np.inf)
    padded[: len(values)] = np.sort(values)[::-1]
    return padded


def advanced(product: Factored, matrices: list[Array]) -> tuple[Factored, int]:
    """The product after some more factors, and how many may be taken together next.

    One factorisation serves several factors if the rounding in it, relative to the condition κ of R, stays
    below what adding to L rounds: κ <= |L|. Where it proves to be more, they are taken apart again.
    """
    allowed = float(np.max(np.abs(product.L), initial=1.0))
    after, condition = applied(matrices[0], product) if len(matrices) == 1 else grouped(matrices, product)
    if len(matrices) > 1 and not condition <= allowed:
        half = len(matrices) // 2
        return advanced(advanced(product, matrices[:half])[0], matrices[half:])
    expected = np.log(max(condition, 2.0)) / len(matrices)  # of one more factor of the same kind
    return after, int(np.clip(np.log(max(allowed / 2.0, 1.0)) / expected, 1, TOGETHER))


def grouped(matrices: list[Array], product: Factored) -> tuple[Factored, float]:
    """All matrices times the product by one factorisation, and κ, infinite where a size leaves the range."""
    A = product.Q
    for M in matrices:
        with np.errstate(over="ignore", invalid="ignore"):
            A = M @ A
        if not LOW < np.vdot(A, A) < HIGH:
            return product, np.inf
    return factorised(A, product)


def applied(M: Array, product: Factored) -> tuple[Factored, float]:
    """M times the product, and κ.

    Where the columns of M differ in size, M = B diag(size) is applied as two factors: B mixes the columns,
    and rounding would drown small ones (those of an LSTM's c, when f is shut) in large ones.
    """
    size = np.max(np.abs(M), axis=0)
    if np.min(size) >= GRADED * np.max(size):
        return factorised(M @ product.Q, product)
    product, _ = factorised(size[:, None] * product.Q, product)
    return factorised((M / np.where(size > 0, size, 1.0)) @ product.Q, product)[0], np.inf


def factorised(A: Array, product: Factored) -> tuple[Factored, float]:
    """A diag(e^L) U as such a product again, and the condition κ of its R, infinite where rank is lost.

    The columns of A e^L are factorised from large to small, as by pivoting; the triangular R then never
    adds a larger row of U onto a smaller one, and no small singular value is lost.
    """
    by_row, by_column = log_sizes(A)
    order = np.argsort(-(product.L + by_column), kind="stable")
    Q, R = orthonormalised(A[:, order], by_row)
    L, U = mixed(R, product.L[order], product.U[order])
    alive, own = L > -np.inf, np.abs(R.diagonal())
    if not alive.all() or len(R) < R.shape[1] or not own.all():
        return Factored(Q[:, alive], L[alive], U[alive]), np.inf
    return Factored(Q, L, U), float(np.max(own, initial=0.0) / np.min(own, initial=np.inf))


def log_sizes(A: Array) -> tuple[Array, Array]:
    """ln of the norms of the rows (m,) and of the columns (n,) of A (m, n)."""
    rows, columns = np.einsum("ij,ij->i", A, A), np.einsum("ij,ij->j", A, A)
    if min(rows.min(initial=1.0), columns.min(initial=1.0)) > LOW and rows.max(initial=1.0) < HIGH:
        return 0.5 * np.log(rows), 0.5 * np.log(columns)
    return log_norm(A, axis=1), log_norm(A, axis=0)


def orthonormalised(A: Array, log_rows: Array) -> tuple[Array, Array]:
    """Q (m, r) and triangular R (r, n) with Q R = A (m, n), from the non-zero rows of A, largest first.

    Reflections in that order round row by row, so that a saturated unit's tiny row keeps its digits (as in
    LAPACK's xGEJSV); and every zero row, a dead unit's, lowers the rank by exactly one.
    """
    order = np.argsort(-log_rows, kind="stable")[: np.count_nonzero(log_rows > -np.inf)]
    reduced, R = np.linalg.qr(A[order])
    Q = np.zeros((len(A), reduced.shape[1]))
    Q[order] = reduced
    return Q, R


def mixed(R: Array, L: Array, U: Array) -> tuple[Array, Array]:
    """L (r,) and rows of length 1 (r, k) with diag(e^L) rows = R diag(e^L) U, for R (r, n) triangular.

    Where the rows below are so much smaller that nothing of them is left beside a row, as after many steps
    all are, it keeps its direction: then most of the work is saved.
    """
    r, size = len(R), np.abs(R)
    reach = np.maximum.accumulate(L[::-1])[::-1]  # of a row and all below
    below, own = np.append(reach[1:], -np.inf)[:r], size.diagonal()
    sizes, rows = log(own) + L[:r], U[:r] * np.sign(R.diagonal())[:, None]
    open_rows = np.flatnonzero(sizes <= log(size.max(axis=1, initial=0.0)) + below + DISTANT)
    if open_rows.size:
        sizes[open_rows], rows[open_rows] = summed(R[open_rows], L, U, reach[open_rows])
    return sizes, rows


def summed(R: Array, L: Array, U: Array, reach: Array) -> tuple[Array, Array]:
    """Some rows of R diag(e^L) U in full, like `mixed`; a row of zeros has the size −inf."""
    rows = (R * np.exp(np.minimum(L - reach[:, None], 0.0))) @ U
    square = np.einsum("ij,ij->i", rows, rows)
    if np.all((square > LOW) & (square < HIGH)):
        sizes = 0.5 * np.log(square)
        return reach + sizes, rows / np.exp(sizes)[:, None]
    terms = log(np.abs(R)) + L
    largest = np.max(terms, axis=1, keepdims=True)
    rows = (np.sign(R) * np.exp(terms - np.where(largest > -np.inf, largest, 0.0))) @ U
    sizes = log_norm(rows)
    return largest[:, 0] + sizes, rows / np.where(sizes > -np.inf, np.exp(sizes), 1.0)[:, None]


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
            parts = [part[index] for part in chain.factors(j)]
            if j == k:
                parts[0] = parts[0][:, columns]
            if j == t - 1:
                parts[-1] = parts[-1][rows]
            for part in parts:
                yield from narrowed(part)

    spectra = [log_singular_values(factors(index)) for index in np.ndindex(*chain.leading)]
    return np.reshape(spectra, (*chain.leading, -1))


def log_determinants(chain: Chain) -> Array:
    """ln|det J_t| of the steps 1..T of one network, (T,); −inf for the singular ones that zeros betray."""
    log_dets = np.full(chain.T, -np.inf)
    for j in range(chain.T):
        factors = [factor for part in chain.factors(j) for factor in narrowed(part)]
        if all(len(factor) == chain.S for factor in factors):
            log_dets[j] = sum(np.linalg.slogdet(factor)[1] for factor in factors)
    return log_dets


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
