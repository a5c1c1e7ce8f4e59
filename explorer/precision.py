"""What floating-point formats make of a long product: where it becomes subnormal, exactly 0 or inf.

Each factor and each running product is rounded to the format, to nearest and ties to even, as hardware
stores it; sums inside one matrix product are kept in float64, as accelerators keep them in a wider format.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers

NORMAL, SUBNORMAL, ZERO, INFINITE = range(4)


@dataclass(frozen=True)
class Format:
    """A binary floating-point format."""

    label: str
    digits: int  # of the significand, the leading one included
    lowest: int  # exponent of the smallest normal number 2**lowest
    highest: int  # exponent of the largest numbers, 2**highest times just under 2

    @property
    def log10_normal(self) -> float:
        """log₁₀ of the smallest normal number."""
        return self.lowest * float(np.log10(2.0))

    @property
    def log10_least(self) -> float:
        """log₁₀ of the smallest positive number, a subnormal one."""
        return (self.lowest - self.digits + 1) * float(np.log10(2.0))

    @property
    def log10_most(self) -> float:
        """log₁₀ of the largest number."""
        return float(self.highest * np.log10(2.0) + np.log10(2.0 - 2.0 ** (1 - self.digits)))


FORMATS = {
    "float64": Format("float64", 53, -1022, 1023),
    "float32": Format("float32", 24, -126, 127),
    "bfloat16": Format("bfloat16", 8, -126, 127),
    "float16": Format("float16", 11, -14, 15),
}


def stored(a: Array, form: Format) -> Array:
    """a (...) as the format stores it: rounded, subnormal, 0 or ±inf."""
    if form.digits == 53:
        return a
    exponent = np.maximum(np.frexp(a)[1] - 1, form.lowest)
    unit = np.ldexp(1.0, exponent - form.digits + 1)
    with np.errstate(invalid="ignore"):
        rounded = np.where(np.isfinite(a), np.rint(a / unit) * unit, a)
    limit = np.ldexp(2.0 - 2.0 ** (1 - form.digits), form.highest)
    within: Array = np.where(np.abs(rounded) > limit, np.copysign(np.inf, rounded), rounded)
    return within


@dataclass(frozen=True)
class Product:
    """The running product of a chain, seen through one format."""

    log_size: Array  # (n + 1,), ln of the largest gain; −inf for exactly 0, inf beyond the format
    kind: Integers  # (n + 1,), NORMAL, SUBNORMAL, ZERO or INFINITE

    def first(self, kind: int) -> int | None:
        """The first n of a kind, None if there is none."""
        found = np.flatnonzero(self.kind == kind)
        return int(found[0]) if len(found) else None


def product(start: Array, factors: Iterable[Array], form: Format) -> Product:
    """The product start · F_1 · F_2 ... in a format; start (m, S), each factor (S, S).

    A sum of +inf and −inf counts as inf: nothing finite is left of it.
    """
    now = stored(start, form)
    sizes, kinds = [size_of(now)], [kind_of(now, form)]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for factor in factors:
            now = stored(now @ stored(factor, form), form)
            sizes.append(size_of(now))
            kinds.append(kind_of(now, form))
    return Product(np.array(sizes), np.array(kinds, dtype=np.int64))


def size_of(a: Array) -> float:
    """ln of the largest singular value of a (m, S); inf where an entry is not finite."""
    if not np.isfinite(a).all():
        return np.inf
    largest = float(np.max(np.abs(a)))
    if largest == 0:
        return -np.inf
    shift = int(np.frexp(largest)[1])  # subnormal entries would lose digits in the squares
    return float(np.log(np.linalg.norm(np.ldexp(a, -shift), 2)) + shift * np.log(2.0))


def kind_of(a: Array, form: Format) -> int:
    """Whether the largest entry is normal, subnormal, zero or infinite."""
    if not np.isfinite(a).all():
        return INFINITE
    largest = float(np.max(np.abs(a)))
    if largest == 0:
        return ZERO
    return SUBNORMAL if largest < np.ldexp(1.0, form.lowest) else NORMAL


def exact(start: Array, factors: Iterable[Array]) -> Array:
    """ln of the largest gain of the product after 0, 1, 2 ... factors, at any size; −inf for exactly 0."""
    now, exponent = start, 0
    sizes = [size_of(now)]
    for factor in factors:
        now = now @ factor
        largest = float(np.max(np.abs(now)))
        shift = int(np.frexp(largest)[1]) if largest > 0 else 0
        now, exponent = np.ldexp(now, -shift), exponent + shift
        sizes.append(size_of(now) + exponent * float(np.log(2.0)))
    return np.array(sizes)
