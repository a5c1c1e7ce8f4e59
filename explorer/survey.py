"""All pairs of steps of a chain, split by split, and how far rounding lets each be trusted.

What is measured of P(t, k) = A B comes from something kept of A and something kept of B. Its rounding error
is relative to ‖A‖ ‖B‖, not to ‖A B‖, which may be far smaller. The share ‖A B‖² / (‖A‖² ‖B‖²) of every pair
therefore comes with it, and where shares are too small the middle of A B can be put into a better basis.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np

from explorer.arrays import Array, Integers, log
from explorer.chain import Chain
from explorer.grams import CACHED, LN2, LOW, RUN, Part, Splits, running, squared_norm

TALL = 64  # factors A that meet all B of a split at once, where the cache does not hold them all


@dataclass(frozen=True)
class Basis:
    """A change of basis in the middle of A B = (A out) (into B)."""

    into: Array  # (S, S)
    out: Array  # (S, S)


@dataclass(frozen=True)
class Tile:
    """Pairs of some splits m: t = m + start, ... in the rows, k = m - half + 1, ..., m in the columns."""

    splits: Splits
    start: int
    share: Array  # (splits, members, n, half) |A B|² / (‖A‖² ‖B‖²), at least 0
    log_factors: Array  # (splits, members, n, half) ln(‖A‖ ‖B‖)

    def log_norm(self) -> Array:
        """ln |A B| (splits, members, n, half)."""
        norm = log(self.share)
        norm *= 0.5
        norm += self.log_factors
        return norm


@dataclass
class Room:
    """Memory used again for every piece of work, for fresh pages cost as much as the arithmetic."""

    numbers: Array

    def shaped(self, *shape: int) -> Array:
        """An array of this shape with arbitrary contents."""
        size = prod(shape)
        if size > self.numbers.size:
            self.numbers = np.empty(size)
        return self.numbers[:size].reshape(shape)


def height(matrices: int, length: int, S: int) -> int:
    """How many of `length` factors A are kept at a time: whole runs, as many as the cache holds."""
    most = max(CACHED, TALL * S**2) // (matrices * S**2)
    return min(length, max(1, most // RUN) * RUN)


@dataclass(frozen=True)
class Side:
    """The factors on one side of some splits: n matrices A, or n matrices B transposed."""

    kept: Array  # (splits, members, n, width)
    square: Array  # (splits, members, n) squared Frobenius norms of the mantissas
    exponent: Integers  # (splits, members, n) of the mantissas

    def put(self, at: slice, factors: Array, exponent: Integers) -> None:
        """Note the sizes of the factors (splits, members, n, rows, S), exponents (splits, members)."""
        self.square[:, :, at] = squared_norm(factors)
        self.exponent[:, :, at] = exponent[..., None]

    def upto(self, n: int) -> "Side":
        """The first n factors."""
        return Side(self.kept[:, :, :n], self.square[:, :, :n], self.exponent[:, :, :n])

    def log_norm(self) -> Array:
        """ln ‖·‖ of the factors, (splits, members, n)."""
        norm: Array = 0.5 * log(self.square) + LN2 * self.exponent
        return norm

    def inverse_square(self) -> Array:
        """1 / ‖·‖² of the mantissas, (splits, members, n); 0 for a factor that has all but vanished."""
        return np.divide(1.0, self.square, out=np.zeros_like(self.square), where=self.square > LOW)


class Measure(Protocol):
    """What is kept of the factors A and B of a product, and how |A B| comes from that."""

    tolerance: float  # of rounding's bound on the relative error of |A B|, beyond which a pair is in doubt

    def width(self, S: int) -> int:
        """How many numbers are kept of one factor."""

    def keep_right(self, A: Array, out: Array) -> None:
        """Keep the factors A (..., rows, S) in out (..., width)."""

    def keep_left(self, B: Array, out: Array) -> None:
        """Keep the factors B' (..., columns, S), B transposed, in out (..., width)."""

    def shares(self, right: Side, left: Side) -> Array:
        """|A B|² / (‖A‖² ‖B‖²) (splits, members, n, s) of n factors A with s factors B."""

    def log_norm(self, P: Array) -> Array:
        """ln |P| (...) of matrices (..., rows, columns)."""


@dataclass(frozen=True)
class Survey:
    """All pairs of one chain by one measure of one block."""

    chain: Chain
    measure: Measure
    part: Part
    right_room: Room
    left_room: Room
    products_room: Room

    @staticmethod
    def of(chain: Chain, measure: Measure, part: Part, pieces: list[Splits]) -> "Survey":
        """A survey with room for these pieces of work, all in one array, for a large one gets large pages."""
        S, width, sizes = chain.S, measure.width(chain.S), np.zeros(3, np.int64)
        for splits in pieces:
            matrices, length = splits.count * splits.together, splits.half - 1
            right, products = 1 + height(matrices, length, S), min(length, RUN)
            needed = np.array([right * width, splits.half * width, products * S**2])
            sizes = np.maximum(sizes, matrices * needed)
        rooms = np.split(np.empty(sizes.sum()), np.cumsum(sizes)[:-1])
        return Survey(chain, measure, part, *(Room(room) for room in rooms))

    def tiles(self, splits: Splits, basis: Basis | None = None) -> Iterator[Tile]:
        """The pairs of these splits, tile by tile from the split on."""
        left = self._left(splits, basis)
        log_norm = left.log_norm()[..., None, :]
        past = 1 + self.chain.T - splits.step(splits.count - 1)  # rows that the last split has
        for start, right in self._right(splits, basis):
            share = np.maximum(self.measure.shares(right, left), 0.0)
            share[-1, :, max(0, past - start) :] = 1.0
            yield Tile(splits, start, share, right.log_norm()[..., None] + log_norm)

    def better_basis(self, splits: Splits, share: float) -> Basis | None:
        """A basis in which the last A of one split and member has columns of nearly one size; None without A.

        A B is small beside ‖A‖ ‖B‖ where B avoids the directions that A stretches most. Divided by the
        singular values of A, such a direction is one among many in A, and next to nothing in B. Values
        below sqrt(share) of the largest are left as they are: more would enlarge the A of other steps.
        """
        length = self._length(splits)
        if length == 0:
            return None
        for run, _ in self._running(splits, splits.after(self.chain), length):
            A = run[0, 0, -1, self.part.rows]
        _, values, rotation = np.linalg.svd(A)
        if values[0] == 0:
            return None
        size = np.full(len(rotation), np.sqrt(share))
        size[: len(values)] = np.maximum(values / values[0], size[: len(values)])
        power = np.exp2(np.round(np.log2(size)))  # dividing by powers of two costs no digit
        return Basis(power[:, None] * rotation, rotation.T / power)

    def _left(self, splits: Splits, basis: Basis | None) -> Side:
        """All factors B of these splits, k rising up to m, where B is the identity."""
        start, n, columns = (None if basis is None else basis.into.T), splits.half - 1, self.part.columns
        side = self._side(splits, splits.half, self.left_room)
        self._put_middle(side, n, self._middle(start)[columns], self.measure.keep_left)
        for run, exponent in self._running(splits, splits.before(self.chain, start), n):
            at, n = slice(n - run.shape[2], n), n - run.shape[2]
            B = run[:, :, ::-1, columns]
            side.put(at, B, exponent)
            self.measure.keep_left(B, side.kept[:, :, at])
        return side

    def _right(self, splits: Splits, basis: Basis | None) -> Iterator[tuple[int, Side]]:
        """The factors A of these splits, t rising from m, where A = I: (how many came before, the next)."""
        length, rows, out = self._length(splits), self.part.rows, None if basis is None else basis.out
        most = 1 + height(splits.count * splits.together, length, self.chain.S)
        side = self._side(splits, most, self.right_room)
        self._put_middle(side, 0, self._middle(out)[rows], self.measure.keep_right)
        start, n, factor = 0, 1, splits.after(self.chain, out)
        if length == 0:
            yield start, side.upto(n)
            return
        for run, exponent in self._running(splits, factor, length):
            at, n = slice(n, n + run.shape[2]), n + run.shape[2]
            A = run[:, :, :, rows]
            side.put(at, A, exponent)
            self.measure.keep_right(A, side.kept[:, :, at])
            rest = 1 + length - start - n
            if rest == 0 or n + min(RUN, rest) > most:
                yield start, side.upto(n)
                start, n = start + n, 0

    def _length(self, splits: Splits) -> int:
        """How many steps after m the first of some splits has."""
        return min(splits.half - 1, self.chain.T - splits.first)

    def _middle(self, start: Array | None) -> Array:
        """The factor at m itself: the identity, or the change of basis."""
        return np.eye(self.chain.S) if start is None else start

    def _put_middle(self, side: Side, at: int, middle: Array, keep: Callable[[Array, Array], None]) -> None:
        """Keep the factor at m, which all splits share."""
        one = np.empty(side.kept.shape[-1])
        keep(middle, one)
        side.kept[:, :, at], side.square[:, :, at], side.exponent[:, :, at] = one, squared_norm(middle), 0

    def _side(self, splits: Splits, n: int, room: Room) -> Side:
        """Room for n factors of each split and member."""
        shape = (splits.count, splits.together, n)
        kept = room.shaped(*shape, self.measure.width(self.chain.S))
        return Side(kept, np.empty(shape), np.empty(shape, np.int64))

    def _running(
        self, splits: Splits, factor: Callable[[int], Array], length: int
    ) -> Iterator[tuple[Array, Integers]]:
        """The running products of these factors, in this survey's memory."""
        S = self.chain.S
        buffer = self.products_room.shaped(splits.count, splits.together, min(length, RUN), S, S)
        return running(factor, length, buffer)
