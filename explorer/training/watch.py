"""What the training page is set to: a training, and what of its runs is looked at."""

from dataclasses import dataclass, fields

from explorer.parameters import Range, param
from explorer.training.settings import Training


@dataclass(frozen=True)
class Watched(Training):
    """A training, and how it is looked at; what is looked at never trains anything anew."""

    moment: int = param(100, Range("Checkpoint", 0, 100, 1, "Counted from 0; the last there is, if fewer."))
    temperature: float = param(
        0.7,
        Range("Temperature", 0.0, 3.0, 0.05, "Of the sampled text: 0 always takes the likeliest character."),
    )

    def training(self) -> Training:
        """The training alone, which is all that a run depends on."""
        return Training(**{f.name: getattr(self, f.name) for f in fields(Training)})


def setting(**changes: object) -> Watched:
    """The defaults with changes."""
    return Watched(**changes)  # type: ignore[arg-type]


EXPLODING = {
    "steps": 20, "gain": 1.5, "input_scale": 0.3, "optimiser": "sgd", "learning_rate": 0.3, "updates": 500,
}  # fmt: skip
READY = {
    "Explodes: without clipping": (
        setting(**EXPLODING, clipping="none"),
        "A gain of 1.5 and plain SGD: steps as long as the gradient is large throw the network off.",
    ),
    "Explodes: with clipping": (
        setting(**EXPLODING, clipping="norm", threshold=1.0),
        "The same network, the same data, its gradient cut to norm 1: it learns.",
    ),
    "Vanishes: clipping is no help": (
        setting(activation="sigmoid", steps=20, updates=400),
        "A sigmoid RNN never hears of the first symbol; there is nothing to clip.",
    ),
    "LSTM that forgets": (
        setting(cell="lstm", forget_bias=0.0, steps=60, updates=400),
        "Forget gates near 1/2: over 60 steps nothing is left, and nothing is learnt.",
    ),
    "LSTM that remembers": (
        setting(cell="lstm", forget_bias=3.0, steps=60, updates=400),
        "Forget bias 3, everything else the same: solved within some 150 updates.",
    ),
    "IRNN adds over 50 steps": (
        setting(task="adding", activation="relu", initialiser="identity", input_scale=0.1, steps=50),
        "W = I with ReLU keeps the gradient at 1 and solves the adding problem.",
    ),
    "France … French": (
        setting(task="words", cell="lstm", forget_bias=2.0, learning_rate=0.01, updates=600),
        "The last word of the lecture's sentence needs one from 14 steps before.",
    ),
    "Python's documentation": (
        setting(task="text", cell="lstm", hidden_size=96, steps=60, updates=3_000, learning_rate=0.005),
        "An LSTM learns to write, character by character.",
    ),
}
