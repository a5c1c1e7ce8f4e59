"""One frozen description of a run: what the controls set, the URL carries and the caches key on.

Field name = widget key = URL parameter. `Experiment` decides what is computed, `View` only what of it is
shown. To add a parameter, add one line here.
"""

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from explorer.activations import ACTIVATIONS
from explorer.cells import CELLS
from explorer.initial import STARTS
from explorer.parameters import Control, Range, Text, check, choice, grid, labels, legal_value, param
from explorer.readout import PLACEMENTS
from explorer.sequences import BUS, INPUTS, LEVELS, SENTENCE, tokens_of
from explorer.weights import INITIALISERS, SHORTEST_CHRONO

STEPS_HELP = "How many steps the network runs; beyond 1,000 the map shows evenly spaced steps."
GAIN_HELP = "Scales W: its entries are N(0, g²/H) for the Gaussian initialiser."


@dataclass(frozen=True)
class Experiment:
    """Everything that decides a run; equal experiments give equal results, bit for bit, on one machine.

    Raises ValueError for a value outside its control, or a size beyond WORK_LIMIT.
    """

    cell: str = param("rnn", choice("Cell", labels(CELLS)))
    activation: str = param("tanh", choice("Activation φ", labels(ACTIVATIONS), "The RNN’s φ."))
    steps: int = param(
        50, Range("Sequence length T", 1, 10_000, 1, STEPS_HELP, grid((1, 200, 1), (200, 1000, 10)))
    )
    hidden_size: int = param(32, Range("Hidden units H", 1, 256, 1, "Units in h (and in c)."))
    initialiser: str = param("gaussian", choice("Initialiser of W", labels(INITIALISERS)))
    gain: float = param(
        1.0, Range("Gain g", 0.0, 20.0, 0.01, GAIN_HELP, grid((0, 3, 0.02), (3, 6, 0.1), (6, 20, 0.5)))
    )
    input: str = param(
        "one_hot", choice("Input", {**labels(INPUTS), SENTENCE: "a sentence"}, "What the network reads.")
    )
    input_scale: float = param(
        1.0,
        Range("Input scale", 0.0, 10.0, 0.01, "U has entries N(0, scale²).",
              grid((0, 2, 0.02), (2, 10, 0.2))),
    )  # fmt: skip
    text: str = param(BUS, Text("Sentence", 6_000, "Read token by token; each predicts the next."))
    level: str = param("words", choice("Tokens", {level: level for level in LEVELS}))
    bias: float = param(0.0, Range("Bias b", -10.0, 10.0, 0.1, "Added to every pre-activation of the RNN."))
    forget_bias: float = param(
        1.0,
        Range("Forget bias", -40.0, 40.0, 0.1, "b of the LSTM’s forget gate; 40 holds it at 1.",
              grid((-6, 10, 0.1))),
    )  # fmt: skip
    forget_rule: str = param(
        "constant",
        choice("Forget bias rule", {"constant": "constant", "chrono": "chrono (time constants 1 to T)"}),
    )
    input_bias: float = param(0.0, Range("Input gate bias", -40.0, 40.0, 0.1, "b of the LSTM’s input gate."))
    start: str = param("zero", choice("Start h₀", STARTS))
    placement: str = param("every", choice("Errors at", PLACEMENTS, "Which steps add to the loss E."))
    first_error: int = param(1, Range("First step with an error", 1, 10_000, 1, "Capped at T."))
    seed: int = param(0, Range("Seed", 0, 9_999, 1, "Draws weights and inputs; in the link too."))

    def __post_init__(self) -> None:
        """Refuses what no network can be built from, before anything is allocated."""
        check(self)
        if self.input == SENTENCE:
            tokens_of(self.text, self.level)
        if self.work() > WORK_LIMIT:
            raise ValueError(
                f"T = {self.T:,} with H = {self.hidden_size} needs about {self.work() / 1e9:,.0f} billion "
                f"multiplications, over the limit of {WORK_LIMIT / 1e9:,.0f}; "
                f"the nearest size that fits is H = {self.largest_hidden_size()}"
            )

    @property
    def T(self) -> int:
        """The number of steps: the control's, or what the sentence has."""
        return len(tokens_of(self.text, self.level)) - 1 if self.input == SENTENCE else self.steps

    @property
    def network(self) -> str:
        """What the network is called in words: "tanh RNN", "LSTM"."""
        label = CELLS[self.cell].label
        return label if "activation" in self.idle() else f"{ACTIVATIONS[self.activation].label} {label}"

    @property
    def every(self) -> int:
        """The map's spacing: each step up to 1,000, evenly spaced steps beyond."""
        return math.ceil(self.T / MOST_MAPPED)

    def work(self, hidden_size: int | None = None) -> float:
        """Multiplications of the all-pairs map, (8 times as many for two state blocks)."""
        H, T = hidden_size or self.hidden_size, self.T
        n = T / self.every
        blocks = len(CELLS[self.cell].state)
        return float(blocks**3 * (2 * T * H**3 + 3 * n * math.log2(n + 1) * H**3) + blocks**2 * n**2 * H**2)

    @property
    def turned(self) -> str:
        """The field that decides most about this cell beside the gain."""
        return "forget_bias" if "forget_bias" in CELLS[self.cell].settings else "input_scale"

    def largest_hidden_size(self) -> int:
        """The largest H whose map stays within WORK_LIMIT."""
        return max((H for H in range(1, 257) if self.work(H) <= WORK_LIMIT), default=1)

    def check_norm(self, norm: str) -> None:
        """Raises ValueError where the map of all pairs in this norm would take minutes."""
        work = self.work_of_largest_gains(self.hidden_size)
        if norm == "spectral" and work > LANCZOS_LIMIT:
            fitting = [H for H in range(1, 257) if self.work_of_largest_gains(H) <= LANCZOS_LIMIT]
            raise ValueError(
                f"norm must be the average gain or Frobenius at T = {self.T:,} with H = {self.hidden_size}: "
                f"the largest gain of every pair needs about {work / 1e9:,.0f} billion multiplications, over "
                f"the limit of {LANCZOS_LIMIT / 1e9:,.0f}; "
                f"the nearest size that fits is H = {max(fitting, default=1)}"
            )

    def work_of_largest_gains(self, hidden_size: int) -> float:
        """Multiplications for every pair: six steps of Lanczos' method, and some short lags formed."""
        n, S = self.T / self.every, hidden_size * len(CELLS[self.cell].state)
        return 6 * n**2 * S**2 + 12 * n * S**3

    def idle(self, beside: tuple[str, ...] = ()) -> dict[str, str]:
        """{field: why its control does nothing in this experiment}, with other cells run `beside` its own."""
        reasons: dict[str, str] = {}
        self._idle_by_cell(reasons, beside)
        self._idle_by_initialiser(reasons)
        if self.input == SENTENCE:
            reasons["steps"] = f"The sentence decides the length: T = {self.T}."
        else:
            reasons["text"] = reasons["level"] = "Only a sentence is read token by token."
        if self.input == "zero":
            reasons["input_scale"] = "There is no input to scale."
        if self.placement != "from":
            reasons["first_error"] = "Only for errors from a given step on."
        return reasons

    def _idle_by_cell(self, reasons: dict[str, str], beside: tuple[str, ...]) -> None:
        used = {name for cell in beside for name in CELLS[cell].settings}
        reasons |= {name: why for name, why in lacking(self.cell).items() if name not in used}
        if "forget_rule" in reasons:
            return
        if self.T < SHORTEST_CHRONO:
            reasons["forget_rule"] = f"Up to T = {SHORTEST_CHRONO - 1} the chrono rule has nothing to spread."
        elif self.forget_rule == "chrono":
            reasons["forget_bias"] = reasons["input_bias"] = "The chrono rule draws both biases."

    def _idle_by_initialiser(self, reasons: dict[str, str]) -> None:
        if not INITIALISERS[self.initialiser].uses_gain:
            drawn = "PyTorch’s default draws W, U and b itself."
            names = ("gain", "input_scale", "bias", "forget_bias", "forget_rule", "input_bias")
            reasons.update({name: drawn for name in names})


GATELESS = "Only the LSTM has a forget and an input gate."
LACKING = {  # setting that only some cells have -> why the others do nothing with it
    "activation": "The {cell} has its own activations.",
    "bias": "Only the RNN has a single bias.",
    "forget_bias": GATELESS,
    "forget_rule": GATELESS,
    "input_bias": GATELESS,
}


def lacking(cell: str) -> dict[str, str]:
    """{setting: why it does nothing in a cell that has no use for it}."""
    kind = CELLS[cell]
    return {name: why.format(cell=kind.label) for name, why in LACKING.items() if name not in kind.settings}


BLOCKS = {"h←h": "∂hₜ/∂hₖ", "h←c": "∂hₜ/∂cₖ", "c←h": "∂cₜ/∂hₖ", "c←c": "∂cₜ/∂cₖ"}
NORMS = {
    "rms": "average gain ‖·‖_F/√H",
    "frobenius": "Frobenius ‖·‖_F",
    "spectral": "largest gain ‖·‖₂",
}
NORM_HELP = "The average gain is 1 where a gradient keeps its size on average over directions."
GATES = {
    "f": "forget gate f", "i": "input gate i", "g": "candidate c̃", "o": "output gate o",
    "r": "reset gate r", "z": "update gate z", "m": "GRU’s Wₘ h",
}  # fmt: skip
CLIP_MODES = {"norm": "by norm", "value": "by value", "inside": "inside BPTT"}


@dataclass(frozen=True)
class View:
    """What of a run is shown; no field of it ever reruns the network."""

    norm: str = param("rms", choice("Norm", NORMS, NORM_HELP))
    block: str = param("h←h", choice("Block", BLOCKS, "Which part of the LSTM’s joint state."))
    target: int = param(10_000, Range("Target step t", 0, 10_000, 1, "Capped at T."))
    source: int = param(0, Range("Source step k", 0, 10_000, 1, "Capped at t."))
    gate: str = param("f", choice("Gate", GATES, "Which rows of W are itemised; the first if it has none."))
    clip: str = param("norm", choice("Clipping", CLIP_MODES))
    threshold: float = param(
        1.0,
        Range("Threshold", 1e-4, 1e4, 1e-4, "Gradients are cut to this size.",
              tuple(float(f"{x:.3g}") for x in np.logspace(-4, 4, 161))),
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)

    @staticmethod
    def idle(cell: str) -> dict[str, str]:
        """{field: why its control does nothing for this kind of cell}."""
        reasons = {}
        if len(CELLS[cell].state) == 1:
            reasons["block"] = f"The {CELLS[cell].label} has no cell state c."
        if len(CELLS[cell].v_blocks) == 1:
            reasons["gate"] = f"The {CELLS[cell].label} has no gates."
        return reasons

    def pair(self, T: int) -> tuple[int, int]:
        """The chosen (t, k), brought into 0 <= k <= t <= T."""
        t = min(self.target, T)
        return t, min(self.source, t)


MOST_MAPPED = 1_000  # rows of the map; more are neither seen nor needed
WORK_LIMIT = 1.5e11  # multiplications, a few seconds on two cores
LANCZOS_LIMIT = 1e10  # the same for largest gains; where all are nearly alike they take ten times as long

# what decides only what is shown of the states, never the states themselves
DISPLAYED = ("placement", "first_error", *(f.name for f in fields(View)))
FIELDS = {f.name: f for record in (Experiment, View) for f in fields(record)}
DEFAULTS: dict[str, Any] = {name: f.default for name, f in FIELDS.items()}


def control_of(name: str) -> Control:
    """The control of a field of Experiment or View; raises KeyError for an unknown name."""
    control: Control = FIELDS[name].metadata["control"]
    return control


def legal(name: str, raw: str) -> tuple[Any, str | None]:
    """The legal value nearest to a raw text for a field, and a sentence where it had to change.

    Raises KeyError for an unknown field.
    """
    return legal_value(FIELDS[name], raw)
