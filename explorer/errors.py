"""Error signals ∂E_t/∂h_k for every pair (t, k), and what each pair contributes to the gradient.

One sweep from k = T down to 0 carries the signals of all loss steps t >= k together, so that each step is
one matrix product. The contribution of the pair (t, k) to dE/dW is the outer product
(∂E_t/∂v_k) ⊗ h_{k-1}: rank one, so its norm is ‖∂E_t/∂v_k‖ ‖h_{k-1}‖ and the matrix is never formed
(Pascanu et al. 2013, eqs 3-4, give the sum).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers, Values, log, log_norm
from explorer.cells import Cell
from explorer.flow import Backward, Trace, at, pull, rescaled, step_back
from explorer.weights import Weights, blocks


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
    rows: Values = {k: np.zeros_like(trace.s[k][:0]) for k in cell.state}
    exponent = np.zeros(trace.s["h"][:0].shape[:-1], np.int64)
    for k in range(T, 0, -1):
        own = {block: np.zeros_like(trace.s[block][k : k + 1]) for block in cell.state}
        own["h"] = own["h"] + direct[k]
        fresh, shift = rescaled(own, np.zeros(own["h"].shape[:-1], np.int64))
        rows = {block: np.concatenate([fresh[block], rows[block]]) for block in cell.state}
        exponent = np.concatenate([shift, exponent])
        D_k = at(D, k - 1)
        yield SweepStep(k, rows, {b: pull(D_k, rows, b) for b in blocks(cell)}, exponent)
        rows, exponent = rescaled(step_back(cell, w, D_k, rows), exponent)
    yield SweepStep(0, rows, {}, exponent)


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

    Rows stay within [1e-100, 1e100], so that the plain sum of squares neither overflows nor vanishes.
    """
    squares = np.einsum("...h,...h->...", rows, rows)
    sizes: Array = 0.5 * log(squares) + exponent * np.log(2.0)
    return sizes


def error_maps(cell: Cell, w: Weights, trace: Trace, back: Backward, direct: Array) -> ErrorMaps:
    """All maps of one run, given its backward pass; direct (T + 1, ..., H) as for `sweep`.

    The share of a pair is <C_tk, dE/dW> / ‖dE/dW‖², for contributions partly cancel and their norms do not
    add up; it is summed over the blocks of W (and an ensemble's or batch's axes).
    """
    T, leading = trace.T, trace.s["h"].shape[1:-1]
    empty = np.full((T + 1, T + 1, *leading), -np.inf)
    signal = {block: empty.copy() for block in cell.state}
    local = {block: empty.copy() for block in blocks(cell)}
    share = np.zeros((T + 1, T + 1))
    for now in sweep(cell, w, trace, direct):
        first = max(now.k, 1)
        for block, rows in now.signals.items():
            signal[block][first:, now.k] = log_sizes(rows, now.exponent)
        for block, rows in now.local.items():
            local[block][first:, now.k] = log_sizes(rows, now.exponent)
        if now.local:
            share[first:, now.k] = shares(cell, now, back, trace.s["h"][now.k - 1])
    return ErrorMaps(signal, local, share)


def shares(cell: Cell, now: SweepStep, back: Backward, h: Array) -> Array:
    """Each loss step's part of dE/dW through step k, along dE/dW itself: (rows,)."""
    gradient = {k: back.gradient.W[k] for k in cell.v_blocks}
    log_total = float(log_norm(np.concatenate([a.ravel() for a in gradient.values()])))
    if np.isinf(log_total):
        return np.zeros(len(now.exponent))
    scale = np.exp(-log_total)
    along = sum(
        np.sum(now.local[k] * ((dW * scale) @ h[..., None])[..., 0], axis=-1) for k, dW in gradient.items()
    )
    sized = np.ldexp(np.asarray(along) * scale, now.exponent - back.gradient_exponent)
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
    step (Williams & Peng 1990). Holds T H² numbers per block.
    """
    T, H = trace.T, w.H
    terms = np.zeros((T, len(cell.v_blocks) * H, H))
    exponent = np.zeros(T, np.int64)
    for now in sweep(cell, w, trace, direct):
        if not now.local:
            break
        count = len(now.exponent)
        d = np.concatenate([now.local[k] for k in cell.v_blocks], axis=-1)
        common = np.where(d.any(axis=-1), np.maximum(exponent[:count], now.exponent), exponent[:count])
        terms[:count] = np.ldexp(terms[:count], (exponent[:count] - common)[:, None, None])
        exponent[:count] = common
        d = np.ldexp(d, (now.exponent - common)[:, None])
        terms[:count] += d[:, :, None] * trace.s["h"][now.k - 1]
    return summed(terms, exponent)


def summed(terms: Array, exponent: Integers) -> LagTerms:
    """The terms' sizes and how their running sum approaches the whole."""
    log_terms = log_norm(terms, (1, 2)) + exponent * np.log(2.0)
    alive = np.isfinite(log_terms)
    common = int(exponent[alive].max()) if alive.any() else 0
    partial = np.cumsum(np.ldexp(terms, (exponent - common)[:, None, None]), axis=0)
    sizes, whole = log_norm(partial, (1, 2)), partial[-1]
    size = float(sizes[-1])
    if np.isinf(size):
        return LagTerms(log_terms, sizes, np.ones(len(terms)), np.zeros(len(terms)))
    aligned = np.sum(partial * (whole * np.exp(-size)), axis=(1, 2))
    cosine = np.where(np.isfinite(sizes), aligned * np.exp(-np.where(np.isfinite(sizes), sizes, 0.0)), 0.0)
    error = np.exp(log_norm(partial - whole, (1, 2)) - size)
    return LagTerms(log_terms, sizes + common * np.log(2.0), cosine, error)
