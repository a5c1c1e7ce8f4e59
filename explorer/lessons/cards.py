"""The cards of myths and surprises: each a claim, the state that tests it, and how it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from explorer import claim_measures as measures
from explorer import claims
from explorer.claim_measures import Measure
from explorer.claims import Judgement
from explorer.experiment import DEFAULTS, Experiment

GAINS = (0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0)
LARGE_GAINS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 20.0)
RADII = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1)
INPUTS = (0.02, 0.06, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
BIASES = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
RNN = {"cell": "rnn", "activation": "tanh"}
SMALL = {"input_scale": 0.1}


@dataclass(frozen=True)
class Card:
    """One claim and its test."""

    says: str  # the claim, as people say it
    because: str  # why it is so or not
    premise: str  # what it starts from, with {} for the number
    predicts: str  # what the claim's line is called
    settings: Mapping[str, Any]  # what differs from the defaults
    held: tuple[str, ...]  # the fields that stay as the card sets them
    control: str  # the field that the reader moves
    swept: tuple[float, ...]  # its values, all of which are measured
    measure: Measure
    holds: Judgement
    page: str = "gradient_flow"  # where the settings can be looked into
    view: Mapping[str, Any] = field(default_factory=dict)  # how they are looked at there

    def experiment(self, e: Experiment) -> Experiment:
        """The experiment with what the card holds."""
        return replace(e, **{name: self.settings.get(name, DEFAULTS[name]) for name in self.held})


CARDS: dict[str, Card] = {
    "sigma_above": Card(
        "If σₘₐₓ(W) is above 1, the gradient explodes",
        "σₘₐₓ bounds the growth from above; what tanh and the other directions shrink, it does not see.",
        "σₘₐₓ(W) is {}", "σ<sub>max</sub>(W)<sup>lag</sup>",
        {**RNN, **SMALL, "gain": 0.8}, ("cell", "activation"), "gain", GAINS,
        measures.by_sigma, claims.explodes_above_one, "gradient_flow", {"norm": "spectral"},
    ),
    "sigma_below": Card(
        "If σₘₐₓ(W) is below 1, the gradient of a tanh network vanishes",
        "No step can stretch anything: the product falls at least as fast as σₘₐₓ to the power of the lag.",
        "σₘₐₓ(W) is {}", "σ<sub>max</sub>(W)<sup>lag</sup>",
        {**RNN, **SMALL, "gain": 0.4}, ("cell", "activation"), "gain", GAINS,
        measures.by_sigma, claims.vanishes_below_one, "gradient_flow", {"norm": "spectral"},
    ),
    "gain": Card(
        "With a gain above 1 the gradient explodes",
        "Inputs push tanh to where its slope is small; it takes far more gain to make up for it.",
        "the gain is {}", "g<sup>lag</sup>",
        {**RNN, "gain": 1.5}, ("cell",), "gain", (*GAINS, 3.5, 4.0),
        measures.by_gain, claims.explodes_above_one, "saturation",
    ),
    "orthogonal": Card(
        "Orthogonal weights keep the gradient",
        "W keeps every length, but each step also multiplies by tanh’s slope, which inputs push below 1.",
        "W is orthogonal and the input scale {}", "nothing lost",
        {**RNN, "initialiser": "orthogonal"}, ("cell", "initialiser", "gain"), "input_scale", INPUTS,
        measures.kept("input_scale"), claims.lasts, "saturation",
    ),
    "identity": Card(
        "ReLU with W = I remembers small inputs for fifty steps",
        "A unit that is on hands the gradient on unchanged, and small inputs turn few units off.",
        "W = I and the input scale is {}", "nothing lost",
        {"cell": "rnn", "activation": "relu", "initialiser": "identity", **SMALL},
        ("cell", "activation", "initialiser", "gain"), "input_scale", INPUTS,
        measures.kept("input_scale"), claims.lasts,
    ),
    "relu": Card(
        "With ReLU the gradient cannot vanish, for its slope is 1",
        "Half of its units are off, and off means a slope of 0: every step closes half of the paths.",
        "the gain is {}", "nothing lost",
        {"cell": "rnn", "activation": "relu"}, ("cell", "activation"), "gain", GAINS,
        measures.kept("gain"), claims.lasts, "saturation",
    ),
    "sigmoid": Card(
        "With sigmoid the gradient always vanishes",
        "Its slope is at most a quarter, but large weights make up for it: at the price of saturated units.",
        "the gain is {}", "¼<sup>lag</sup>",
        {"cell": "rnn", "activation": "sigmoid", "gain": 10.0}, ("cell", "activation"), "gain", LARGE_GAINS,
        measures.quartered, claims.vanishes, "saturation",
    ),
    "inputs": Card(
        "The larger the inputs, the faster a tanh network forgets",
        "Large inputs saturate the units, and a saturated unit lets no gradient pass.",
        "the input scale is {}", "below that of inputs ten times smaller",
        {**RNN}, ("cell", "activation"), "input_scale", INPUTS,
        measures.by_inputs, claims.falls_below, "saturation",
    ),
    "eigenvalues": Card(
        "If all eigenvalues of W are below 1, its powers shrink from the start",
        "Eigenvectors that lean on each other can add up: eigenvalues speak only of the long run.",
        "no eigenvalue of W is above {}", "ρ(W)<sup>lag</sup>",
        {"cell": "rnn", "activation": "identity", "initialiser": "spectral_radius", "gain": 0.95},
        ("cell", "activation", "initialiser"), "gain", RADII,
        measures.by_eigenvalues, claims.shrinks_throughout, "gradient_flow", {"norm": "spectral"},
    ),
    "lstm_vanishes": Card(
        "The LSTM does not vanish",
        "Its gates multiply as well: a forget gate at ½ halves what the cell state keeps at every step.",
        "the forget bias is {}", "nothing lost",
        {"cell": "lstm", "forget_bias": 0.0}, ("cell", "forget_rule"), "forget_bias", BIASES,
        measures.kept("forget_bias"), claims.lasts,
    ),
    "lstm_explodes": Card(
        "The LSTM cannot explode",
        "The cell state cannot, but h feeds the gates through W, and that way grows with W.",
        "the gain is {}", "nothing gained",
        {"cell": "lstm", "gain": 12.0, "input": "zero", "start": "random"}, ("cell",), "gain", LARGE_GAINS,
        measures.kept("gain"), claims.stays_bounded,
    ),
    "forget_gates": Card(
        "The LSTM’s ∂cₜ/∂cₖ is the product of its forget gates",
        "That is one path of many: c also reaches later cells through h and the gates.",
        "the forget bias is {}", "∏ f",
        {"cell": "lstm", "forget_bias": -1.0}, ("cell", "forget_rule"), "forget_bias", BIASES,
        measures.by_forget_gates, claims.alike, "lstm",
    ),
    "direction": Card(
        "Clipping by value keeps the gradient’s direction",
        "It cuts large entries and leaves small ones, so the arrow turns; clipping by norm does not turn it.",
        "the threshold is {} of the largest entry", "direction kept",
        {**RNN}, ("cell", "activation"), "gain", GAINS[::2],
        measures.direction, claims.keeps_direction, "clipping",
        {"clip": "value", "threshold": 0.05},
    ),
    "capping": Card(
        "Clipping the norm cures vanishing gradients too",
        "All parts are multiplied by one factor, so what is lost stays as small beside the rest as before.",
        "the first step’s part is {} of the last one’s", "all steps alike",
        {**RNN, "start": "random", "placement": "last"}, ("cell", "activation", "placement"),
        "gain", GAINS[::2], measures.capped, claims.cures, "remedies",
    ),
}  # fmt: skip
