"""Elementwise non-linearities φ, each with its derivative φ′ and how both are written on screen.

To add one, append one entry to ACTIVATIONS: controls, pages, bounds and tests read the table.

φ′ is computed from the pre-activation a, never from the output: 1 − tanh²(a) has lost half its digits at
a = 10 and is exactly 0 from a = 19, where the truth is 1e-16. The forms below are exact to rounding until
they underflow. Every φ accepts complex arguments, so that tests can differentiate by the complex step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array


@dataclass(frozen=True)
class Activation:
    """A function φ, its derivative, and how both are written on screen."""

    label: str
    phi: Callable[[Array], Array]
    dphi: Callable[[Array], Array]  # φ′ at the pre-activation a
    latex: str
    dlatex: str
    max_slope: float  # γ, the least upper bound of |φ′|: ‖∂h_t/∂h_{t-1}‖ <= γ ‖W‖


def sigmoid(a: Array) -> Array:
    """1 / (1 + e^(−a)), with full relative precision on both sides of 0.

    The common form ½(1 + tanh(a/2)) is exactly 0 from a = −38, which would turn a nearly closed gate into
    an exact zero.
    """
    sign = np.where(a.real >= 0, 1.0, -1.0)
    decay = np.exp(-sign * a)
    rising: Array = np.where(sign > 0, 1.0, decay) / (1.0 + decay)
    return rising


def dsigmoid(a: Array) -> Array:
    """σ′(a) = u / (1 + u)², u = e^(−|a|)."""
    u = np.exp(-np.abs(a))
    slope: Array = u / (1.0 + u) ** 2
    return slope


def dtanh(a: Array) -> Array:
    """tanh′(a) = 4u / (1 + u)², u = e^(−2|a|)."""
    u = np.exp(-2.0 * np.abs(a))
    slope: Array = 4.0 * u / (1.0 + u) ** 2
    return slope


def relu(a: Array) -> Array:
    """max(0, a)."""
    return np.where(a.real > 0, a, 0.0 * a)


def drelu(a: Array) -> Array:
    """1 where a > 0, else 0 (at a = 0 too, as PyTorch has it)."""
    return np.where(a > 0, 1.0, 0.0)


def identity(a: Array) -> Array:
    """a itself: the linear network of the closed forms."""
    return 1.0 * a


ACTIVATIONS = {
    "tanh": Activation("tanh", np.tanh, dtanh, r"\tanh(a)", r"1-\tanh^2(a)", 1.0),
    "sigmoid": Activation("sigmoid", sigmoid, dsigmoid, r"\sigma(a)", r"\sigma(a)\,(1-\sigma(a))", 0.25),
    "relu": Activation("ReLU", relu, drelu, r"\max(0,a)", r"\mathbb{1}[a>0]", 1.0),
    "identity": Activation("identity", identity, np.ones_like, "a", "1", 1.0),
}
