"""One frozen description of a training run: equal ones train equal networks, bit for bit, on one machine.

The network's part carries the names, limits and defaults of Experiment and View, whose controls it shares.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.cells import CELLS
from explorer.experiment import DEFAULTS, control_of
from explorer.parameters import Range, check, choice, labels, param
from explorer.training.layout import Layout
from explorer.training.tasks import TASKS, TEXT, Task, reading
from explorer.training.text import CORPORA, Corpus

OPTIMISERS = {"sgd": "SGD", "adam": "Adam"}
CLIPPING = {"none": "no clipping", "norm": "by norm", "value": "by value", "inside": "inside BPTT"}
PRECISIONS = {"float64": "float64", "float32": "float32"}
MOST_STEPS = 1_000
WORK_LIMIT = 4e9  # multiplications of one update; some seconds on one core


def log_grid(low: float, high: float, per_decade: int) -> tuple[float, ...]:
    """Slider positions evenly spaced in the logarithm, to two digits."""
    count = round((np.log10(high) - np.log10(low)) * per_decade) + 1
    return tuple(dict.fromkeys(float(f"{x:.2g}") for x in np.geomspace(low, high, count)))


def shared(name: str) -> Any:
    """A field that Experiment or View has too: the same control, the same default."""
    return param(DEFAULTS[name], control_of(name))


@dataclass(frozen=True)
class Training:
    """Everything that decides a training run, but for a text of the user's own.

    Raises ValueError for a value outside its control, a T that the task cannot have, and a size beyond
    WORK_LIMIT.
    """

    task: str = param("recall", choice("Task", labels(TASKS), "What the network learns."))
    corpus: str = param("topics", choice("Text", CORPORA, "What the text task reads."))
    cell: str = shared("cell")
    activation: str = shared("activation")
    steps: int = shared("steps")
    hidden_size: int = shared("hidden_size")
    initialiser: str = shared("initialiser")
    gain: float = shared("gain")
    input_scale: float = shared("input_scale")
    bias: float = shared("bias")
    forget_bias: float = shared("forget_bias")
    forget_rule: str = shared("forget_rule")
    input_bias: float = shared("input_bias")
    seed: int = shared("seed")
    batch: int = param(32, Range("Batch size", 1, 256, 1, "Sequences in a mini-batch."))
    optimiser: str = param("adam", choice("Optimiser", OPTIMISERS))
    learning_rate: float = param(
        0.003,
        Range("Learning rate", 1e-6, 100.0, 1e-6, "The step’s size.", log_grid(1e-4, 10.0, 10)),
    )
    momentum: float = param(0.0, Range("Momentum", 0.0, 0.999, 0.01, "Of SGD: v ← μ v + g, θ ← θ − η v."))
    clipping: str = param("norm", choice("Clip", CLIPPING, "What is done to the gradient."))
    threshold: float = shared("threshold")
    truncation: int = param(
        0, Range("Truncate after", 0, MOST_STEPS, 1, "Steps an error signal may go back; 0 for all.")
    )
    updates: int = param(1_000, Range("Updates", 1, 100_000, 1, "How many steps the optimiser takes."))
    snapshots: int = param(24, Range("Checkpoints", 2, 100, 1, "How often the gradient is recorded."))
    precision: str = param("float32", choice("Arithmetic", PRECISIONS, "Pictures are always float64."))

    def __post_init__(self) -> None:
        """Refuses what cannot be trained, before anything is allocated."""
        check(self)
        task = TASKS[self.task]
        if not task.fixed and not task.least <= self.steps <= MOST_STEPS:
            raise ValueError(
                f"steps must lie in [{task.least}, {MOST_STEPS:,}] for the task “{task.label}”; "
                f"got {self.steps:,}"
            )
        if self.work() > WORK_LIMIT:
            raise ValueError(
                f"T = {self.T:,} with H = {self.hidden_size} and batches of {self.batch} needs about "
                f"{self.work() / 1e9:,.1f} billion multiplications an update, over the limit of "
                f"{WORK_LIMIT / 1e9:,.0f}; choose a smaller size"
            )

    @property
    def T(self) -> int:
        """The steps of one sequence."""
        return TASKS[self.task].length(self.steps)

    def work(self) -> float:
        """Multiplications of one update, forward, back and the weights' gradient."""
        blocks = len(CELLS[self.cell].v_blocks)
        return 3.0 * self.T * self.batch * blocks * self.hidden_size * (self.hidden_size + 64)

    def learns(self, corpus: Corpus | None) -> Task:
        """The task, the text's one bound to its corpus.

        Raises ValueError where the text task has no text, or one that is not longer than T.
        """
        if self.task != TEXT:
            return TASKS[self.task]
        if corpus is None:
            raise ValueError("the text task needs a text; choose or upload one")
        if len(corpus.indices) < self.steps + 2:
            raise ValueError(
                f"the text must be longer than T + 1 = {self.steps + 1:,} characters; "
                f"it has {len(corpus.indices):,}"
            )
        return reading(corpus)

    def layout(self, task: Task) -> Layout:
        """Where the parameters of this network on that task stand."""
        return Layout(self.cell, self.hidden_size, task.X, task.K)

    def idle(self) -> dict[str, str]:
        """{field: why its control does nothing in this run}, for the fields that are not Experiment's."""
        reasons = {}
        if self.task != TEXT:
            reasons["corpus"] = "Only the text task reads a text."
        if self.optimiser == "adam":
            reasons["momentum"] = "Adam has its own averages."
        if self.clipping == "none":
            reasons["threshold"] = "Nothing is clipped."
        if TASKS[self.task].fixed:
            reasons["steps"] = f"The sentences decide the length: T = {self.T}."
        return reasons
