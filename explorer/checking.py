"""What one comparison of the correctness certificate is, and how far apart two numbers are."""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers

KINDS = {
    "derivative": "derivatives, against the complex step",
    "identity": "two ways to one number",
    "bound": "never beyond its bound",
}


@dataclass(frozen=True)
class Check:
    """One comparison, made on one run."""

    name: str  # what is checked, in symbols; several blocks of one parameter share it
    part: str  # which block, gate or mode of it, in words; may be empty
    kind: str  # a key of KINDS
    what: str  # what is compared with what, in one sentence
    formula: str  # the same in LaTeX
    error: float  # the largest error found; 0 where both sides agree in every digit
    tolerance: float
    count: int  # how many numbers were compared
    at: str = ""  # the size of the run it was made on

    @property
    def passed(self) -> bool:
        """Whether the error stays within the tolerance; an error that is no number does not."""
        return bool(self.error <= self.tolerance)


def worst(*errors: float) -> float:
    """The largest of several errors; what is no number stays no number, and Python's max would lose it."""
    return float(np.max(errors, initial=0.0))


def relative(difference: Array, size: Array) -> float:
    """The largest |difference| / size; 0 where there is no difference, inf where only the size is zero."""
    apart = np.abs(np.atleast_1d(difference))
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.where(apart == 0, 0.0, apart / np.atleast_1d(size))
    return float(np.max(errors, initial=0.0))


def apart(log_a: Array, log_b: Array) -> float:
    """The largest relative difference of two sets of positive numbers, from their logarithms.

    Two exact zeros (−inf) agree; an exact zero and anything else do not.
    """
    both_zero = np.isneginf(log_a) & np.isneginf(log_b)
    with np.errstate(invalid="ignore", over="ignore"):
        errors = np.where(both_zero, 0.0, np.abs(np.expm1(log_a - log_b)))
    return float(np.max(errors, initial=0.0))


def excess(log_a: Array, log_bound: Array) -> float:
    """By how much a exceeds its bound at most, relative to the bound; 0 where it never does."""
    none = np.isneginf(log_a)
    with np.errstate(invalid="ignore", over="ignore"):
        over = np.where(none, 0.0, np.expm1(np.maximum(log_a - log_bound, 0.0)))
    return float(np.max(over, initial=0.0))


def added(mantissas: Array, exponents: Integers) -> tuple[Array, Integers]:
    """The sum over the first axis of mantissas times 2**exponents, itself as mantissa and exponent."""
    common = np.max(exponents, axis=0)
    return np.asarray(np.ldexp(mantissas, exponents - common).sum(axis=0)), common
