"""What the training page is set to: a training, and what of its runs is looked at."""

from dataclasses import dataclass, fields

from explorer.parameters import Range, choice, param
from explorer.training.settings import MOST_STEPS, Training

BESIDE = {"spectrum": "Eigenvalues", "gates": "Gates and saturation"}


@dataclass(frozen=True)
class Watched(Training):
    """A training, and how it is looked at; what is looked at never trains anything anew."""

    moment: int = param(100, Range("Checkpoint", 0, 100, 1, "Counted from 0; the last there is, if fewer."))
    beside: str = param("gates", choice("Below right", BESIDE, "What the last picture shows."))
    temperature: float = param(
        0.7,
        Range("Temperature", 0.0, 3.0, 0.05, "Of the sampled text: 0 always takes the likeliest character."),
    )

    def training(self) -> Training:
        """The training alone, which is all that a run depends on."""
        return Training(**{f.name: getattr(self, f.name) for f in fields(Training)})


@dataclass(frozen=True)
class Itemised(Watched):
    """A training whose losses are looked at one by one; it begins with a task that asks at every step."""

    task: str = param("words", Watched.__dataclass_fields__["task"].metadata["control"])
    loss_step: int = param(
        0, Range("Loss of step", 0, MOST_STEPS, 1, "The loss singled out; 0 for all. A click on one sets it.")
    )


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
        "The last word of the lecture’s sentence needs one from 14 steps before.",
    ),
    "Python’s documentation": (
        setting(task="text", cell="lstm", hidden_size=96, steps=60, updates=3_000, learning_rate=0.005),
        "An LSTM learns to write, character by character.",
    ),
}


def asking(**changes: object) -> Itemised:
    """The defaults of the rainbow with changes."""
    return Itemised(**changes)  # type: ignore[arg-type]


LONG = {"task": "copy", "steps": 20, "hidden_size": 48, "updates": 1_500, "learning_rate": 0.005}
RAINBOWS = {
    "France … French: an RNN": (
        asking(updates=600, learning_rate=0.01),
        "Every word is a loss; the last one needs a word from 14 steps before.",
    ),
    "France … French: an LSTM": (
        asking(cell="lstm", forget_bias=2.0, updates=600, learning_rate=0.01),
        "The same sentences; the colours of far losses stay in sight.",
    ),
    "Sigmoid: every loss for itself": (
        asking(activation="sigmoid", updates=600, learning_rate=0.01),
        "Nearly all of the gradient is the step’s own error.",
    ),
    "Exploding: the far losses rule": (
        asking(gain=3.0, input_scale=0.1, updates=600),
        "Errors grow on their way back, so that the last steps drown all others.",
    ),
    "Copy memory: a gap to bridge": (
        asking(**LONG, cell="lstm", forget_bias=3.0),
        "Ten symbols, a wait, ten answers: which of the late losses reach the early steps?",
    ),
    "Python’s documentation": (
        asking(task="text", cell="lstm", hidden_size=64, steps=40, updates=2_000, learning_rate=0.005),
        "A text asks at every character.",
    ),
    "Recall: one loss, one colour": (
        asking(task="recall", steps=20, updates=400),
        "Only the last step is asked, so that one loss is all the gradient there is.",
    ),
}
