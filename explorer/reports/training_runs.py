"""A training run as reports and figures read it, and what sets two runs apart."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.parameters import Choice
from explorer.training.batches import Batch
from explorer.training.course import WINDOW, Course, History
from explorer.training.settings import Training
from explorer.training.snapshot import Snapshot
from explorer.training.tasks import Task
from explorer.wording import number


@dataclass(frozen=True)
class RunView:
    """One run as far as it has come when it was looked at."""

    name: str  # a letter; "" for one that has not begun
    training: Training
    task: Task
    history: History
    snapshots: tuple[Snapshot, ...]
    probe: Batch  # the sequence that the snapshots watch, (1, T, 1)
    diverged: int | None
    solved: float  # the update after which the task counts as solved; nan where it does not

    @classmethod
    def of(cls, name: str, course: Course) -> "RunView":
        """A run as it stands, while its thread may go on."""
        history, taken = course.history(), tuple(course.snapshots)
        solved = float(course.solved_at()[0])
        task, probe = course.trainer.task, course.probe
        return cls(name, course.training, task, history, taken, probe, course.diverged, solved)

    @property
    def updates(self) -> int:
        """The updates taken."""
        return len(self.history)

    @property
    def chance(self) -> float:
        """The loss of guessing."""
        return self.task.baseline(self.training.steps)

    @property
    def lag(self) -> int | None:
        """The steps between the information and the answer that needs it."""
        return self.task.lag(self.training.steps)

    @property
    def loss(self) -> float:
        """The loss, averaged over the last updates."""
        return float(self.history.smooth("loss")[-1, 0])

    @property
    def reached(self) -> Snapshot | None:
        """The first picture whose horizon lies beyond the lag of the task; None where there is none."""
        lag = self.lag
        far = [s for s in self.snapshots if lag is not None and (s.horizon is None or s.horizon > lag)]
        return far[0] if far else None

    @property
    def cut(self) -> float:
        """The share of updates at which clipping engaged."""
        return float(np.mean(self.history["share"] > 0)) if self.updates else 0.0


def changed(first: Training, other: Training) -> str:
    """The settings that differ, with both values, in words; "the text alone" where none does."""
    found = []
    for f in fields(Training):
        a, b = getattr(first, f.name), getattr(other, f.name)
        if a != b and f.name not in other.idle():
            found.append(f"{f.metadata['control'].label.lower()} ({word(f, a)} → {word(f, b)})")
    return ", ".join(found) if found else "nothing but chance" if first != other else "nothing"


def word(f: Any, value: Any) -> str:
    """A setting's value as it reads on screen."""
    control = f.metadata["control"]
    if isinstance(control, Choice):
        return dict(zip(control.options, control.labels, strict=True))[value]
    return number(value)


def thinned(values: Array, most: int = 600) -> tuple[Array, Array, Array]:
    """Updates, smallest and largest value of a long curve (n,) in at most so many bins."""
    n = len(values)
    edges = np.unique(np.linspace(0, n, min(n, most) + 1).astype(int))
    low = np.minimum.reduceat(values, edges[:-1]) if n else values
    high = np.maximum.reduceat(values, edges[:-1]) if n else values
    return edges[1:].astype(np.float64), low, high


def engaged(run: RunView) -> Array:
    """The share of the last WINDOW updates at which clipping engaged, (n,)."""
    on = (run.history["share"][:, 0] > 0).astype(np.float64)
    total = np.cumsum(np.concatenate([[0.0], on]))
    n = np.arange(1, len(on) + 1)
    start = np.maximum(n - WINDOW, 0)
    return np.asarray((total[n] - total[start]) / (n - start))
