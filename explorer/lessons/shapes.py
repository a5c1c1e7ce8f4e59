"""The lesson on the shapes of sequence problems: where errors arise, and what that does to the gradient."""

from dataclasses import dataclass

import numpy as np

from explorer.lesson import Beat, Curve, CurveQuestion, Lesson, PointQuestion, Sketch, State
from explorer.parameters import Range, check, choice, labels, param
from explorer.run import sequence_of
from explorer.sequences import SENTENCE
from explorer.wirings import FEEDS, WIRINGS, arriving, network_of, plan, run_wired

GATE = "the color of the bus that waits at the gate is yellow"
FEED_HELP = "What a step that writes reads next: its own words ŷ, or those asked for (teacher forcing)."
MOST_ENCODED = 40
SIZES = tuple(float(f"{x:.2g}") for x in np.logspace(-8, 2, 41))


@dataclass(frozen=True)
class Shapes:
    """What the page on shapes has of its own."""

    wiring: str = param("many_to_one", choice("Shape", labels(WIRINGS)))
    feed: str = param("own", choice("The writer reads", FEEDS, FEED_HELP))
    encoder: int = param(
        5, Range("Encoder length n", 1, MOST_ENCODED, 1, "Steps that read before the first answer.")
    )

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)

    def idle(self) -> dict[str, str]:
        """{field: why its control does nothing under this wiring}."""
        reasons = {}
        if not WIRINGS[self.wiring].writes:
            reasons["feed"] = "Only a wiring that writes reads words back."
        if self.wiring != "many_to_many":
            reasons["encoder"] = "Only many to many has an encoder."
        return reasons


def at_every_step(state: State) -> Curve:
    """log₁₀‖dE/ds_k‖ of the state's wiring at k = 1..T."""
    e, own = state.experiment, state.own
    sequence = sequence_of(e)
    net = network_of(e, sequence.X)
    chosen = plan(own.wiring, e.T, min(own.encoder, e.T))
    run = run_wired(net, sequence, chosen, own=own.feed == "own")
    return Curve(np.arange(1.0, run.T + 1), arriving(net, run).total[1:] / np.log(10.0))


def at_first_step(state: State) -> float:
    """‖dE/ds_1‖ under the state's wiring."""
    return float(10.0 ** at_every_step(state).decades[0])


LESSON = Lesson(
    page="shapes",
    title="Shapes of sequence problems",
    take_away="Where errors arise decides how far gradients travel; words fed back open a second path.",
    own=Shapes,
    opening={"input": SENTENCE, "text": GATE},
    beats=(
        Beat(
            "Many to one: a single error, at the end; a gradient of 0.005 reaches the first word.",
            {},
            "drawing",
        ),
        Beat(
            "Synced many to many: every step has an error of its own, and step 1 receives 1.3.",
            {"wiring": "synced"},
            "drawing",
        ),
        Beat(
            "One to many: one input, then the words asked for are read, which is teacher forcing.",
            {"wiring": "one_to_many", "feed": "targets"},
            "drawing",
        ),
        Beat(
            "Reading its own words ŷ opens a second path, a quarter of what passes from step to step.",
            {"wiring": "one_to_many"},
            "paths",
        ),
        Beat(
            "Many to many: all that the decoder learns passes one state; 0.16 reaches the first word.",
            {"wiring": "many_to_many"},
            "drawing",
        ),
        Beat(
            "A longer encoder moves every error away: of nine words, the first receives 0.034.",
            {"wiring": "many_to_many", "encoder": 9},
            "reach",
        ),
        Beat(
            "A word that is given, sampled or the likeliest passes no gradient: one path is left.",
            {"wiring": "many_to_many", "feed": "targets"},
            "paths",
        ),
        Beat(
            "The LSTM changes the one-error shape most: 0.038 reaches the first word instead of 0.005.",
            {"cell": "lstm"},
            "drawing",
        ),
    ),
    questions=(
        PointQuestion(
            id="single_error",
            asks="Many to one, eleven words, tanh: how large is the gradient that reaches the first word?",
            because="The only error is ten steps away, and each step costs about two fifths.",
            control=Range("‖dE/ds₁‖", 1e-8, 100.0, 1e-8, grid=SIZES),
            unit="in size",
            truth=at_first_step,
        ),
        CurveQuestion(
            id="errors_everywhere",
            asks="An error at every step: how large is the gradient of all of them at step k, from 1 to 11?",
            because="The step’s own error is always near, and hides that the distant ones have vanished.",
            x="step k",
            y="‖dE/ds<sub>k</sub>‖",
            sketches=(
                Sketch("A", ((1, -2.3), (11, 0))),
                Sketch("B", ((1, 0.05), (11, 0))),
                Sketch("C", ((1, 3), (11, 0))),
                Sketch("D", ((1, 0), (11, -3))),
            ),
            truth=at_every_step,
            settings={"wiring": "synced"},
        ),
        PointQuestion(
            id="longer_encoder",
            asks="The encoder reads five words, and 0.16 reaches the first; how much if it reads nine?",
            because="Four more steps lie between the first word and the nearest error.",
            control=Range("‖dE/ds₁‖", 1e-8, 100.0, 1e-8, grid=SIZES),
            unit="in size",
            truth=at_first_step,
            settings={"wiring": "many_to_many", "encoder": 9},
        ),
    ),
    symbols=("x", "h", "s", "o", "y", "y_true", "E", "k", "T", "W", "U", "V", "J", "phi'", "diag", "g",
             "norm"),
)  # fmt: skip
