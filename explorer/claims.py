"""What people claim of gradients: what was found beside what a claim predicts, and whether it holds.

Sizes are natural logarithms.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, freeze
from explorer.measures import GROWN, LOST

ALIKE = float(np.log(2.0))  # two sizes within a factor of 2 are called alike
SAME_DIRECTION = 0.999  # a cosine, 2.6 degrees


@dataclass(frozen=True)
class Found:
    """What several seeds of one experiment did, and what a claim predicts of them."""

    x: Array  # (n,), lags; or thresholds
    curves: Array  # (n, seeds), ln sizes; or cosines
    claimed: Array  # (n, seeds), what the claim predicts in their place
    score: Array  # (seeds,), the one number by which the claim is judged
    premise: float  # the number that the claim starts from, as σ_max(W)

    @property
    def middle(self) -> float:
        """The median score."""
        return float(quantile(self.score, 0.5))

    @property
    def expected(self) -> float:
        """The median of what the claim predicts at the end."""
        return float(quantile(self.claimed[-1], 0.5))


Judgement = Callable[[Found], bool | None]  # whether a claim holds; None where it says nothing


def quantile(values: Array, q: float) -> Array:
    """The value that a share q of (..., seeds) does not pass, exact zeros (−inf) included, (...)."""
    ordered = np.sort(values, axis=-1)
    return np.asarray(ordered[..., round(q * (ordered.shape[-1] - 1))])


@dataclass(frozen=True)
class Swept:
    """The score over one setting: quantiles of the seeds, and where the claim holds."""

    values: Array  # (n,)
    low: Array  # (n,), 10 % of the seeds lie below
    middle: Array  # (n,)
    high: Array  # (n,)
    holds: tuple[bool | None, ...]  # None where the claim says nothing


def sweep(runs: Sequence[tuple[float, Found]], holds: Judgement) -> Swept:
    """The scores of (value, what was found there)."""
    low, middle, high = (np.array([quantile(found.score, q) for _, found in runs]) for q in (0.1, 0.5, 0.9))
    values = np.array([value for value, _ in runs])
    return freeze(Swept(values, low, middle, high, tuple(holds(found) for _, found in runs)))


# Judgements: whether a claim holds of what was found; None where it says nothing


def vanishes(found: Found) -> bool:
    """Less than a thousandth is left."""
    return bool(found.middle < LOST)


def lasts(found: Found) -> bool:
    """At least a thousandth is left."""
    return not vanishes(found)


def explodes(found: Found) -> bool:
    """It has grown more than a thousandfold."""
    return bool(found.middle > GROWN)


def stays_bounded(found: Found) -> bool:
    """It has not grown more than a thousandfold."""
    return not explodes(found)


def explodes_above_one(found: Found) -> bool | None:
    """It explodes, for a premise above 1."""
    return explodes(found) if found.premise > 1 else None


def vanishes_below_one(found: Found) -> bool | None:
    """It vanishes, for a premise below 1."""
    return vanishes(found) if found.premise < 1 else None


def shrinks_throughout(found: Found) -> bool | None:
    """It is at no lag larger than at the start, for a premise below 1."""
    return bool(found.middle <= 0) if found.premise < 1 else None


def cures(found: Found) -> bool | None:
    """At least a thousandth is left, where without the cure, the premise, less was."""
    return lasts(found) if found.premise < np.exp(LOST) else None


def falls_below(found: Found) -> bool:
    """Less is left than in the networks it is compared with."""
    return bool(found.middle < found.expected)


def alike(found: Found) -> bool:
    """Within a factor of two of what the claim predicts."""
    return bool(abs(found.middle) < ALIKE)


def keeps_direction(found: Found) -> bool:
    """The cosine is 1 but for a thousandth."""
    return bool(found.middle > SAME_DIRECTION)
