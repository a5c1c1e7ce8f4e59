"""Lesson 7: the LSTM gate by gate, and what happens when a gate is held."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer.arrays import Array, log_norm
from explorer.cells import LSTM
from explorer.lesson import Beat, Curve, CurveQuestion, Lesson, PointQuestion, Sketch, State
from explorer.parameters import Range, Text, check, choice, grid, param
from explorer.run import Run, run
from explorer.sequences import FRANCE, SENTENCE
from explorer.surgery import Pin, operated, read

STAGES = {"forget": "forget", "add": "add", "state": "state", "output": "output"}
HELD = {"none": "free", "f": "f", "i": "i", "g": "c̃", "o": "o"}
SPAN = grid((1, 60, 1))
MOST_TEXT = 400


@dataclass(frozen=True)
class Surgery:
    """Where in the cell and in time the lesson looks, and which gate is held when."""

    gate_step: str = param("forget", choice("Step of the cell", STAGES))
    moment: int = param(5, Range("Step t", 1, 1000, 1, "Capped at T.", SPAN))
    shown_unit: int = param(1, Range("Unit", 1, 256, 1, "Its numbers stand in the equation; capped at H."))
    held: str = param("none", choice("Held", HELD, "Forward at a value; backward nothing passes through it."))
    held_at: float = param(
        1.0, Range("Hold at", 0.0, 1.0, 0.01, "0 is shut, 1 is open; strokes over steps hold a gate at it.",
                   grid((0, 1, 0.05)))
    )
    held_from: int = param(6, Range("From step", 1, 1000, 1, "Capped at T.", SPAN))
    held_for: int = param(14, Range("For steps", 1, 1000, 1, "Ends at T.", SPAN))

    also: str = param(
        "", Text("Also held", MOST_TEXT, "Such as f:1@6-19 i:0@3: gate, value, steps.")
    )

    def __post_init__(self) -> None:
        """Refuses values outside their controls, and operations that cannot be read."""
        check(self)
        read(self.also)

    def pins(self, T: int) -> tuple[Pin, ...]:
        """The operations within T steps, the later over the earlier; none where no gate is held."""
        drawn = tuple(replace(pin, last=min(pin.last, T)) for pin in read(self.also) if pin.first <= T)
        if self.held == "none":
            return drawn
        first = min(self.held_from, T)
        return (Pin(self.held, self.held_at, first, min(first + self.held_for - 1, T)), *drawn)

    def idle(self) -> Mapping[str, str]:
        """{field: why its control does nothing} on this page."""
        names = ("held_from", "held_for")
        return dict.fromkeys(names, "Choose a gate to hold first.") if self.held == "none" else {}


def log_arriving(found: Run) -> Array:
    """ln‖∂E/∂c_t‖ for t = 1..T (T,), along the line and through h_t together; −inf for exact zeros.

    Divided by ‖∂E/∂h_T‖, the error where it starts.
    """
    back, z = found.back, found.trace.z
    total = back.signals["c"][1:] + LSTM.exposure(z) * back.signals["h"][1:]
    start = float(back.log_signals("h")[-1])
    sizes = log_norm(total) + back.exponent[1:] * np.log(2.0)
    return np.asarray(sizes - start if np.isfinite(start) else sizes)


def both(state: State) -> tuple[Run, Run]:
    """The run of a state as it is, and with its gate held."""
    plain = run(state.experiment)
    return plain, operated(plain, *state.own.pins(plain.T))


def arriving(state: State) -> Curve:
    """log₁₀ of the gradient that reaches c at every step, with the gate held."""
    _, after = both(state)
    return Curve(np.arange(1.0, after.T + 1), log_arriving(after) / np.log(10.0))


def times_as_much(state: State) -> float:
    """How many times as much gradient reaches c at the state's moment once the gate is held."""
    before, after = (log_arriving(found)[state.own.moment - 1] for found in both(state))
    return float(np.exp(after - before))


HOLD_F: Mapping[str, object] = {"held": "f", "gate_step": "state"}

LESSON = Lesson(
    page="gates",
    title="The LSTM, gate by gate",
    take_away="The cell state is a line with valves: what the gates let pass, both ways, is memory.",
    own=Surgery,
    opening={
        "cell": "lstm", "input": SENTENCE, "text": FRANCE, "hidden_size": 8, "placement": "last",
    },
    beats=(
        Beat("What to forget: at “France” the forget gates keep 65 % of the cell state on average.",
             {}, "units"),
        Beat("What to add: input gates open to 37 % let part of each candidate in.",
             {"gate_step": "add"}, "units"),
        Beat("The new cell state is what was kept plus what was added, without a weight in between.",
             {"gate_step": "state"}, "units"),
        Beat("What to output: tanh of the cell state, seen through output gates at 58 %.",
             {"gate_step": "output"}, "units"),
        Beat("On the way back the line thins: less than a hundredth of the error reaches “France”.",
             {"gate_step": "state"}, "strip"),
        Beat("Hold the forget gates at 1 after “France”, and 98 % of the error arrives there.",
             HOLD_F, "answer"),
        Beat("Shut them at “a” alone: a third of what reached “France” still does, through h.",
             {**HOLD_F, "held_at": 0.0, "held_from": 10, "held_for": 1}, "answer"),
        Beat("Shut the input gates after “France”: nothing new is written, and c fades to a hundredth.",
             {"held": "i", "gate_step": "add", "held_at": 0.0, "moment": 12}, "gates"),
        Beat("Shut the output gate at the last step alone, and the whole gradient is exactly 0.",
             {"held": "o", "gate_step": "output", "held_at": 0.0, "held_from": 19, "held_for": 1,
              "moment": 19}, "answer"),
    ),
    questions=(
        PointQuestion(
            id="forget_gate_held_open",
            asks="The forget gates are held at 1 in steps 6 to 19. How many times as much gradient "
            "reaches step 5?",
            because="About 130 times: fourteen steps no longer multiply the line by f, 0.68 on average.",
            control=Range("times as much", 0.01, 10_000, 0.01,
                          grid=(0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000,
                                10_000)),
            unit="times",
            truth=times_as_much,
            settings=HOLD_F,
        ),
        CurveQuestion(
            id="forget_gate_shut_for_good",
            asks="The forget gates are held at 0 from step 6 on. How much gradient reaches c at each step?",
            because="The line is cut at every step: what is left goes through h and the other gates.",
            x="step t",
            y="∂E/∂c<sub>t</sub>",
            sketches=(
                Sketch("A", ((1, 0), (19, 0))),
                Sketch("B", ((1, -2), (19, -0.3))),
                Sketch("C", ((1, -11.5), (5, -10.8), (12, -6.5), (19, -0.2))),
                Sketch("D", ((1, -16), (5, -16), (6, -0.5), (19, -0.3))),
            ),
            truth=arriving,
            settings={**HOLD_F, "held_at": 0.0},
        ),
    ),
    symbols=("f", "i", "g_t", "o_gate", "c", "h", "sigma", "tanh", "odot", "W", "U", "b", "dE/dh", "E",
             "dc_t/dc_k", "norm"),
)  # fmt: skip
