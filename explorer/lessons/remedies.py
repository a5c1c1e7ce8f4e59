"""The lesson on three remedies: ReLU, gradient capping and the LSTM against one tanh baseline."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from explorer import measures
from explorer.arrays import log_norm
from explorer.clipping import flat
from explorer.lesson import Beat, Curve, CurveQuestion, Lesson, PointQuestion, Sketch, State
from explorer.parameters import Range
from explorer.run import run

HELD = {"cell": "lstm", "activation": "tanh", "placement": "last"}  # the settings that the page holds
WILD = {"gain": 3.0, "input_scale": 0.1}
NORMS = tuple(float(f"{x:.2g}") for x in np.logspace(-2, 16, 37))


@dataclass(frozen=True)
class Compared:
    """The page has no fields of its own, but runs RNNs beside the LSTM."""

    beside: ClassVar[tuple[str, ...]] = ("rnn",)


def left_in_lstm(state: State) -> Curve:
    """log₁₀ of what is left of the last error by lag, in the LSTM."""
    back = run(state.experiment).back
    sizes = log_norm(measures.joint(back.signals)) + back.exponent * np.log(2.0)
    left = (sizes[:0:-1] - sizes[-1]) / np.log(10.0)
    return Curve(np.arange(len(left), dtype=np.float64), left)


def relu_off(state: State) -> float:
    """How many percent of the ReLU units are off, over all steps."""
    found = run(replace(state.experiment, cell="rnn", activation="relu"))
    return float(100.0 * np.mean(found.trace.z["a"] <= 0))


def relu_norm(state: State) -> float:
    """The gradient's norm in the ReLU network."""
    back = run(replace(state.experiment, cell="rnn", activation="relu")).back
    return float(np.exp(log_norm(flat(back.gradient)) + back.gradient_exponent * np.log(2.0)))


LESSON = Lesson(
    page="remedies",
    title="Three remedies",
    take_away="ReLU lets more through, capping bounds the norm, the LSTM keeps the gradient; none cures all.",
    own=Compared,
    opening=HELD,
    beats=(
        Beat("The baseline: of the error at step 50, tanh leaves 10⁻¹¹ at step 1.", {}, "curves"),
        Beat(
            "ReLU does not saturate, yet half its units are off: 10⁻¹⁰ is left, hardly better.",
            {},
            "units",
        ),
        Beat(
            "With W = I and small inputs ReLU leaves about five times what tanh leaves.",
            {"initialiser": "identity", "input_scale": 0.1},
            "curves",
        ),
        Beat(
            "ReLU can die: with a bias of −1 none of its 32 units ever fires, and nothing arrives.",
            {"bias": -1.0, "input_scale": 0.3},
            "units",
        ),
        Beat(
            "ReLU can explode: at a gain of 3 the gradient’s norm is 10¹⁰, with tanh 10⁴.",
            WILD,
            "norms",
        ),
        Beat(
            "Capping cuts that norm to 1: every part shrinks alike, so the shape stays.",
            WILD,
            "curves",
        ),
        Beat(
            "Where the gradient vanishes, capping cures nothing: its curve has the same slope.",
            {},
            "curves",
        ),
        Beat(
            "The LSTM with a forget bias of 3 leaves 0.08 where tanh leaves 10⁻¹¹.",
            {"forget_bias": 3.0},
            "curves",
        ),
        Beat(
            "Of all three only the LSTM stays between 10⁻⁵ and 1 for every gain shown here.",
            {},
            "sweep",
        ),
        Beat(
            "Yet it is not immune: at a gain of 12 its gradient’s norm is about 10⁹.",
            {"gain": 12.0, "hidden_size": 64},
            "norms",
        ),
    ),
    questions=(
        PointQuestion(
            id="relu_off",
            asks="Of a hundred ReLU units, how many are off at a typical step?",
            because="Random pre-activations are as often below zero as above.",
            control=Range("units off of 100", 1, 100, 1, grid=tuple(range(1, 101))),
            unit="of 100",
            truth=relu_off,
        ),
        CurveQuestion(
            id="lstm_open",
            asks="An LSTM with a forget bias of 3: what is left of the last error, 0 to 49 steps back?",
            because="Its forget gates keep about 0.93 a step; the cell state loses little.",
            x="lag (steps)",
            y="part left",
            sketches=(
                Sketch("A", ((0, 0), (49, -11))),
                Sketch("B", ((0, 0), (10, -3), (49, -4))),
                Sketch("C", ((0, 0), (3, -0.3), (49, -1.1))),
                Sketch("D", ((0, 0), (49, 3))),
            ),
            truth=left_in_lstm,
            settings={"forget_bias": 3.0},
        ),
        PointQuestion(
            id="relu_norm",
            asks="ReLU at a gain of 3 with small inputs, 50 steps: how large is its gradient’s norm?",
            because="The units that are on multiply it at every step, and nothing saturates.",
            control=Range("‖g‖", 0.01, 1e16, 0.01, grid=NORMS),
            unit="in size",
            truth=relu_norm,
            settings=WILD,
        ),
    ),
    symbols=("E", "T", "k", "lag", "s", "dE/dW", "W", "phi'", "theta", "g", "f", "c", "norm"),
)  # fmt: skip
