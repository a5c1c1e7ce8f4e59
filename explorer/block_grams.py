"""The sizes of the four blocks of ∂s_t/∂s_k of an LSTM for every pair of steps, by divide and conquer.

With A = ∂s_t/∂s_m and B = ∂s_m/∂s_k the block that leads from part y of s_k to part x of s_t (parts h and c)
has ‖A_x B_y‖² = ⟨A_xᵀ A_x, B_y B_yᵀ⟩: from the Gram matrices of a split m, all pairs k <= m < t follow by
one matrix product. Gram matrices are symmetric, so three of their four H × H blocks are enough.

The sum rounds relative to (Σ_i |A_x e_i| |B_yᵀ e_i|)², e_i being the axes of s_m. How much larger than the
norm that is, the cancellation, is known for each pair.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from explorer.arrays import Array, log
from explorer.block_factors import Factors, Products, Splits, leftward, rightward

KEPT = 1 << 24  # numbers (128 MB) that the Gram matrices to the left of a split may fill
CACHED = 1 << 19  # numbers (4 MB) for those of many short splits, and for a tile of those to the right
TILE = 32  # products to the right that meet the left at once, or the matrix product is slow
UNSEEN = 1e-280  # squares below this may have lost entries to underflow
ROOT2, LN2 = float(np.sqrt(2.0)), float(np.log(2.0))


@dataclass(frozen=True)
class Grams:
    """One side of some splits: the Gram matrices of n products, for both parts of the far state."""

    packed: Array  # (splits, L, n, 2, 3 H²), blocks [G_11 √2 G_12] and G_22 by parts of the middle state
    columns: Array  # (splits, L, n, 2, 2H), norms of the columns
    exponent: Array  # (splits, L, n)

    @classmethod
    def of(cls, products: Products, shape: tuple[int, int, int, int]) -> "Grams":
        """The Gram matrices of the next n products, of `shape` (splits, L, n, H)."""
        *axes, H = shape
        grams = cls(np.empty((*axes, 2, 3 * H * H)), np.empty((*axes, 2, 2 * H)), np.empty(axes))
        for i, (A, exponent) in enumerate(islice(products, shape[2])):
            parts = A.reshape(*A.shape[:-2], 2, H, 2 * H)
            pack(parts, grams.packed[:, :, i])
            grams.columns[:, :, i] = column_norms(parts, grams.packed[:, :, i])
            grams.exponent[:, :, i] = exponent
        return grams


def pack(X: Array, out: Array) -> None:
    """Write the Gram matrices XᵀX of X (..., H, 2H) to out (..., 3 H²)."""
    H = X.shape[-2]
    top = out[..., : 2 * H * H].reshape(*X.shape)
    bottom = out[..., 2 * H * H :].reshape(*X.shape[:-1], H)
    left, right = X[..., :H], X[..., H:]
    np.matmul(left.mT, X, out=top)
    top[..., H:] *= ROOT2  # G_12 counts once more for G_21, which is left out
    np.matmul(right.mT, right.copy(), out=bottom)  # a copy: NumPy is slow at XᵀX itself


def column_norms(X: Array, gram: Array) -> Array:
    """Norms of the columns of X (..., H, 2H), (..., 2H), from its packed Gram matrix; 0 only for zeros."""
    H = X.shape[-2]
    squares = np.concatenate([gram[..., : 2 * H * H : 2 * H + 1], gram[..., 2 * H * H :: H + 1]], axis=-1)
    small = squares < UNSEEN
    if small.any():
        squares[small & np.any(X != 0, axis=-2)] = UNSEEN
    norms: Array = np.sqrt(squares)
    return norms


def meetings(factors: Factors, splits: Splits) -> Iterator[tuple[int, Array, Array]]:
    """ln‖A_x B_y‖ and the share 1/cancellation for the pairs of some splits, in tiles of steps t.

    Each tile is (offset of its first t, two arrays (splits, L, n, 2, left, 2) at [.., t, x, k, y]), with k
    counted back from the split.
    """
    _, L, H = factors.shape
    left = Grams.of(leftward(factors, splits), (splits.count, L, splits.left, H))
    products = rightward(factors, splits)
    tile = max(TILE, CACHED // (splits.count * L * 6 * H * H))
    for start in range(0, splits.right, tile):
        n = min(tile, splits.right - start)
        yield start, *meet(Grams.of(products, (splits.count, L, n, H)), left)


def meet(right: Grams, left: Grams) -> tuple[Array, Array]:
    """ln‖A_x B_y‖ of every product A to the right with every B to the left, and 1/cancellation; see above."""
    *axes, n, _, _ = right.packed.shape
    shape = (*axes, n, 2, left.packed.shape[2], 2)
    norm = np.sqrt(np.maximum(inner(right.packed, left.packed), 0.0))
    bound = inner(right.columns, left.columns)
    share = np.divide(norm, bound, out=np.ones_like(norm), where=bound > 0).reshape(shape)
    sizes = log(norm).reshape(shape)
    sizes += LN2 * (right.exponent[..., None, None, None] + left.exponent[:, :, None, None, :, None])
    return sizes, share


def inner(right: Array, left: Array) -> Array:
    """Inner products of the last axis, of every (n, 2) with every (n', 2): (splits, L, 2n, 2n')."""
    *axes, _, _, width = right.shape
    rows, columns = right.reshape(*axes, -1, width), left.reshape(*axes, -1, width)
    return np.asarray(rows @ columns.mT)


def all_splits(T: int, L: int, H: int) -> Iterator[Splits]:
    """Splits that meet every pair k < t <= T exactly once.

    Blocks of 2s states are split in the middle, for s = 1, 2, 4, ..., many short ones at once. When 2s states
    are all, or the Gram matrices of more than s would not fit, each s states meet all that come after.
    """
    numbers = 6 * L * H * H
    s = 1
    while 2 * s <= min(KEPT // numbers, T):
        blocks, rest = divmod(T + 1, 2 * s)
        most = max(1, CACHED // (numbers * s))
        for block in range(0, blocks, most):
            yield Splits(2 * s * block + s - 1, min(most, blocks - block), 2 * s, s, s)
        if rest > s:
            yield Splits(2 * s * blocks + s - 1, 1, 2 * s, s, rest - s)
        s *= 2
    for m in range(s - 1, T, s):
        yield Splits(m, 1, s, s, T - m)
