"""The maps over all pairs (t, k) that only an LSTM has: the four blocks of ∂s_t/∂s_k, and the additive path.

The blocks use the structure of the one-step Jacobian: full by h, diagonal by c.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from explorer import progress
from explorer.arrays import Array, freeze, log, log_norm
from explorer.block_factors import Factors, Splits, Structured, every_few, leftward
from explorer.block_grams import KEPT, LN2, UNSEEN, all_splits, meetings
from explorer.lstm_steps import LSTMSteps
from explorer.pairs import PairMap

BLOCKS = {"h←h": (0, 0), "h←c": (0, 1), "c←h": (1, 0), "c←c": (1, 1)}  # of ∂s_t, by ∂s_k
TOLERANCE = 1e-10  # relative error of a norm beyond which the pair is multiplied out
HELD = 1 << 22  # numbers (32 MB) up to which ∂s_t/∂h_{t-1} is formed once and kept
TOGETHER = 64  # steps whose Gram matrices must fit for all the sequences that advance together
Numbers = Array | NDArray[np.bool_]
EPSILON = float(np.finfo(np.float64).eps)


def log_block_maps(steps: LSTMSteps, *, every: int = 1) -> dict[str, PairMap]:
    """ln‖·‖_F of the blocks "h←h", "h←c", "c←h", "c←c" of ∂s_t/∂s_k for every pair of steps.

    "h←c" is ∂h_t/∂c_k. With `every` > 1 the maps hold the steps 0, every, 2·every, ... only, exactly.
    `error` bounds the norms that come from Gram matrices; the pairs recomputed were multiplied out instead.
    Raises ValueError for `every` outside 1..T.
    """
    T, *leading, H = steps.f.shape
    check_every(every, T)
    members, together = prod(leading), max(1, KEPT // (6 * H * H * TOGETHER))
    maps = []
    for member in range(0, members, together):
        factors = structured(steps, slice(member, member + together))
        maps.append(survey(*every_few(factors, every), limit=largest_cancellation(T, H)))
    sizes = np.concatenate([m.log_norm for m in maps], axis=-1)
    sizes = sizes.reshape(*sizes.shape[:-1], *leading)
    sampled, error = np.arange(0, T + 1, every), rounding(max(m.cancellation for m in maps), T, H)
    recomputed = {name: sum(int(np.sum(m.recomputed[block])) for m in maps) for name, block in BLOCKS.items()}
    return freeze({name: PairMap(sizes[BLOCKS[name]], sampled, error, n) for name, n in recomputed.items()})


def check_every(every: int, T: int) -> None:
    """Raise ValueError for a distance between sampled steps outside 1..T."""
    if not 1 <= every <= T:
        raise ValueError(f"every must lie in [1, {T}]; got {every}")


def rounding(cancellation: float, T: int, H: int) -> float:
    """Relative error of a norm that is smaller than its bound by the factor `cancellation`.

    The inner product loses the square of it, the running products of T steps √T times it; all rounding
    errors are taken as independent.
    """
    return EPSILON * float(np.sqrt(2 * H)) * (cancellation**2 + float(np.sqrt(T)) * cancellation)


def largest_cancellation(T: int, H: int) -> float:
    """The cancellation at which `rounding` reaches the tolerance."""
    return 0.5 * float(np.sqrt(T + 4.0 * TOLERANCE / (EPSILON * np.sqrt(2 * H))) - np.sqrt(T))


def structured(steps: LSTMSteps, members: slice) -> Structured:
    """The steps with all leading axes made one, of which `members` are taken."""
    T, *leading, H = steps.f.shape
    L = prod(leading)

    def by_h(part: slice) -> Array:
        return steps.by_h(part).reshape(-1, L, 2 * H, H)[:, members]

    f, e = (np.ascontiguousarray(a.reshape(T, L, H)[:, members]) for a in (steps.f, steps.e))
    if 2 * f.size * H <= HELD:
        return Structured(f, e, by_h(slice(0, T)).__getitem__)
    return Structured(f, e, by_h)


@dataclass(frozen=True)
class Survey:
    """All blocks for all pairs of steps, for L sequences or networks."""

    log_norm: Array  # (2, 2, T + 1, T + 1, L) at [x, y, t, k]: part x of s_t by part y of s_k
    recomputed: NDArray[np.bool_]  # (2, 2, T + 1, T + 1, L), the pairs multiplied out
    cancellation: float  # the largest of the others


def survey(factors: Factors, exponents: Array, *, limit: float) -> Survey:
    """All pairs of the chain of J·2**exponent, exponents (T, L); beyond the limit they are multiplied out."""
    T, L, H = factors.shape
    sizes = np.full((2, 2, T + 1, T + 1, L), -np.inf)
    doubtful = np.zeros(sizes.shape, np.bool_)
    worst, placed = 1.0, 0
    for splits in all_splits(T, L, H):
        for start, log_sizes, share in meetings(factors, splits):
            certain = share * limit >= 1.0
            worst = min(worst, float(np.min(share, where=certain, initial=1.0)))
            place(sizes, splits, start, log_sizes)
            placed += log_sizes.size
            progress.report(2 * placed / sizes.size)
            if not certain.all():
                place(doubtful, splits, start, ~certain)
    steps = np.arange(T + 1)
    sizes[0, 0, steps, steps] = sizes[1, 1, steps, steps] = 0.5 * np.log(H)
    multiply_out(factors, sizes, doubtful)
    scale = LN2 * np.concatenate([np.zeros((1, L)), np.cumsum(exponents, axis=0)])
    sizes += scale[:, None] - scale
    return Survey(sizes, doubtful, 1.0 / worst)


def place(pairs: Numbers, splits: Splits, start: int, tile: Numbers) -> None:
    """Write a tile (splits, L, n, 2, left, 2) at [.., t, x, k, y] to its place in pairs [x, y, t, k, L]."""
    ordered = np.transpose(tile[..., ::-1, :], (0, 3, 5, 2, 4, 1))
    for i, block in enumerate(ordered):
        m = splits.first + i * splits.spacing
        t = m + 1 + start
        pairs[:, :, t : t + block.shape[2], m + 1 - splits.left : m + 1] = block


def multiply_out(factors: Factors, sizes: Array, doubtful: NDArray[np.bool_]) -> None:
    """Replace the doubtful sizes [x, y, t, k, L] by those of the products themselves."""
    H = factors.shape[2]
    for t in np.flatnonzero(doubtful.any(axis=(0, 1, 3, 4))):
        last = int(np.flatnonzero(doubtful[:, :, t].any(axis=(0, 1, 3)))[0])
        products = leftward(factors, Splits(int(t), 1, 1, left=int(t) - last + 1, right=0))
        for k, (C, exponent) in zip(range(t, last - 1, -1), products, strict=True):
            progress.report()
            parts = C[0].reshape(-1, 2, H, 2, H)  # [L, y, units, x, units]
            exact = log_norm(parts, (2, 4)) + LN2 * exponent[0, :, None, None]
            np.copyto(sizes[:, :, t, k], exact.T, where=doubtful[:, :, t, k])


def log_additive_map(f: Array, *, every: int = 1) -> Array:
    """ln‖∏_{j=k+1..t} diag(f_j)‖_F at [t, k], steps 0, every, 2·every, ..., (n, n, ...), of f (T, ..., H).

    The path through the cell state alone, as if no gate depended on the state; −inf for k > t.
    Raises ValueError for `every` outside 1..T.
    """
    T, *leading, H = f.shape
    check_every(every, T)
    n, L = T // every + 1, prod(leading)
    states = 2 ** (n - 1).bit_length()
    logs = np.zeros((L, states, H))  # at j, ln f from one sampled step to the j-th
    runs = log(np.abs(f[: (n - 1) * every])).reshape(n - 1, every, L, H)
    logs[:, 1:n] = np.moveaxis(runs.sum(axis=1), 0, 1)
    pairs = np.full((L, states, states), -np.inf)
    steps, half = np.arange(n), 1
    pairs[:, steps, steps] = 0.5 * np.log(H)
    while half < n:
        fill_diagonal_blocks(pairs, logs, half)
        half *= 2
    return freeze(np.moveaxis(pairs[:, :n, :n], 0, -1).reshape(n, n, *leading))


def fill_diagonal_blocks(pairs: Array, logs: Array, half: int) -> None:
    """Write the pairs k < m <= t of all blocks of 2·half states, split in the middle, to pairs (L, n, n)."""
    L, n, H = logs.shape
    blocks = logs.reshape(L, -1, 2 * half, H)
    after = np.cumsum(blocks[:, :, half:], axis=2)
    inside = np.concatenate([blocks[:, :, 1:half], np.zeros_like(blocks[:, :, :1])], axis=2)
    before = np.cumsum(inside[:, :, ::-1], axis=2)[:, :, ::-1]
    places = np.arange(n // (2 * half))
    tiled = pairs.reshape(L, len(places), 2 * half, len(places), 2 * half)
    tiled[:, places, half:, places, :half] = np.moveaxis(log_diagonal_norms(after, before), 1, 0)


def log_diagonal_norms(after: Array, before: Array) -> Array:
    """ln‖diag(e^a) diag(e^b)‖_F for every a of after (..., n, H) with every b of before (..., n', H)."""
    a, b = peak(after), peak(before)
    square = np.exp(2.0 * (after - a)) @ np.exp(2.0 * (before - b)).mT
    norms: Array = a + 0.5 * log(square) + b.mT
    for row in map(tuple, np.argwhere((square < UNSEEN).any(axis=-1))):  # what underflowed is added up again
        sums = after[row] + before[row[:-1]]
        norms[row] = peak(sums)[:, 0] + 0.5 * log(np.sum(np.exp(2.0 * (sums - peak(sums))), axis=-1))
    return norms


def peak(logs: Array) -> Array:
    """The largest of logs (..., H), (..., 1); 0 where all are −inf."""
    largest = np.max(logs, axis=-1, keepdims=True)
    return np.where(largest > -np.inf, largest, 0.0)


def log_additive_per_unit(f: Array, t: int) -> Array:
    """ln ∏_{j=k+1..t} f_j of every unit for k = 0..t, (t + 1, ..., H), from f (T, ..., H).

    Raises ValueError unless 0 <= t <= T.
    """
    if not 0 <= t <= len(f):
        raise ValueError(f"t must lie in [0, {len(f)}]; got {t}")
    logs = log(np.abs(f[:t]))
    return np.concatenate([np.cumsum(logs[::-1], axis=0)[::-1], np.zeros((1, *f.shape[1:]))])
