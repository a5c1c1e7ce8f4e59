"""Optimisers: what becomes of parameters and gradients in one update.

To add one, write its step and append it to OPTIMISERS. `slots` are the arrays an optimiser remembers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.training.layout import Floats

Slots = tuple[Floats, ...]


@dataclass(frozen=True)
class Rate:
    """The optimiser's numbers."""

    learning_rate: float
    momentum: float = 0.0


@dataclass(frozen=True)
class Optimiser:
    """A way of taking one step, and how many arrays like the parameters it remembers."""

    slots: int
    step: Callable[[Floats, Floats, Slots, int, Rate], tuple[Floats, Slots]]


def sgd(rows: Floats, g: Floats, slots: Slots, update: int, rate: Rate) -> tuple[Floats, Slots]:
    """v ← μ v + g, θ ← θ − η v, as PyTorch has it."""
    (v,) = slots
    v = rate.momentum * v + g if rate.momentum else g
    return rows - rate.learning_rate * v, (v,)


BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def adam(rows: Floats, g: Floats, slots: Slots, update: int, rate: Rate) -> tuple[Floats, Slots]:
    """Kingma & Ba (2015), algorithm 1; `update` counts from 1."""
    m = BETA_1 * slots[0] + (1 - BETA_1) * g
    v = BETA_2 * slots[1] + (1 - BETA_2) * g * g
    step = rate.learning_rate / (1 - BETA_1**update)
    size = np.sqrt(v / (1 - BETA_2**update)) + EPSILON
    return rows - step * m / size, (m, v)


OPTIMISERS = {"sgd": Optimiser(1, sgd), "adam": Optimiser(2, adam)}
