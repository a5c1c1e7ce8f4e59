"""Who remembers? Networks compared by whether they learn a task that needs memory, and by one backward pass.

The gauge is r = log₁₀ of the error signal at the step that holds the information over that at the end, at
initialisation. Where it is very small or large it says much, in between little: the task decides.
"""

from dataclasses import dataclass, replace

import numpy as np

from explorer import flow
from explorer.arrays import Array
from explorer.parameters import Range, check, choice, grid, param
from explorer.readout import cross_entropy
from explorer.run import cell_of
from explorer.training.settings import Training
from explorer.training.trainer import Trainer

ZONES = (-8.0, -1.9, 1.5)  # between them the zones of r
ZONE_NAMES = ("never learned", "depends on the task", "almost always learned", "explodes: mostly not")
CALIBRATED = (  # of the runs of one group, recall and temporal order: learned, all
    ((0, 21), (0, 11)), ((5, 32), (25, 28)), ((77, 82), (61, 63)), ((3, 9), (0, 6)),
)  # fmt: skip
GAUGED = 32  # sequences behind one value of r

SETS = {
    "cells": "cells",
    "forget": "forget bias",
    "activation": "activations",
    "clipping": "clipping",
}
TASKS = {"recall": "recall", "order": "temporal order"}
ASKED = {"recall": "recall the first of {} symbols", "order": "tell the order of two symbols among {}"}


@dataclass(frozen=True)
class Remembering:
    """Which networks are trained on what."""

    compared: str = param("cells", choice("Compare", SETS, "Which networks stand side by side."))
    mem_task: str = param("recall", choice("Task to learn", TASKS, "Both need one symbol from far back."))
    mem_steps: int = param(
        20, Range("Sequence T", 10, 100, 1, "Steps of one sequence.", grid((10, 100, 5)))
    )
    mem_updates: int = param(
        300, Range("Updates", 20, 2_000, 10, "At most; a run ends once all its seeds have solved the task.",
                   grid((20, 100, 20), (100, 1000, 50), (1000, 2000, 200)))
    )  # fmt: skip
    mem_seeds: int = param(3, Range("Seeds", 1, 10, 1, "Networks of each kind."))
    mem_hidden: int = param(32, Range("Hidden units", 4, 64, 1, "Units in h (and in c)."))

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)


IRNN = {"activation": "relu", "initialiser": "identity", "input_scale": 0.1}
SGD = {  # tanh with small inputs: it does not saturate, its gradient explodes, and clipping decides
    "gain": 1.5, "input_scale": 0.3, "optimiser": "sgd", "learning_rate": 0.3,
}  # fmt: skip
KINDS: dict[str, dict[str, dict[str, object]]] = {  # set -> name -> what differs from the common training
    "cells": {
        **{f"LSTM, forget bias {bias}": {"cell": "lstm", "forget_bias": float(bias)} for bias in (3, 1, 0)},
        "IRNN": IRNN,
        "tanh RNN": {},
    },
    "forget": {
        f"forget bias {bias}": {"cell": "lstm", "forget_bias": float(bias)} for bias in (-1, 0, 1, 3)
    },
    "activation": {
        "tanh": {}, "tanh, W orthogonal": {"initialiser": "orthogonal"}, "sigmoid": {"activation": "sigmoid"},
        "ReLU": {"activation": "relu"}, "ReLU, W = I (IRNN)": IRNN,
    },
    "clipping": {
        "no clipping": {**SGD, "clipping": "none"},
        "clipped at 1": {**SGD, "threshold": 1.0},
        "clipped at 0.1": {**SGD, "threshold": 0.1},
    },
}  # fmt: skip


def trainings(r: Remembering) -> dict[str, Training]:
    """The training of every network compared, by name."""
    common = Training(
        task=r.mem_task, steps=r.mem_steps, hidden_size=r.mem_hidden, updates=r.mem_updates, snapshots=2
    )
    return {name: replace(common, **changes) for name, changes in KINDS[r.compared].items()}  # type: ignore[arg-type]


def gauge(trainer: Trainer) -> Array:
    """r of every network of a training as it was drawn, (M,); −inf where no signal arrives.

    The signal is taken over the joint state, so that an LSTM's way through its cell counts.
    """
    training, layout = trainer.training, trainer.layout
    rows, cell = trainer.start().rows, cell_of(trainer.training)
    first = training.T - (trainer.task.lag(training.T) or 0)
    found = []
    for row, seed in zip(rows, trainer.seeds, strict=True):
        w, out = layout.unpack(row)
        batch = trainer.task.draw(np.random.default_rng([seed, GAUGED]), training.steps, GAUGED)
        start = flow.initial_state(cell, (GAUGED,), layout.H)
        trace = flow.forward(cell, w, np.eye(layout.X)[batch.x], start)
        last = cross_entropy(out, trace.s["h"][-1:], batch.targets[-1:], np.ones(1, np.bool_))
        direct = np.zeros_like(trace.s["h"])
        direct[-1] = last.dE_dh[-1]
        back = flow.backward(cell, w, trace, {"h": direct})
        logs = np.stack([back.log_signals(block) for block in cell.state])
        squares = np.logaddexp.reduce(2.0 * logs, axis=0)  # over the blocks of the joint state
        total = np.logaddexp.reduce(squares, axis=-1) / 2.0  # over the batch
        found.append((total[first] - total[-1]) / np.log(10.0))
    return np.array(found)


def zone(r: float) -> int:
    """Which of the zones r lies in, 0 to 3."""
    return int(np.searchsorted(ZONES, r, side="right"))
