"""One mini-batch of a task: what the networks read, what they are asked for, and what counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Array

Numbers = NDArray[Any]  # whole where they stand for symbols, real where they are values


@dataclass(frozen=True)
class Batch:
    """B sequences of T steps, the last n with a loss; batches of M networks have a leading axis."""

    x: Numbers  # (T, B) symbols, or (T, B, X) real inputs
    targets: Numbers  # (n, B)
    weights: Array  # (n, B), each term's weight in the loss
    scored: NDArray[np.bool_]  # (n, B), which answers count as right or wrong


def final(x: Numbers, targets: Numbers) -> Batch:
    """A batch whose one answer per sequence (B,) is due at the last step; the loss is the mean."""
    B = len(targets)
    return Batch(x, targets[None], np.full((1, B), 1.0 / B), np.ones((1, B), np.bool_))


def stacked(batches: Sequence[Batch]) -> Batch:
    """Batches of equal shape, one for each of M networks, with a new leading axis."""
    return Batch(
        np.stack([batch.x for batch in batches]),
        np.stack([batch.targets for batch in batches]),
        np.stack([batch.weights for batch in batches]),
        np.stack([batch.scored for batch in batches]),
    )
