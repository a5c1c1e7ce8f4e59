"""Forward and backward passes of the three cells over a mini-batch, written for speed.

Layout (M, T, B, ·): M networks, T steps, B sequences. All buffers live as long as the network. Inside a step
the blocks lie one behind the other, (M, blocks, B, H), so that each is one piece of memory; what goes on to
the weight gradients, one matrix product each after the loop, is written with the blocks side by side. A
step's operands stay in the processor's cache.
The slopes come from outputs (1 − h²), which is all that training needs; pictures of the gradient are made
by explorer.flow, which keeps every digit.

`carry` decides what happens to the signal that has reached a step on its way back (explorer.training.bptt).
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from explorer.training.layout import Floats, Layout, Views
from explorer.training.squash import Squash, squash

Feed = Callable[[int, Floats], None]  # (t, out): writes x U + b of step t, (M, blocks, B, H), into out
Carry = Callable[[int, tuple[Floats, ...]], bool]  # (t, signals at step t): whether they go on to t - 1


class Pass(Protocol):
    """One cell's passes over buffers of its own."""

    h: Floats  # (M, T + 1, B, H), [:, 0] the initial state
    dh: Floats  # (M, T, B, H): handed in as each step's own ∂E/∂h_t
    folds: Floats  # (blocks,), what U, W and b of each block are multiplied by before they are handed in

    def forward(self, parts: Views, feed: Feed) -> None:
        """Fill h from the inputs and the folded W (M, blocks, H, H)."""

    def backward(self, W_T: Floats, carry: Carry) -> tuple[Floats, Floats]:
        """∂E/∂(x U + b) and ∂E/∂(h W), (M, T, B, G) each, from dh, which is used up."""


def folded(blocks: int, sigmoids: int, by: Squash, dtype: type) -> Floats:
    """The factor of σ for the first `sigmoids` blocks, 1 for the rest."""
    folds: Floats = np.ones(blocks, dtype)
    folds[:sigmoids] = by.fold
    return folds


def room(dtype: type, *shape: int) -> Floats:
    """A buffer of zeros."""
    return np.zeros(shape, dtype)


def by_block(a: Floats, H: int) -> Floats:
    """A view of gates side by side, (..., B, G), as blocks, (..., blocks, B, H)."""
    return a.reshape(*a.shape[:-1], -1, H).swapaxes(-3, -2)


class RNNPass:
    """h_t = φ(b + W h_{t-1} + U x_t)."""

    def __init__(self, layout: Layout, shape: tuple[int, int, int], activation: str, dtype: type) -> None:
        M, T, B = shape
        H = layout.H
        self.T, self.activation = T, activation
        self.h, self.dh = room(dtype, M, T + 1, B, H), room(dtype, M, T, B, H)
        self.u, self.one = room(dtype, M, 1, B, H), room(dtype, M, B, H)
        self.squash = squash(self.one.size, dtype)
        self.folds = folded(1, int(activation == "sigmoid"), self.squash, dtype)

    def forward(self, parts: Views, feed: Feed) -> None:
        """h_1..h_T."""
        u = self.u
        for t in range(self.T):
            a = self.h[:, t + 1, None]
            np.matmul(self.h[:, t, None], parts["W"], out=a)
            feed(t, u)
            a += u
            self._phi(a)

    def _phi(self, a: Floats) -> None:
        if self.activation == "tanh":
            self.squash.tanh(a, a)
        elif self.activation == "sigmoid":
            self.squash.blocks(a, 1)
        elif self.activation == "relu":
            np.maximum(a, 0, out=a)

    def _through(self, h: Floats, d: Floats) -> None:
        """d *= φ′, from the output h."""
        slope = self.one
        if self.activation == "tanh":
            np.multiply(h, h, out=slope)
            np.subtract(1, slope, out=slope)
            d *= slope
        elif self.activation == "sigmoid":
            np.subtract(1, h, out=slope)
            slope *= h
            d *= slope
        elif self.activation == "relu":
            d *= h > 0

    def backward(self, W_T: Floats, carry: Carry) -> tuple[Floats, Floats]:
        """∂E/∂a_t for every step."""
        d, arriving, goes_on = self.dh, self.one, False
        for t in reversed(range(self.T)):
            if goes_on:
                np.matmul(d[:, t + 1], W_T, out=arriving)
                d[:, t] += arriving
            goes_on = carry(t, (d[:, t],))
            self._through(self.h[:, t + 1], d[:, t])
        return d, d
