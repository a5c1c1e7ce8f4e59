"""Arrays as the engine uses them: types, norms that cannot overflow, and scaled values.

Float64 ends near 1e-308 and 1e308; a product of 200 Jacobians does not. Norms are therefore handed
on as natural logarithms (-inf for an exact zero), and matrices as mantissa times a power of two.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Values = dict[str, Array]  # symbol, as in the equations, -> its value

PLAIN = (str, int, float)  # hold no array
Axes = int | tuple[int, ...]
Anything = TypeVar("Anything")


def log(a: Array) -> Array:
    """ln(a) for a >= 0, with ln(0) = -inf and no warning: zero is a legal size here."""
    with np.errstate(divide="ignore"):
        return np.log(a)


def log_norm(a: Array, axis: Axes = -1) -> Array:
    """ln of the Euclidean (Frobenius) norm of a over `axis`; -inf where a is exactly zero.

    Where the sum of the squares is far from the ends of float64, squares that vanished in it had no say.
    Elsewhere the largest entry is divided out first, for the square of 1e-200 is zero and that of 1e200 inf.
    """
    with np.errstate(over="ignore"):
        squares: Array = np.sum(a * a, axis=axis)
    if np.all((squares > 1e-250) & (squares < 1e250)):
        return np.asarray(0.5 * np.log(squares))
    largest = np.max(np.abs(a), axis=axis, keepdims=True, initial=0.0)
    scaled = a / np.where(largest > 0, largest, 1.0)
    return log(np.squeeze(largest, axis)) + 0.5 * log(np.maximum(np.sum(scaled**2, axis=axis), 1.0))


def shifted(matrices: Array, exponent: Integers) -> Array:
    """matrices * 2**exponent (..., m, n): two products with powers of two, many times faster than `ldexp`.

    One power would not do, for 2**1074, which lifts the smallest number to 1, is no float64.
    """
    half = exponent // 2
    once: Array = matrices * np.ldexp(1.0, half)[..., None, None]
    once *= np.ldexp(1.0, exponent - half)[..., None, None]
    return once


def outer_sum(d: Array, h: Array, leading: tuple[int, ...]) -> Array:
    """Σ d ⊗ h over the steps, and over a batch (not over the networks of an ensemble, which stay apart)."""
    if leading:
        h = np.broadcast_to(h, (*d.shape[:-1], h.shape[-1]))
        apart: Array = np.einsum("t...i,t...j->...ij", d, h)
        return apart
    rows: Array = d.reshape(-1, d.shape[-1]).T @ h.reshape(-1, h.shape[-1])
    return rows


@dataclass(frozen=True)
class Scaled:
    """Matrices whose size float64 cannot hold: value = mantissa * 2**exponent."""

    mantissa: Array  # (..., m, n), largest entry in [0.5, 1) or all zero
    exponent: Integers  # (...)

    @classmethod
    def of(cls, matrices: Array, exponent: Integers | int = 0) -> "Scaled":
        """matrices * 2**exponent (..., m, n), rescaled by powers of two: no digit is lost."""
        largest = np.maximum(matrices.max(axis=(-2, -1)), -matrices.min(axis=(-2, -1)))
        shift = np.where(largest > 0, np.frexp(largest)[1], 0).astype(np.int64)
        return cls(shifted(matrices, -shift), shift + np.where(largest > 0, exponent, 0))

    def plus(self, other: "Scaled") -> "Scaled":
        """The sum of both, under the larger exponent; an exact zero has no say in it."""
        alive = [np.max(np.abs(of.mantissa), axis=(-2, -1)) > 0 for of in (self, other)]
        larger = np.maximum(self.exponent, other.exponent)
        common = np.where(alive[0] & alive[1], larger, np.where(alive[0], self.exponent, other.exponent))
        one, two = (np.ldexp(of.mantissa, (of.exponent - common)[..., None, None]) for of in (self, other))
        return Scaled.of(one + two, common)

    def log_norm(self) -> Array:
        """ln of the Frobenius norm, (...)."""
        norm: Array = log_norm(self.mantissa, (-2, -1)) + self.exponent * np.log(2.0)
        return norm

    def log_spectral_norm(self) -> Array:
        """ln of the largest singular value, (...)."""
        norm: Array = log(np.linalg.norm(self.mantissa, 2, axis=(-2, -1))) + self.exponent * np.log(2.0)
        return norm


def freeze(value: Anything) -> Anything:
    """The value itself, every array inside made read-only, so that one result may serve many readers."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif not isinstance(value, PLAIN):
        for part in _parts(value):
            freeze(part)
    return value


def _parts(value: Any) -> Iterable[Any]:
    """What a record, a mapping or a sequence holds."""
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, list | tuple):
        return value
    return [getattr(value, field.name) for field in fields(value)] if is_dataclass(value) else ()
