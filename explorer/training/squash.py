"""tanh and σ of whole blocks, in place and as fast as the machine's NumPy allows.

The engine's own φ (explorer.activations) is called with a step's few units at a time and keeps every digit;
a mini-batch has thousands. σ needs a factor folded into its pre-activation, `fold`, which costs nothing
where it is folded into the weights.
"""

from typing import Protocol

import numpy as np

from explorer.arrays import Array
from explorer.training.layout import Floats

LARGE = 2_048  # values from which on the table pays
BITS = 7  # the table's centres lie 2^-BITS apart
REACH = 20 << BITS  # centres on either side of 0; beyond 20, tanh is 1 to rounding
ROUNDER = 1.5 * 2.0 ** (52 - BITS)  # a + ROUNDER has no digits below 2^-BITS
FIRST = np.float64(ROUNDER).view(np.int64) - REACH  # its bits, less those of the first centre
CENTRES: Array = np.tanh(np.arange(-REACH, REACH + 1) / 2.0**BITS)


class Squash(Protocol):
    """One way of computing both functions."""

    fold: float  # what the pre-activation of a σ is multiplied by before it is handed in

    def tanh(self, a: Floats, out: Floats) -> None:
        """tanh(a)."""

    def blocks(self, a: Floats, sigmoids: int) -> None:
        """σ of the first blocks and tanh of the others, in a's place; a (M, blocks, B, H)."""


class Direct:
    """By NumPy's own functions: σ(a) = 1 / (1 + e^(−a))."""

    fold = -1.0

    def tanh(self, a: Floats, out: Floats) -> None:
        """tanh(a)."""
        np.tanh(a, out=out)

    def blocks(self, a: Floats, sigmoids: int) -> None:
        """σ of the first blocks, tanh of the others."""
        first, others = a[:, :sigmoids], a[:, sigmoids:]
        if sigmoids:
            np.exp(first, out=first)
            first += 1.0
            np.reciprocal(first, out=first)
        if sigmoids < a.shape[1]:
            np.tanh(others, out=others)


class Tabled:
    """By a table: tanh(c + r) = (tanh c + tanh r) / (1 + tanh c tanh r), c the nearest centre.

    |r| <= 1/256, where r − r³/3 + 2r⁵/15 is tanh r to 2e-16; nothing cancels near 0. Within 3 units in the
    last place, for finite a. It takes a third of the time of a tanh whose vector code has to gather.
    """

    fold = 0.5  # σ(a) = ½ + ½ tanh(½ a)

    def __init__(self, size: int) -> None:
        """Room for so many values at once."""
        self.room, self.index = np.empty((2, size)), np.empty(size, np.int64)

    def tanh(self, a: Floats, out: Floats) -> None:
        """tanh(a)."""
        shape, n = a.shape, a.size
        c, r, i = (room[:n].reshape(shape) for room in (*self.room, self.index))
        np.add(a, ROUNDER, out=c)
        np.subtract(c.view(np.int64), FIRST, out=i)
        c -= ROUNDER
        np.subtract(a, c, out=r)
        np.take(CENTRES, i, out=c, mode="clip")
        p = i.view(np.float64)
        np.multiply(r, r, out=out)
        np.multiply(out, 2.0 / 15.0, out=p)
        p -= 1.0 / 3.0
        p *= out
        p *= r
        r += p
        np.multiply(c, r, out=p)
        p += 1.0
        c += r
        np.divide(c, p, out=out)

    def blocks(self, a: Floats, sigmoids: int) -> None:
        """σ of the first blocks, tanh of the others, in one call."""
        self.tanh(a, a)
        first = a[:, :sigmoids]
        first *= 0.5
        first += 0.5


def gathers() -> bool:
    """Whether NumPy's tanh of float64 has to gather from memory; with AVX-512 it permutes registers."""
    found = np.lib.introspect.opt_func_info(func_name="^tanh$", signature="float64")
    used = [kind["current"] for kinds in found.values() for kind in kinds.values()]
    return not any("AVX512" in name or "X86_V4" in name for name in used)


GATHERS = gathers()


def squash(size: int, dtype: type) -> Squash:
    """The fastest way for blocks of so many values."""
    return Tabled(size) if dtype is np.float64 and size >= LARGE and GATHERS else Direct()
