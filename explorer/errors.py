"""Error signals ∂E_t/∂h_k for every pair (t, k), and what each pair contributes to the gradient.

One sweep from k = T down to 0 carries the signals of all loss steps t >= k together, so that each step is
one matrix product. The contribution of the pair (t, k) to dE/dW is the outer product
(∂E_t/∂v_k) ⊗ h_{k-1}: rank one, so its norm is ‖∂E_t/∂v_k‖ ‖h_{k-1}‖ and the matrix is never formed
(Pascanu et al. 2013, eqs 3-4, give the sum).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer import progress
from explorer.arrays import Array, Integers, Scaled, Values, log, log_norm
from explorer.cells import Cell
from explorer.flow import NEVER, Backward, Trace, at, pull, rescaled, step_back
from explorer.weights import Weights, blocks

LN2 = float(np.log(2.0))
SMALL_SQUARE = 1e-200  # above it, squares that underflow are of no account


@dataclass(frozen=True)
class SweepStep:
    """All signals at step k: row i belongs to the loss step t = k + i (for k = 0, t = 1 + i)."""

    k: int
    signals: Values  # state block -> (rows, ..., H), ∂E_t/∂s_k as mantissas
    local: Values  # u or v block -> (rows, ..., H), ∂E_t/∂(that pre-activation at k); empty at k = 0
    exponent: Integers  # (rows, ...): values are mantissas times 2**exponent


def sweep(cell: Cell, w: Weights, trace: Trace, direct: Array) -> Iterator[SweepStep]:
    """Every ∂E_t/∂s_k, k = T..0, from each step's own ∂E_t/∂h_t, direct (T + 1, ..., H) with [0] unused."""
    D, T = trace.partials(cell), trace.T
    own, shift = rescaled({"h": direct}, np.zeros(direct.shape[:-1], np.int64))
    rows: Values = {k: np.zeros_like(trace.s[k][:0]) for k in cell.state}
    exponent = shift[:0]
    for k in range(T, 0, -1):
        rows = {block: with_first(own["h"][k] if block == "h" else 0.0, a) for block, a in rows.items()}
        exponent = np.concatenate([shift[k : k + 1], exponent])
        D_k = at(D, k - 1)
        local = {b: pull(D_k, rows, b) for b in blocks(cell)}
        yield SweepStep(k, rows, local, exponent)
        rows, exponent = rescaled(step_back(cell, w, D_k, rows, local), exponent)
    yield SweepStep(0, rows, {}, exponent)


def with_first(row: Array | float, rows: Array) -> Array:
    """The rows (n, ..., H) with one more before them."""
    more = np.empty((len(rows) + 1, *rows.shape[1:]))
    more[0], more[1:] = row, rows
    return more


@dataclass(frozen=True)
class ErrorMaps:
    """Sizes of all error signals as natural logarithms, indexed [t, k]; −inf for k > t and for t = 0."""

    signal: Values  # state block -> (T + 1, T + 1, ...), ln‖∂E_t/∂h_k‖ (or c_k)
    local: Values  # u or v block -> (T + 1, T + 1, ...), ln‖∂E_t/∂v_k‖; −inf at k = 0
    share: Array  # (T + 1, T + 1), the pair's part of dE/dW along dE/dW; the shares add up to 1

    def contribution(self, block: str, log_size: Array) -> Array:
        """ln‖contribution of (t, k)‖ to a block of dE/dW or dE/dU, (T + 1, T + 1, ...).

        `log_size` (T, ...) is ln‖h_{k-1}‖ for W, ln‖x_k‖ for U and 0 for b, for k = 1..T.
        """
        first = np.full_like(log_size[:1], -np.inf)
        sized: Array = self.local[block] + np.concatenate([first, log_size])
        return sized


def log_sizes(rows: Array, exponent: Integers) -> Array:
    """ln of the norm of each row (rows, ..., H) times 2**exponent (rows, ...).

    The plain sum of squares serves wherever it is far from vanishing: signals stay within [1e-100, 1e100].
    """
    squares = np.vecdot(rows, rows)
    sizes: Array = 0.5 * log(squares)
    small = squares < SMALL_SQUARE
    if small.any():
        sizes[small] = log_norm(rows[small])
    return sizes + exponent * LN2


def error_maps(cell: Cell, w: Weights, trace: Trace, back: Backward, direct: Array) -> ErrorMaps:
    """All maps of one run, given its backward pass; direct (T + 1, ..., H) as for `sweep`.

    The share of a pair is <C_tk, dE/dW> / ‖dE/dW‖², for contributions partly cancel and their norms do not
    add up; it is summed over the blocks of W (and an ensemble's or batch's axes).
    """
    T, leading = trace.T, trace.s["h"].shape[1:-1]
    empty = np.full((T + 1, T + 1, *leading), -np.inf)
    signal = {block: empty.copy() for block in cell.state}
    local = {block: empty.copy() for block in blocks(cell)}
    share, towards = np.zeros((T + 1, T + 1)), direction(cell, back)
    for now in sweep(cell, w, trace, direct):
        first = max(now.k, 1)
        for block, rows in now.signals.items():
            signal[block][first:, now.k] = log_sizes(rows, now.exponent)
        for block, rows in now.local.items():
            local[block][first:, now.k] = log_sizes(rows, now.exponent)
        if now.local and towards is not None:
            share[first:, now.k] = shares(now, towards, trace.s["h"][now.k - 1])
    return ErrorMaps(signal, local, share)


Towards = tuple[Values, int]  # v block -> (..., H, H) as mantissas, and their exponent


def direction(cell: Cell, back: Backward) -> Towards | None:
    """G / ‖G‖² for G = dE/dW, whose product with a contribution is its share; None where G is zero."""
    own = back.gradient_exponent
    common = int(own.max())
    down = (own - common)[..., None, None]
    G = {k: np.ldexp(back.gradient.W[k], down) for k in cell.v_blocks}
    size = int(np.frexp(max(np.max(np.abs(a)) for a in G.values()))[1])
    G = {k: np.ldexp(a, -size) for k, a in G.items()}
    square = sum(float(np.sum(a * a)) for a in G.values())
    return ({k: a / square for k, a in G.items()}, -common - size) if square else None


def shares(now: SweepStep, towards: Towards, h: Array) -> Array:
    """Each loss step's part of dE/dW through step k, along dE/dW itself: (rows,)."""
    G, shift = towards
    local, exponent = rescaled({k: now.local[k] for k in G}, now.exponent)
    size = int(np.frexp(np.max(np.abs(h)))[1])
    h = np.ldexp(h, -size)
    along = np.sum([np.sum(local[k] * (a @ h[..., None])[..., 0], axis=-1) for k, a in G.items()], axis=0)
    sized = np.ldexp(along, exponent + size + shift)
    return np.asarray(sized.reshape(len(sized), -1).sum(axis=1))


@dataclass(frozen=True)
class LagTerms:
    """dE/dW opened up by lag: term τ is the sum over t of the contributions of the pairs (t, t − τ)."""

    log_norm: Array  # (T,), ln‖term τ‖
    log_partial: Array  # (T,), ln‖sum of the terms 0..τ‖, what truncation after τ steps keeps
    cosine: Array  # (T,), between that partial sum and the whole gradient
    relative_error: Array  # (T,), ‖partial sum − whole‖ / ‖whole‖


def lag_terms(cell: Cell, w: Weights, trace: Trace, direct: Array) -> LagTerms:
    """The terms of one sequence by lag τ = 0..T − 1, all blocks of W together.

    The partial sums are the gradients of truncated backpropagation with a window of τ + 1 steps per loss
    step (Williams & Peng 1990). One term is held at a time; they are formed twice, for what a partial sum
    lacks is known only when all have been added.
    """
    whole = zero = Scaled.of(np.zeros((len(cell.v_blocks) * w.H, w.H)))
    log_terms = []
    for term in by_lag(cell, w, trace, direct):
        log_terms.append(float(term.log_norm()))
        whole = whole.plus(term)
    partial, found = zero, []
    for term in by_lag(cell, w, trace, direct):
        partial = partial.plus(term)
        found.append(against(partial, whole))
    return LagTerms(np.array(log_terms), *(np.array(column) for column in zip(*found, strict=True)))


def by_lag(cell: Cell, w: Weights, trace: Trace, direct: Array) -> Iterator[Scaled]:
    """Term τ of dE/dW for τ = 0..T − 1, (v blocks times H, H).

    All signals of one lag go one step back together: row k − 1 is ∂E_{k+τ}/∂s_k and becomes the next lag's
    row k − 2, so that a term is one matrix product.
    """
    D, h = trace.partials(cell), trace.s["h"]
    ds = {k: np.zeros_like(trace.s[k][1:]) for k in cell.state} | {"h": direct[1:]}
    exponent = np.zeros(trace.T, np.int64)
    for n in range(trace.T, 0, -1):
        progress.report()
        ds, exponent = rescaled(ds, exponent)
        dv = {k: pull(at(D, slice(n)), ds, k) for k in cell.v_blocks}
        yield outer_sum_of(np.concatenate(list(dv.values()), axis=-1), exponent, h[:n])
        later = slice(1, n)
        ds, dv = ({k: a[1:] for k, a in of.items()} for of in (ds, dv))
        ds, exponent = step_back(cell, w, at(D, later), ds, dv), exponent[1:]


def outer_sum_of(rows: Array, exponent: Integers, h: Array) -> Scaled:
    """Σ rows_i 2**exponent_i ⊗ h_i of rows (n, m) and h (n, H), (m, H)."""
    d, own = rescaled({"d": rows}, exponent)
    far, size = rescaled({"h": h}, np.zeros(len(h), np.int64))
    alive = rows.any(axis=-1) & h.any(axis=-1)
    own = own + size
    common = int(np.max(own, where=alive, initial=NEVER)) if alive.any() else 0
    down = np.where(alive, own - common, 0)[:, None]
    return Scaled.of(np.ldexp(d["d"], down).T @ far["h"], common)


def against(partial: Scaled, whole: Scaled) -> tuple[float, float, float]:
    """ln of a partial sum's norm, its cosine to the whole, and its distance from it relative to the whole."""
    size, log_size = np.linalg.norm(partial.mantissa), float(partial.log_norm())
    if not whole.mantissa.any():
        return log_size, 1.0, 0.0
    aligned = float(np.sum(partial.mantissa * whole.mantissa))
    cosine = aligned / (size * np.linalg.norm(whole.mantissa)) if size else 0.0
    missing = partial.plus(Scaled(-whole.mantissa, whole.exponent))
    with np.errstate(over="ignore"):
        return log_size, float(cosine), float(np.exp(missing.log_norm() - whole.log_norm()))
