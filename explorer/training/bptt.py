"""Backpropagation through time over mini-batches, full or truncated, with the error signal clipped or not.

The gradients are those of explorer.flow (a test holds them to it and to PyTorch), at the speed that
training needs. Truncation after τ steps cuts the sequence into chunks of τ, the last one ending at T: the
states run through all of them, the error signal stops at each chunk's beginning.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Array, Integers
from explorer.training.batches import Batch
from explorer.training.gated import PASSES
from explorer.training.layout import Floats, Layout, Views
from explorer.training.passes import by_block, room

Right = NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """What becomes of an error signal on its way back."""

    truncation: int = 0  # steps after which it is cut off; 0 for never
    threshold: float = np.inf  # each sequence's own signal ∂E_b/∂s_t is cut to this norm at every step


@dataclass(frozen=True)
class Gradient:
    """Loss and gradient of M networks on one batch each."""

    loss: Array  # (M,)
    accuracy: Array  # (M,), share of the scored predictions that were right
    rows: Floats  # (M, P), ∂E/∂θ in the order of the layout; inf or nan where it overflowed
    engaged: Array  # (M,), share of signals that were cut on their way
    log_least: Array  # (M,), ln of the smallest factor applied to any of them


@dataclass
class Signals:
    """The rules at work during one backward pass; counts what they cut."""

    rules: Rules
    T: int
    B: int
    cut: Array = field(default_factory=lambda: np.zeros(1))
    least: Array = field(default_factory=lambda: np.ones(1))

    def __post_init__(self) -> None:
        """Whether anything is cut at all is asked once, not at every step."""
        self.cutting = np.isfinite(self.rules.threshold)

    @property
    def share(self) -> Array:
        """The share of all signals that were cut, (M,)."""
        return self.cut / (self.T * self.B)

    def carry(self, t: int, signals: tuple[Floats, ...]) -> bool:
        """Cut the signals (M, B, H) of index t where they are too large; False where they end here."""
        if self.cutting:
            squares = sum(np.einsum("mbh,mbh->mb", d, d, dtype=np.float64) for d in signals)
            size = np.sqrt(squares) * self.B  # E is the batch's mean: a sequence's own signal is B times it
            factor = np.minimum(1.0, self.rules.threshold / np.maximum(size, 1e-300))
            if np.any(factor < 1):
                for d in signals:
                    d *= factor[..., None].astype(d.dtype)
                self.cut = self.cut + np.sum(factor < 1, axis=1)
                self.least = np.minimum(self.least, factor.min(axis=1))
        tau = self.rules.truncation
        return not (tau and (self.T - t) % tau == 0)


class Network:
    """M networks of one shape with the buffers to run them over batches of one shape."""

    def __init__(self, layout: Layout, shape: tuple[int, int, int], activation: str, dtype: type) -> None:
        """Buffers for shape (M, T, B)."""
        M, T, B = self.shape = shape
        self.layout, self.dtype = layout, dtype
        self.passes = PASSES[layout.cell](layout, shape, activation, dtype)
        self.o = room(dtype, M * layout.K * T * B)

    def gradient(self, rows: Floats, batch: Batch, rules: Rules) -> Gradient:
        """Loss, accuracy and gradient of the networks in rows (M, P) on a batch of theirs."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
            parts = self.layout.views(rows)
            self._forward(parts, batch)
            out = np.empty_like(rows)
            into = self.layout.views(out)
            loss, accuracy = self._readout(parts, batch, into)
            signals = Signals(rules, *self.shape[1:])
            W_T = np.ascontiguousarray(parts["W"].swapaxes(1, 2))
            du, dv = self.passes.backward(W_T, signals.carry)
            self._collect(batch, du, dv, into)
        M = self.shape[0]
        return Gradient(
            loss, accuracy, out, np.broadcast_to(signals.share, M), np.log(np.broadcast_to(signals.least, M))
        )

    def _forward(self, parts: Views, batch: Batch) -> None:
        U, W, b = (self._blocks(parts[name]) for name in "UWb")
        M, blocks, X, H = U.shape
        if batch.x.ndim == 3:  # symbols: x U is a row of U
            rows = (U + b).reshape(-1, H)
            first = np.arange(M * blocks).reshape(M, blocks, 1) * X
            index = batch.x.swapaxes(0, 1)[:, :, None] + first

            def feed(t: int, out: Floats) -> None:
                rows.take(index[t], axis=0, out=out, mode="clip")
        else:
            x: Floats = batch.x.astype(self.dtype)[:, :, None]

            def feed(t: int, out: Floats) -> None:
                np.matmul(x[:, t], U, out=out)
                out += b

        self.passes.forward({**parts, "W": W}, feed)

    def _blocks(self, part: Floats) -> Floats:
        """A part (M, ..., G) as folded blocks, (M, blocks, ..., H), ... at least one row."""
        folds, rows = self.passes.folds, part.reshape(len(part), -1, part.shape[-1])
        return np.multiply(by_block(rows, self.layout.H), folds[:, None, None], order="C")

    def _readout(self, parts: Views, batch: Batch, into: Views) -> tuple[Array, Array]:
        """Loss and accuracy (M,); the readout's gradients go into `into`, each step's own signal into dh."""
        M, T, B = self.shape
        n = batch.targets.shape[1]
        h = self.passes.h[:, T - n + 1 :].reshape(M, n * B, -1)
        V_T = parts["V"].swapaxes(1, 2)
        o = self.o[: M * self.layout.K * n * B].reshape(M, -1, n * B)
        np.matmul(V_T, h.swapaxes(1, 2), out=o)
        o += parts["c"][..., None]
        loss, right = squared(o, batch) if batch.targets.dtype.kind == "f" else cross_entropy(o, batch)
        do = o.swapaxes(1, 2)
        np.matmul(h.swapaxes(1, 2), do, out=into["V"])
        np.sum(o, axis=2, out=into["c"])
        dh = self.passes.dh
        dh[:, : T - n] = 0
        own = dh.reshape(M, T * B, -1)[:, (T - n) * B :]  # a view: what is written there is in dh
        np.matmul(do, V_T, out=own)
        scored = batch.scored.reshape(M, -1)
        return loss, np.asarray((right & scored).sum(axis=1) / np.maximum(scored.sum(axis=1), 1))

    def _collect(self, batch: Batch, du: Floats, dv: Floats, into: Views) -> None:
        """The sums over steps and sequences."""
        M, T, B = self.shape
        before = self.passes.h[:, :-1].reshape(M, T * B, -1)
        du = du.reshape(M, T * B, -1)
        dv = dv.reshape(M, T * B, -1)
        np.matmul(before.swapaxes(1, 2), dv, out=into["W"])
        if "m" in into:
            np.sum(dv[..., 2 * self.layout.H :], axis=1, out=into["m"])
        x = batch.x.reshape(M, T * B, -1)
        if batch.x.ndim == 3 and self.layout.X > FEW:
            for m in range(M):
                by_symbol(x[m, :, 0], du[m], into["U"][m])
        else:
            x = x == np.arange(self.layout.X) if batch.x.ndim == 3 else x
            np.matmul(x.astype(self.dtype).swapaxes(1, 2), du, out=into["U"])
        # a step reads one symbol: what reaches the rows of U adds up to what reaches b
        np.sum(into["U"] if batch.x.ndim == 3 else du, axis=1, out=into["b"])


FEW = 32  # symbols up to which their sums are one product with one-hot vectors


def by_symbol(x: Integers, d: Floats, out: Floats) -> None:
    """Σ of the rows of d (N, G) whose x (N,) is that symbol, for every symbol, into out (X, G)."""
    order = np.argsort(x, kind="stable")
    ends = np.searchsorted(x[order], np.arange(len(out) + 1))
    for symbol, (start, end) in enumerate(pairwise(ends)):
        np.add.reduce(d.take(order[start:end], axis=0), axis=0, out=out[symbol])


def cross_entropy(o: Floats, batch: Batch) -> tuple[Array, Right]:
    """Σ weight · (−ln ŷ[y]) (M,) and which predictions were right (M, nB); o (M, K, nB) becomes ∂E/∂o."""
    M, _, columns = o.shape
    y, weights = (a.reshape(M, 1, columns) for a in (batch.targets, batch.weights.astype(o.dtype)))
    o -= o.max(axis=1, keepdims=True)
    at_target = np.take_along_axis(o, y, axis=1)
    right = at_target[:, 0] == 0  # the target is the most likely symbol
    np.exp(o, out=o)
    total = o.sum(axis=1, keepdims=True)
    loss: Array = np.sum((np.log(total) - at_target) * weights, axis=(1, 2), dtype=np.float64)
    scale = weights / total
    o *= scale
    np.put_along_axis(o, y, np.exp(at_target) * scale - weights, axis=1)
    return loss, right


def squared(o: Floats, batch: Batch) -> tuple[Array, Right]:
    """Σ weight · (o − y)² (M,) and which o are within NEAR of y (M, nB); o (M, 1, nB) becomes ∂E/∂o."""
    M, _, columns = o.shape
    weights = batch.weights.reshape(M, 1, columns).astype(o.dtype)
    o -= batch.targets.reshape(M, 1, columns).astype(o.dtype)
    loss: Array = np.sum(o * o * weights, axis=(1, 2), dtype=np.float64)
    right = np.abs(o[:, 0]) < NEAR
    o *= 2 * weights
    return loss, right


NEAR = 0.04  # an answer this close to a real-valued target counts as right (Hochreiter & Schmidhuber 1997)
