"""One training run as it goes: its state, all that was recorded, and the pictures taken on the way.

`advance` takes one update. What it has recorded is only ever added to, so that another thread may read it
at any time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array
from explorer.run import cell_of
from explorer.training.settings import Training
from explorer.training.snapshot import Snapshot, snapshot
from explorer.training.text import Corpus
from explorer.training.trainer import RUNNING, State, Trainer, Update

COLUMNS = ("loss", "accuracy", "log_before", "log_after", "log_factor", "cosine", "share")
LOOK = 10  # updates between two looks at whether the task is solved
WINDOW = 20  # updates over which a noisy curve is averaged before it is judged


def due(updates: int, count: int) -> tuple[int, ...]:
    """The updates at which pictures are taken: 0, the last, and others in between, closer at the start."""
    spread = np.round(updates * np.linspace(0.0, 1.0, count) ** 1.5)
    return tuple(sorted({int(n) for n in spread}))


@dataclass(frozen=True)
class History:
    """What the updates 1..n saw, each (n, M); row i belongs to update i + 1."""

    columns: Mapping[str, Array]  # the names of COLUMNS

    def __len__(self) -> int:
        """The number of updates."""
        return len(self.columns["loss"])

    def __getitem__(self, name: str) -> Array:
        """One column, (n, M)."""
        return self.columns[name]

    def smooth(self, name: str) -> Array:
        """A column averaged over the last WINDOW updates (as many as there are), (n, M)."""
        a = self.columns[name]
        total = np.cumsum(np.concatenate([np.zeros_like(a[:1]), a]), axis=0)
        n = np.arange(1, len(a) + 1)
        start = np.maximum(n - WINDOW, 0)
        return np.asarray((total[n] - total[start]) / (n - start)[:, None])


class Course:
    """A run of one or several seeds; pictures are taken of the first."""

    def __init__(
        self, training: Training, *, seeds: Sequence[int] | None = None, corpus: Corpus | None = None
    ) -> None:
        """A run at its beginning."""
        self.training = training
        self.trainer = Trainer(training, seeds=seeds, corpus=corpus)
        self.state: State = self.trainer.start()
        self.snapshots: list[Snapshot] = []
        self._due = frozenset(due(training.updates, training.snapshots))
        self.probe = self.trainer.probe()
        self._recorded = {name: np.empty((64, len(self.trainer.seeds))) for name in COLUMNS}
        self._look()

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do: all updates are taken, or every network has diverged."""
        return self.state.update >= self.training.updates or not self.state.running

    @property
    def diverged(self) -> int | None:
        """The update at which the first seed's numbers ceased to be finite; None where they are."""
        at = int(self.state.diverged[0])
        return None if at == RUNNING else at

    def advance(self) -> Update | None:
        """Take one update; None where there is nothing left to do."""
        if self.done:
            return None
        state, seen = self.trainer.step(self.state)
        self._record(self.state.update, seen)
        self.state = state
        if state.update in self._due and self.diverged is None:
            self._look()
        return seen

    def run(self) -> "Course":
        """Take all updates that are left."""
        while self.advance() is not None:
            pass
        return self

    def history(self) -> History:
        """All that was recorded so far."""
        n, recorded = self.state.update, self._recorded
        return History({name: recorded[name][:n] for name in COLUMNS})

    def solved_at(self) -> Array:
        """The first update after which the task counts as solved, (M,); nan where it never was.

        Judged on the average of WINDOW mini-batches, each of which is new to the network.
        """
        history, task = self.history(), self.trainer.task
        if not len(history):
            return np.full(len(self.trainer.seeds), np.nan)
        if task.real:
            good = history.smooth("loss") < task.goal
        else:
            good = history.smooth("accuracy") > task.goal
        good[: WINDOW - 1] = False
        return np.where(good.any(axis=0), np.argmax(good, axis=0) + 1.0, np.nan)

    @property
    def all_solved(self) -> bool:
        """Whether the task is solved under every seed that is still finite; looked at every few updates."""
        if not self.state.update or self.state.update % LOOK:
            return False
        return bool((self.solved_at()[self.state.diverged == RUNNING] > 0).all())

    def restored(
        self, state: State, columns: Mapping[str, Array], pictures: Sequence[tuple[int, Array]]
    ) -> None:
        """Go on from a checkpoint: its state, what was recorded, and (update, parameters) of its pictures."""
        self.state, self._recorded = state, {name: np.array(a) for name, a in columns.items()}
        self.snapshots = []
        for update, row in pictures:
            self._picture(update, row)

    def _record(self, n: int, seen: Update) -> None:
        if n == len(self._recorded["loss"]):
            self._recorded = {k: np.concatenate([a, np.empty_like(a)]) for k, a in self._recorded.items()}
        clipped = seen.clipped
        for name in COLUMNS:
            source = seen if name in ("loss", "accuracy") else clipped
            self._recorded[name][n] = getattr(source, name)

    def _look(self) -> None:
        self._picture(self.state.update, self.state.rows[0])

    def _picture(self, update: int, row: Array) -> None:
        trainer = self.trainer
        taken = snapshot(cell_of(self.training), trainer.layout, row, self.probe, update)
        if taken is not None:
            self.snapshots.append(taken)
