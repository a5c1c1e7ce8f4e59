"""Lesson 3: backwards, from one error to the update of every weight."""

from dataclasses import dataclass

import numpy as np

from explorer.edits import Typed, network
from explorer.lesson import Beat, Lesson, PointQuestion, State
from explorer.parameters import Range, choice, grid, param
from explorer.sequences import BUS, SENTENCE

PARTS = {"terms": "product and sum", "window": "window τ", "update": "one update"}


@dataclass(frozen=True)
class Back(Typed):
    """Whose error is followed back, how far, and which gradient it makes."""

    part: str = param("terms", choice("What is shown", PARTS))
    matrix: str = param("W", choice("Gradient of", {"W": "W", "U": "U", "V": "V"}))
    reached: int = param(1, Range("Back to step k", 1, 1_000, 1, "How far the error has come; at most t."))
    window: int = param(
        2, Range("Window τ", 0, 999, 1, "How many steps back each error is followed; at most T − 1.",
                 grid((0, 20, 1), (20, 100, 5), (100, 990, 10)))
    )  # fmt: skip

    def idle(self) -> dict[str, str]:
        """{field: why its control does nothing}."""
        reasons = {} if self.part == "terms" else {"matrix": "Only where product and sum are shown."}
        if self.part != "window":
            reasons["window"] = "Only where the window is shown."
        return reasons


def norm_kept(state: State) -> float:
    """Per cent of ∂E/∂W's norm that truncation after the state's window keeps."""
    run, _ = network(state.experiment, state.own)
    partial = run.lag_terms.log_partial
    return float(100 * np.exp(partial[min(state.own.window, run.T - 1)] - partial[-1]))


def degrees_off(state: State) -> float:
    """Degrees between the gradient truncated after the state's window and the whole."""
    run, _ = network(state.experiment, state.own)
    return float(np.degrees(np.arccos(run.lag_terms.cosine[min(state.own.window, run.T - 1)])))


LESSON = Lesson(
    page="backwards",
    title="Backwards",
    take_away="The gradient is a sum over the past, and each older term is a longer product of Jacobians.",
    own=Back,
    opening={"input": SENTENCE, "text": BUS, "hidden_size": 3, "step": 4, "reached": 4, "rate": 0.1},
    beats=(
        Beat("The gradient of V needs no past: the error times the state.", {"matrix": "V"}, "sum"),
        Beat("For W the error also takes one step back, through one Jacobian.", {"reached": 3}, "factors"),
        Beat("Back to step 1 it passes three: the box is a product of three factors.", {"reached": 1},
             "factors"),
        Beat("Every step adds its term, and four terms make the whole gradient.", {"reached": 1}, "sum"),
        Beat("Following each error one step back is, in this short sentence, only 2.4° off.",
             {"part": "window", "window": 1}, "window"),
        Beat("Descent subtracts the gradient: the loss falls; the slide’s plus would raise it.",
             {"part": "update"}, "loss"),
    ),
    questions=(
        PointQuestion(
            id="window_angle",
            asks="You follow every error only one step back. How many degrees off is the gradient of W?",
            because="The terms left out point elsewhere: size alone does not show what truncation costs.",
            control=Range("angle", 0.1, 90, 0.1, grid=grid((0.5, 5, 0.5), (5, 90, 2.5))),
            unit="degrees",
            truth=degrees_off,
            settings={"part": "window", "window": 1},
        ),
        PointQuestion(
            id="window_norm",
            asks="And how much of the norm of the gradient of W does a window of no step back keep?",
            because="Every error reaches its own step in full: lag 0 is the largest term.",
            control=Range("share of the norm", 1, 200, 1, grid=grid((5, 200, 5))),
            unit="per cent",
            truth=norm_kept,
            settings={"part": "window", "window": 0},
        ),
    ),
    symbols=("E", "dE/dh", "dh_t/dh_k", "dE/dW", "dE/dU", "dE/dV", "otimes", "odot", "phi'", "tau", "alpha",
             "norm", "a", "h", "x", "sum"),
)  # fmt: skip
