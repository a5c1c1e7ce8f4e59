"""Every product of a chain as a product of two: the ground that the maps over all pairs share.

A split at step m sorts the pairs k ≤ m ≤ t, for which P(t, k) = A B with A = P(t, m) and B = P(m, k): s
products A and s products B, the identity among both, serve s² pairs. Splits at every 2s-th step, for
s = 2, 4, 8, ..., meet each pair k < t exactly once. Chains have exactly one leading axis in this module, the
members of an ensemble.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from explorer import progress
from explorer.arrays import Array, Integers
from explorer.chain import Chain

LN2 = float(np.log(2.0))
RUN = 16  # products formed between two looks at their size
MODERATE = 8  # norms within 2**-8..2**8 keep a run of products inside float64 to the fourth power
CACHED = 1 << 19  # numbers (4 MiB) that one side of some splits may fill
SHARED = 1 << 22  # numbers (32 MiB) it may fill where that lets all members advance together
LOW, HIGH = 1e-200, 1e200  # a squared norm between these was computed without loss
HELD = 1 << 22  # numbers (32 MiB) up to which the Jacobians are formed once and kept


@dataclass(frozen=True)
class Part:
    """The block of every matrix that is asked for: some rows and some columns of the state."""

    rows: slice
    columns: slice

    def check(self, S: int) -> None:
        """Raise ValueError unless both slices choose something of S entries."""
        for name, chosen in (("rows", self.rows), ("columns", self.columns)):
            if not range(S)[chosen]:
                raise ValueError(f"{name} must choose at least one of {S} entries of the state; got {chosen}")


@dataclass(frozen=True)
class Conditioned:
    """A chain of Jacobians of moderate size, each of which stands for itself times 2**exponent."""

    chain: Chain
    exponent: Integers  # (T, members)
    zero: NDArray[np.bool_]  # (T, members) where the Jacobian is exactly zero


def one_axis(chain: Chain) -> Chain:
    """The chain with its leading axes made one, and kept in memory where it is small."""
    members = prod(chain.leading)

    def take(steps: slice) -> Array:
        J = chain.take(steps)
        return J.reshape(len(J), members, chain.S, chain.S)

    if chain.T * members * chain.S**2 <= HELD:
        return Chain.of(take(slice(0, chain.T)))
    return Chain(chain.T, chain.S, take, (members,))


def squared_norm(X: Array) -> Array:
    """‖X‖_F² (...) of matrices (..., m, n) whose entries can be squared."""
    entries = X.reshape(*X.shape[:-2], -1)
    square: Array = np.vecdot(entries, entries)
    return square


def condition(chain: Chain) -> Conditioned:
    """The chain rescaled by powers of two where its Jacobians are very large or small.

    Raises ValueError where a Jacobian is not finite.
    """
    exponent = np.zeros((chain.T, *chain.leading), np.int64)
    zero = np.zeros(exponent.shape, np.bool_)
    most = max(1, CACHED // (prod(chain.leading) * chain.S**2))
    for first in range(0, chain.T, most):
        steps = slice(first, min(first + most, chain.T))
        exponent[steps], zero[steps] = _sizes(chain.take(steps), first)
    if np.all(np.abs(exponent) <= MODERATE):
        return Conditioned(chain, np.zeros_like(exponent), zero)

    def take(steps: slice) -> Array:
        shift = -exponent[steps, ..., None, None].astype(np.intc)
        return np.ldexp(chain.take(steps), shift)

    return Conditioned(one_axis(Chain(chain.T, chain.S, take, chain.leading)), exponent, zero)


def _sizes(J: Array, first: int) -> tuple[Integers, NDArray[np.bool_]]:
    """Binary exponents of the norms of J_{first + 1}, ..., and which of them are exactly zero."""
    with np.errstate(over="ignore", invalid="ignore"):
        square = squared_norm(J)
    odd = ~((square > LOW) & (square < HIGH))
    largest = np.max(np.abs(J[odd]), axis=(-2, -1))
    if not np.all(np.isfinite(largest)):
        step = first + 1 + np.argwhere(odd)[~np.isfinite(largest)][0, 0]
        raise ValueError(f"every Jacobian must be finite; that of step {step} is not")
    exponent = np.frexp(np.where(odd, 1.0, square))[1].astype(np.int64) // 2
    exponent[odd] = np.frexp(largest)[1]
    zero = odd.copy()
    zero[odd] = largest == 0
    return exponent, zero


def running(factor: Callable[[int], Array], length: int, buffer: Array) -> Iterator[tuple[Array, Integers]]:
    """F₀, F₁ F₀, F₂ F₁ F₀, ... (`length` products) of many splits at once, a run of up to RUN at a time.

    `factor(i)` is F_i (splits, members, S, S), with fewer splits where the chain has ended. A run is the
    mantissas (splits, members, n, S, S), in `buffer`, which the next run overwrites, and their exponents
    (splits, members). The products of a split that has ended are zero.
    """
    exponent = np.zeros(buffer.shape[:2], np.int64)
    last = buffer[:, :, -1]
    for i in range(0, length, RUN):
        if i > 0:
            exponent = exponent + _moderated(last)
        progress.report()
        run = buffer[:, :, : min(RUN, length - i)]
        for j in range(run.shape[2]):
            F, product = factor(i + j), run[:, :, j]
            n = len(F)
            if i + j == 0:
                product[:n] = F
            else:
                np.matmul(F, last[:n], out=product[:n])
            if n < len(product):
                product[n:] = 0.0
            last = product
        yield run, exponent


def _moderated(matrices: Array) -> Integers:
    """The powers of two (...) taken, in place, out of matrices (..., S, S) that have left moderate size."""
    exponent: Integers = np.frexp(squared_norm(matrices))[1].astype(np.int64) // 2
    exponent[np.abs(exponent) <= MODERATE] = 0
    if exponent.any():
        matrices *= np.exp2(-exponent)[..., None, None]
    return exponent


@dataclass(frozen=True)
class Splits:
    """Splits at the steps m = first, first + spacing, ...: `half` steps to either side, m itself on both."""

    first: int
    spacing: int
    count: int
    half: int
    members: slice

    @property
    def together(self) -> int:
        """How many members there are."""
        return int(self.members.stop - self.members.start)

    def one(self, i: int, member: int) -> "Splits":
        """Split i of one member."""
        return Splits(self.step(i), self.spacing, 1, self.half, slice(member, member + 1))

    def step(self, i: int) -> int:
        """The step m of split i."""
        return self.first + self.spacing * i

    def after(self, chain: Chain, start: Array | None = None) -> Callable[[int], Array]:
        """The factors J_{m+1}, J_{m+2}, ... of the products A, the first one times `start` (S, S)."""
        return _started(lambda i: self._jacobians(chain, i), start)

    def before(self, chain: Chain, start: Array | None = None) -> Callable[[int], Array]:
        """The factors J_m', J_{m-1}', ... of the transposed products B', the first one times `start`."""
        return _started(lambda i: self._jacobians(chain, -1 - i).swapaxes(-1, -2), start)

    def _jacobians(self, chain: Chain, offset: int) -> Array:
        """J_{m+1+offset} of every split m, (splits, members, S, S); none where the chain has ended."""
        first = self.first + offset
        end = min(first + self.spacing * (self.count - 1), chain.T - 1) + 1
        return chain.take(slice(first, end, self.spacing))[:, self.members]


def _started(factor: Callable[[int], Array], start: Array | None) -> Callable[[int], Array]:
    if start is None:
        return factor
    return lambda i: factor(i) if i > 0 else factor(i) @ start


def all_splits(T: int, members: int, S: int) -> Iterator[Splits]:
    """Splits for all pairs k < t with t ≤ T, the widest first, in pieces that fit the cache."""
    for half in reversed([1 << i for i in range(1, (T + 1).bit_length())]):
        together = min(members, max(1, SHARED // (half * S**2)))
        count, most = (T + 1 - half) // (2 * half) + 1, max(1, CACHED // (half * together * S**2))
        for i in range(0, count, most):
            for member in range(0, members, together):
                some = slice(member, min(member + together, members))
                yield Splits(half - 1 + 2 * half * i, 2 * half, min(most, count - i), half, some)


def sampled(source: Conditioned, every: int) -> Conditioned:
    """The chain from one sample to the next: its i-th Jacobian is ∂s_{iq}/∂s_{(i-1)q}, q = every."""
    S, (members,), T = source.chain.S, source.chain.leading, source.chain.T // every
    products = np.empty((T, members, S, S))
    exponent = source.exponent[: T * every].reshape(T, every, members).sum(1)
    most = max(1, CACHED // (members * S**2 * min(RUN, every)))
    for first in range(0, T, most):
        count = min(most, T - first)
        pieces = Splits(first * every, every, count, every, slice(None))
        buffer = np.empty((count, members, min(RUN, every), S, S))
        for run, shift in running(pieces.after(source.chain), every, buffer):
            products[first : first + count] = run[:, :, -1]
            shifted = shift
        exponent[first : first + count] += shifted
    again = condition(Chain.of(products))
    return Conditioned(again.chain, again.exponent + exponent, again.zero)
