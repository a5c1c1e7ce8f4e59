"""Lesson 1: one number, repeated; then a matrix, then a network's Jacobians."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.experiment import Experiment
from explorer.lesson import Beat, Curve, CurveQuestion, Lesson, PointQuestion, Sketch, State
from explorer.parameters import Range, check, choice, grid, param
from explorer.precision import FORMATS, ZERO, exact, product

ENTRY = grid((-20, -2, 0.5), (-2, 2, 0.05), (2, 20, 0.5))
STAGES = {"number": "a number", "matrix": "a 2×2 matrix", "network": "a network"}


@dataclass(frozen=True)
class Repeated:
    """What is multiplied by itself."""

    stage: str = param("number", choice("What is repeated", STAGES))
    number: float = param(
        0.5, Range("Number w", 0.0, 3.0, 0.01, "Multiplied by itself T times.", grid((0, 3, 0.02)))
    )
    w11: float = param(0.9, Range("W₁₁", -20.0, 20.0, 0.05, "Row 1, column 1 of the matrix.", ENTRY))
    w12: float = param(10.0, Range("W₁₂", -20.0, 20.0, 0.05, "Row 1, column 2.", ENTRY))
    w21: float = param(0.0, Range("W₂₁", -20.0, 20.0, 0.05, "Row 2, column 1.", ENTRY))
    w22: float = param(0.9, Range("W₂₂", -20.0, 20.0, 0.05, "Row 2, column 2.", ENTRY))

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)

    @property
    def matrix(self) -> Array:
        """The factor that is repeated: (1, 1) for the number, (2, 2) for the matrix."""
        if self.stage == "number":
            return np.array([[self.number]])
        return np.array([[self.w11, self.w12], [self.w21, self.w22]])

    def idle(self) -> Mapping[str, str]:
        """{field: why its control does nothing} on this page."""
        reasons: dict[str, str] = {}
        if self.stage != "number":
            reasons["number"] = "Only where one number is repeated."
        if self.stage != "matrix":
            reasons |= dict.fromkeys(("w11", "w12", "w21", "w22"), "Only where the matrix is repeated.")
        if self.stage != "network":
            network = [f.name for f in fields(Experiment) if f.name != "steps"]
            reasons |= dict.fromkeys(network, "Only where a network’s Jacobians are multiplied.")
        return reasons


def powers(state: State) -> Curve:
    """log₁₀ of the largest gain of the n-th power, n = 0..T, of the state's number or matrix."""
    factor, T = state.own.matrix, state.experiment.steps
    return Curve(np.arange(T + 1.0), exact(np.eye(len(factor)), [factor] * T) / np.log(10.0))


def zero_in_float32(state: State) -> float:
    """The first n at which float32 holds the n-th power as exactly 0; inf if it never does."""
    factor = state.own.matrix
    found = product(np.eye(len(factor)), [factor] * state.experiment.steps, FORMATS["float32"])
    first = found.first(ZERO)
    return float(np.inf if first is None else first)


MATRIX: Mapping[str, Any] = {"stage": "matrix", "steps": 100}

LESSON = Lesson(
    page="one_number",
    title="One number, repeated",
    take_away="Repeat a factor and it vanishes or explodes; only a factor of exactly 1 does neither.",
    own=Repeated,
    opening={"steps": 20},
    beats=(
        Beat("Half of a half of a half: twenty times over, a millionth is left.", {}, "size"),
        Beat("One and a half, repeated as often, is over 3,300.", {"number": 1.5}, "size"),
        Beat(
            "Machines forget 0.5ⁿ altogether: float16 at n = 25, float32 at 150, even float64 at 1,075.",
            {"steps": 1200},
            "formats",
        ),
        Beat("Both eigenvalues of this matrix are 0.9, yet its powers first grow to 39.", MATRIX, "size"),
        Beat(
            "In the long run the eigenvalue is right: 200 steps leave less than two millionths.",
            {**MATRIX, "steps": 200},
            "size",
        ),
        Beat(
            "A network multiplies a different matrix at each step; with sigmoid, fifty leave about 10⁻³³.",
            {"stage": "network", "activation": "sigmoid", "steps": 50},
            "size",
        ),
        Beat(
            "Without φ and with a gain of 1.5, the same fifty steps make it explode.",
            {"stage": "network", "activation": "identity", "gain": 1.5, "steps": 50},
            "size",
        ),
    ),
    questions=(
        CurveQuestion(
            id="nine_tenths",
            asks="You multiply 0.9 by itself a hundred times. Which curve is it?",
            because="0.9¹⁰⁰ is about 2.7 × 10⁻⁵: a loss of a tenth a step is a line that falls for ever.",
            x="n",
            y="0.9ⁿ",
            sketches=(
                Sketch("A", ((0, 0), (100, -0.3))),
                Sketch("B", ((0, 0), (15, -1), (100, -1.2))),
                Sketch("C", ((0, 0), (100, -4.6))),
                Sketch("D", ((0, 0), (100, -10))),
            ),
            truth=powers,
            settings={"number": 0.9, "steps": 100},
        ),
        CurveQuestion(
            id="eigenvalues_lie",
            asks="W = [[0.9, 10], [0, 0.9]] has the eigenvalue 0.9 twice. How large is Wⁿ?",
            because="Wⁿ = 0.9ⁿ [[1, 10n/0.9], [0, 1]]: the 10 grows with n before 0.9ⁿ wins.",
            x="n",
            y="largest gain of Wⁿ",
            sketches=(
                Sketch("A", ((0, 0), (200, -9.2))),
                Sketch("B", ((0, 0), (3, 1.3), (9, 1.6), (50, 0.5), (200, -5.8))),
                Sketch("C", ((0, 0), (200, 9.2))),
                Sketch("D", ((0, 0), (3, 1), (200, 1))),
            ),
            truth=powers,
            settings={**MATRIX, "steps": 200},
        ),
        PointQuestion(
            id="float32_zero",
            asks="From which n on does float32 hold 0.5ⁿ as exactly 0?",
            because="Its smallest number is 2⁻¹⁴⁹; half of it rounds to zero.",
            control=Range("n", 10, 2000, 1, grid=grid((10, 50, 5), (50, 200, 10), (200, 1000, 50),
                                                       (1000, 2000, 100))),
            unit="steps",
            truth=zero_in_float32,
            settings={"steps": 400},
        ),
    ),
    symbols=("w", "W", "T", "rho", "sigma_max", "J", "dh_t/dh_k", "phi", "g", "n", "lambda"),
)  # fmt: skip
