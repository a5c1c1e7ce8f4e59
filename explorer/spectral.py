"""The largest gain of every derivative ∂s_t/∂s_k of a chain at once: its largest singular value σ_max.

The same splits and Gram matrices that give the Frobenius norms (`pairs`) give σ_max(A B)², the largest
eigenvalue of A'A B B', by Lanczos' method for all pairs of a split together (`lanczos`). It is proved to be
the largest, to 1e-8, so that beside rounding ln σ_max is good to 5e-9, clusters of singular values included.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from explorer import progress
from explorer.arrays import Array, log
from explorer.chain import Chain
from explorer.grams import CACHED, Part
from explorer.lanczos import PRECISION, largest_eigenvalues
from explorer.pairs import ALL, PairMap, measured_curve, measured_map
from explorer.survey import Side

VECTORS = 8  # parts of the cache that one set of Lanczos vectors may fill


def log_spectral_map(chain: Chain, *, every: int = 1, rows: slice = ALL, columns: slice = ALL) -> PairMap:
    """ln σ_max(∂s_t/∂s_k) for all pairs of the steps 0, q, 2q, ... ≤ T with q = every, or of a block of it.

    `rows` chooses entries of s_t, `columns` of s_k. Steps after the last multiple of q are left out.
    Raises ValueError for q outside 1..T, an empty block, or a Jacobian that is not finite.
    """
    found = measured_map(chain, Spectral(), every=every, part=Part(rows, columns))
    return replace(found, error=found.error + PRECISION / 2)


def lag_curve_spectral(chain: Chain, t: int, *, rows: slice = ALL, columns: slice = ALL) -> Array:
    """ln σ_max(∂s_t/∂s_k) for k = 0..t, (t + 1, ...), by multiplying out; -inf for an exact zero.

    Raises ValueError unless 0 <= t <= T, for an empty block, or a Jacobian that is not finite.
    """
    return measured_curve(chain, t, Spectral(), Part(rows, columns))


class Spectral:
    """Keeps the Gram matrices X'X divided by their traces."""

    tolerance = PRECISION / 4  # half of what the eigenvalues leave open

    def width(self, S: int) -> int:
        return S**2

    def keep_right(self, A: Array, out: Array) -> None:
        self._gram(A, out)

    def keep_left(self, B: Array, out: Array) -> None:
        self._gram(B, out)

    def _gram(self, X: Array, out: Array) -> None:
        S = X.shape[-1]
        G = out.reshape(*out.shape[:-1], S, S)
        np.matmul(X.swapaxes(-1, -2), X, out=G)
        trace = np.trace(G, axis1=-2, axis2=-1)
        out /= np.where(trace > 0, trace, 1.0)[..., None]

    def shares(self, right: Side, left: Side) -> Array:
        G, S = _matrices(right.kept), _matrices(left.kept)
        share = np.empty((*G.shape[:2], S.shape[1]))
        for m, n, s in _tiles(share.shape, max(1, CACHED // (VECTORS * G.shape[-1]))):
            progress.report()
            share[m, n, s] = largest_eigenvalues(G[m, n], S[m, s])
        return share.reshape(*right.square.shape, -1)

    def log_norm(self, P: Array) -> Array:
        largest = np.max(np.abs(P), axis=(-2, -1))
        X = P / np.where(largest > 0, largest, 1.0)[..., None, None]
        narrow = X if X.shape[-1] <= X.shape[-2] else X.swapaxes(-1, -2)
        squares = np.linalg.eigvalsh(np.matmul(narrow.swapaxes(-1, -2), narrow))[..., -1]
        norm: Array = log(largest) + 0.5 * log(np.maximum(squares, 1.0))  # one entry of X is 1
        return np.where(largest > 0, norm, -np.inf)


def _matrices(kept: Array) -> Array:
    """What is kept of factors (splits, members, n, S²) as matrices (splits members, n, S, S)."""
    S = round(kept.shape[-1] ** 0.5)
    return kept.reshape(-1, kept.shape[2], S, S)


def _tiles(shape: tuple[int, int, int], pairs: int) -> Iterator[tuple[slice, slice, slice]]:
    """Tiles of about so many pairs that cover an array (m, n, s), square in n and s."""
    side = max(1, int(pairs**0.5))
    high, wide = min(shape[1], side), min(shape[2], side)
    deep = max(1, pairs // (high * wide))
    starts = (range(0, size, step) for size, step in zip(shape, (deep, high, wide), strict=True))
    for i, j, k in product(*starts):
        yield slice(i, i + deep), slice(j, j + high), slice(k, k + wide)
