"""Settings worth seeing, each named by what it teaches.

Every claim in a preset's sentence is recomputed by a test over 20 seeds.
"""

from dataclasses import dataclass, field

from explorer.experiment import Experiment, View
from explorer.sequences import FRANCE, SENTENCE


@dataclass(frozen=True)
class Preset:
    """One complete setting and the sentence it proves."""

    experiment: Experiment
    teaches: str
    view: View = field(default_factory=View)


def network(**changes: object) -> Experiment:
    """The lecture's common setting (H = 32, T = 50, one-hot inputs) with changes."""
    return Experiment(**changes)  # type: ignore[arg-type]


PRESETS = {
    "0.5 to the power of T": Preset(
        network(activation="identity", initialiser="identity", gain=0.5, hidden_size=1, steps=20),
        "One linear unit with w = 0.5: each step halves the gradient, 20 steps leave a millionth.",
    ),
    "1.5 to the power of T": Preset(
        network(activation="identity", initialiser="identity", gain=1.5, hidden_size=1, steps=20),
        "One linear unit with w = 1.5: after 20 steps the gradient is 3,325 times as large.",
    ),
    "Sigmoid: gone in ten steps": Preset(
        network(activation="sigmoid"),
        "A slope of at most 1/4 per step: after 10 steps a millionth is left.",
    ),
    "Gain 1.5 explodes, if linear": Preset(
        network(activation="identity", gain=1.5),
        "Without φ a gain of 1.5 multiplies the gradient by about 10¹¹ in 50 steps.",
    ),
    "Gain 1.5 vanishes, with tanh": Preset(
        network(gain=1.5),
        "The same gain behind tanh, with inputs of size one: saturation leaves a thousandth.",
    ),
    "Gain 3 explodes, quiet inputs": Preset(
        network(gain=3.0, input_scale=0.1),
        "At a gain of 3 tanh no longer tames the product: it grows about a millionfold.",
    ),
    "Necessary is not sufficient": Preset(
        network(gain=0.8, input_scale=0.1),
        "The largest singular value of W is over 1, and still the gradient vanishes.",
    ),
    "Orthogonal and linear: exactly 1": Preset(
        network(activation="identity", initialiser="orthogonal"),
        "An orthogonal W turns the gradient and never resizes it.",
    ),
    "Orthogonal is not enough": Preset(
        network(initialiser="orthogonal"),
        "The same W behind a saturating tanh: the gradient vanishes all the same.",
    ),
    "ReLU fades": Preset(
        network(activation="relu"),
        "About half the units pass nothing: at g = 1 a ReLU network loses its gradient.",
    ),
    "ReLU explodes": Preset(
        network(activation="relu", gain=2.0),
        "At g = 2 the units that are alive multiply the gradient at every step.",
    ),
    "ReLU dies": Preset(
        network(activation="relu", bias=-1.0, input_scale=0.3),
        "With a bias of −1 nearly every unit is off, and the gradient is exactly zero.",
    ),
    "IRNN: identity and ReLU": Preset(
        network(activation="relu", initialiser="identity", input_scale=0.1),
        "W = I with ReLU: a unit that stays alive keeps its gradient at exactly 1.",
    ),
    "IRNN slightly above one": Preset(
        network(activation="relu", initialiser="identity", gain=1.1, input_scale=0.1),
        "W = 1.1 I: 1.1⁵⁰ = 117 times, for every unit that stays alive.",
    ),
    "LSTM, forget bias −1": Preset(
        network(cell="lstm", forget_bias=-1.0),
        "Forget gates near 1/4: the LSTM vanishes too, to about 10⁻¹⁶ in 50 steps.",
    ),
    "LSTM, forget bias 3": Preset(
        network(cell="lstm", forget_bias=3.0),
        "Forget gates near 1: after 50 steps about a fifth of the gradient is left.",
    ),
    "LSTM with chrono bias": Preset(
        network(cell="lstm", forget_rule="chrono"),
        "Time constants from 1 to T: after 50 steps about a fiftieth of the gradient is left.",
    ),
    "LSTM explodes": Preset(
        network(cell="lstm", gain=12.0, hidden_size=64, input="zero", start="random", steps=100),
        "Large recurrent weights make the LSTM’s gradient explode: gates do not bound it.",
    ),
    "Open gates drift": Preset(
        network(cell="lstm", forget_bias=40.0, hidden_size=16, steps=1000),
        "A forget gate held at 1 lets c grow without bound, and tanh(c) saturates.",
    ),
    "France … French": Preset(
        network(input=SENTENCE, text=FRANCE, hidden_size=64, placement="last"),
        "The word that decides the answer stands 14 steps before it.",
        View(target=19, source=5),
    ),
}
