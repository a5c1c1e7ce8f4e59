"""The lesson on forgetting: what the error at the last word of a sentence still says to the first ones."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from explorer.arrays import Array
from explorer.fillers import MOST_FILLERS, half_life, reach
from explorer.lesson import Beat, Curve, CurveQuestion, Lesson, PointQuestion, Sketch, State
from explorer.parameters import Range, check, choice, grid, param
from explorer.sequences import FRANCE, SENTENCE

CLOUDS = "the clouds are in the sky"
FILLERS_HELP = "Words that say nothing, put before the last word that is read."
WHYS = {"slope": "slope φ′", "factors": "factors"}
SCALES = {"absolute": "one absolute scale for both rows", "row": "each row by its own largest"}
MEASURES = {"state": "the state after the word, ∂E/∂sₖ", "word": "the word itself, ∂E/∂xₖ"}
HELD = {"cell": "lstm", "input": SENTENCE, "placement": "last"}  # the settings that the page holds
PARTS = tuple(float(f"{x:.2g}") for x in np.logspace(-12, 0, 49))


@dataclass(frozen=True)
class Forgetting:
    """What the page on forgetting has of its own."""

    fillers: int = param(0, Range("Filler words n", 0, MOST_FILLERS, 1, FILLERS_HELP))
    why: str = param("slope", choice("Why", WHYS))
    row_scale: str = param("absolute", choice("Colours of the words", SCALES))
    measure: str = param("state", choice("Gradient that reaches", MEASURES))

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)

    beside: ClassVar[tuple[str, ...]] = ("rnn",)


def gain(state: State, cell: str) -> Array:
    """ln of the part of the last word's gradient that reaches the source in one network, by fillers."""
    found = reach(replace(state.experiment, cell=cell))
    return found.gain(found.state, state.view.source)


def part_left(state: State) -> float:
    """The part that reaches the source in the RNN without fillers."""
    return float(np.exp(gain(state, "rnn")[0]))


def words_to_halve(state: State) -> float:
    """The filler words that halve what reaches the source in the RNN."""
    return half_life(gain(state, "rnn"))


def left_in_lstm(state: State) -> Curve:
    """log₁₀ of what reaches the source in the LSTM, by fillers."""
    left = gain(state, "lstm") / np.log(10.0)
    return Curve(np.arange(len(left), dtype=np.float64), left)


LESSON = Lesson(
    page="forgetting",
    title="Why it forgets",
    take_away="Every step back multiplies the gradient by a factor below one: an RNN forgets exponentially.",
    own=Forgetting,
    opening={**HELD, "text": FRANCE, "hidden_size": 64, "source": 5},
    beats=(
        Beat(
            "“The clouds are in the sky”: three steps back, both still keep over a tenth of the gradient.",
            {"text": CLOUDS, "source": 2},
            "strip",
        ),
        Beat(
            "“France … I speak fluent French”: fourteen steps back, the RNN keeps under a thousandth.",
            {},
            "strip",
        ),
        Beat(
            "Saturation: the slope of tanh is at most 1, and where these units stand, 0.53 on average.",
            {},
            "why",
        ),
        Beat(
            "The slope of sigmoid is at most a quarter: only 10⁻¹⁰ of the gradient reaches “France”.",
            {"activation": "sigmoid"},
            "strip",
        ),
        Beat(
            "A product of Jacobians: each step leaves the RNN 0.6 of the gradient, the LSTM 0.76.",
            {"why": "factors"},
            "why",
        ),
        Beat(
            "Filler words cost: they halve the RNN’s gradient every 1.6 words, the LSTM’s every 3.8.",
            {"fillers": 14},
            "gain",
        ),
        Beat(
            "Forty fillers on, over half of all pairs of steps have lost touch in the RNN.",
            {"fillers": 40},
            "maps",
        ),
        Beat(
            "A forget bias of 3 holds the gates open: past sixty fillers over a tenth still arrives.",
            {"fillers": 60, "forget_bias": 3.0},
            "gain",
        ),
    ),
    questions=(
        PointQuestion(
            id="france_left",
            asks="What part of the gradient at “French” reaches “France”, 14 steps back, in the tanh RNN?",
            because="Fourteen factors of about 0.6 are less than a thousandth.",
            control=Range("part left", 1e-12, 1.0, 1e-12, grid=PARTS),
            unit="of the gradient",
            truth=part_left,
        ),
        PointQuestion(
            id="words_to_halve",
            asks="How many filler words halve what reaches “France” in the tanh RNN?",
            because="Forgetting is exponential: each further word costs the same factor.",
            control=Range("filler words", 0.5, 60.0, 0.1, grid=grid((0.5, 5, 0.5), (5, 20, 1), (20, 60, 5))),
            unit="words",
            truth=words_to_halve,
        ),
        CurveQuestion(
            id="open_gates",
            asks="An LSTM with a forget bias of 3: what reaches “France” past 0 to 60 filler words?",
            because="Its forget gates stand near 0.93, so the cell state hands the gradient on almost whole.",
            x="filler words n",
            y="part left",
            sketches=(
                Sketch("A", ((0, -3), (60, -14))),
                Sketch("B", ((0, -1.7), (60, -6.5))),
                Sketch("C", ((0, -0.7), (60, -0.9))),
                Sketch("D", ((0, -0.5), (60, 4))),
            ),
            truth=left_in_lstm,
            settings={"forget_bias": 3.0},
        ),
    ),
    symbols=("E", "T", "k", "s", "h", "x", "a", "phi", "phi'", "gamma", "J", "dh_t/dh_k", "norm_F", "g", "f",
             "sigma", "dE/dh", "dE/ds", "dE/dx"),
)  # fmt: skip
