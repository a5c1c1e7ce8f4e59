"""What the training page shows: the runs side by side, one of them at one moment, and what they prove."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.reports.training_runs import RunView, changed
from explorer.training.snapshot import Snapshot
from explorer.wording import number, percent, power, steps


@dataclass(frozen=True)
class TrainingReport:
    """All runs, the last of them in the centre, looked at in one of its pictures."""

    runs: tuple[RunView, ...]  # at least one
    moment: int  # which picture of the last run; the last where there are fewer

    @property
    def run(self) -> RunView:
        """The run in the centre."""
        return self.runs[-1]

    @property
    def at(self) -> int:
        """The picture's number, as far as there is one."""
        return min(self.moment, len(self.run.snapshots) - 1)

    @property
    def picture(self) -> Snapshot:
        """The picture that is looked at."""
        return self.run.snapshots[self.at]

    def finding(self) -> str:
        """What the run in the centre shows, as the heading."""
        run = self.run
        said = self._after() if run.updates else self._before()
        return f"Run {run.name}: {said}" if len(self.runs) > 1 else sentence(said)

    def _before(self) -> str:
        return f"before training, {self.range_of(self.run.snapshots[0])}."

    def _after(self) -> str:
        run = self.run
        latest = run.snapshots[-1]
        if run.diverged is not None:
            grown = power(float(np.max(run.history["log_before"][: run.diverged - 1, 0], initial=-np.inf)))
            size = f"; the gradient’s norm had been up to {grown}" if run.diverged > 1 else ""
            return (
                f"diverged at update {run.diverged:,}, where a number overflowed{size}. "
                f"The network of update {run.diverged - 1:,} is kept."
            )
        if np.isfinite(run.solved):
            return f"solved after {run.solved:,.0f} updates. Now {self.range_of(latest)}."
        loss, chance = run.loss, run.chance
        if loss > 1.1 * chance:
            return (
                f"worse than guessing after {run.updates:,} updates: loss {number(loss)}, "
                f"chance {number(chance)}; gradients up to {power(float(run.history['log_before'].max()))}."
            )
        if run.lag is None:
            words = f"loss {number(loss)} after {run.updates:,} updates; letter frequencies alone give "
            return f"{words}{number(chance)}. The memory horizon is {self.horizon_of(latest)}."
        verdict = "no better than guessing" if loss > 0.95 * chance else "better than guessing, not solved"
        said = f"{verdict} after {run.updates:,} updates (loss {number(loss)}, chance {number(chance)})"
        return f"{said}. {sentence(self.range_of(latest))}."

    def range_of(self, picture: Snapshot) -> str:
        """How far a picture's gradient reaches, beside how far the task needs it."""
        lag = self.run.lag
        if lag is None:
            return f"the memory horizon is {self.horizon_of(picture)}"
        within = min(lag, int(picture.lags[-1]))
        left = picture.left_at(within)
        over = f"over the {steps(lag)} that the task needs"
        if left > np.log(2.0):
            return f"a gradient grows {power(left)} times {over}"
        return f"{power(left)} of a gradient is left {over}"

    def horizon_of(self, picture: Snapshot) -> str:
        """A picture's horizon in words."""
        return steps(picture.horizon) if picture.horizon is not None else f"beyond {steps(picture.T)}"

    def quiet(self) -> str:
        """What the task asks, when the horizon got there, what clipping did, and what sets runs apart."""
        run = self.run
        said = [f"{run.task.asks}; guessing ({run.task.guess}) costs {number(run.chance)}."]
        if run.reached is not None and run.updates:
            when = run.reached.update
            first = f"from the checkpoint at update {when:,}" if when else "from the start"
            said.append(f"The horizon exceeds the {steps(run.lag or 0)} needed {first}.")
        if run.updates and run.training.clipping != "none":
            said.append(self.clipped())
        said += self.differences()
        return " ".join(said)

    def clipped(self) -> str:
        """How often clipping engaged, by what factor, and how far it turned the gradient."""
        history = self.run.history
        on = history["share"][:, 0] > 0
        if not on.any():
            return "Clipping never engaged."
        factor = float(np.median(history["log_factor"][on, 0]))
        angle = float(np.degrees(np.arccos(np.clip(np.median(history["cosine"][on, 0]), -1.0, 1.0))))
        turned = f", turned by {number(angle, 2)}°" if angle > 0.05 else ""
        return (
            f"Clipping engaged at {percent(float(on.mean()))} of the updates, "
            f"typically to {power(factor)} of the size{turned}."
        )

    def differences(self) -> list[str]:
        """What each further run has that the first has not, in words."""
        first = self.runs[0]
        return [
            f"{run.name} differs from {first.name} in {changed(first.training, run.training)}."
            for run in self.runs[1:]
        ]

    def table(self) -> Mapping[str, Any]:
        """Every update of every run."""
        columns: dict[str, list[Any]] = {
            "run": [], "update": [], "loss": [], "accuracy": [], "log10 gradient norm": [],
            "log10 after clipping": [], "share clipped": [], "cosine": [],
        }  # fmt: skip
        for run in self.runs:
            n = run.updates
            h = run.history
            columns["run"] += [run.name] * n
            columns["update"] += list(range(1, n + 1))
            for column, name in (("loss", "loss"), ("accuracy", "accuracy"), ("share clipped", "share"),
                                 ("cosine", "cosine")):  # fmt: skip
                columns[column] += h[name][:, 0].tolist()
            columns["log10 gradient norm"] += (h["log_before"][:, 0] / np.log(10.0)).tolist()
            columns["log10 after clipping"] += (h["log_after"][:, 0] / np.log(10.0)).tolist()
        return columns

    def loss_alt(self) -> str:
        """The loss curves in words."""
        parts = [
            f"run {run.name}: loss {number(run.loss)} after {run.updates:,} updates"
            for run in self.runs
            if run.updates
        ]
        return f"Loss over updates; chance is {number(self.run.chance)}. " + "; ".join(parts)

    def norms_alt(self) -> str:
        """The gradient norms in words."""
        run = self.run
        if not run.updates:
            return "Norm of the gradient over 0 updates."
        sizes = run.history["log_before"][:, 0]
        low, high = power(float(sizes.min())), power(float(sizes.max()))
        return f"Norm of the gradient over updates, from {low} to {high}."

    def clip_alt(self) -> str:
        """Clipping over time in words."""
        said = self.clipped() if self.run.updates else "No update yet."
        return f"Share of the last 20 updates at which clipping engaged, over time. {said}"

    def map_alt(self) -> str:
        """The map in words."""
        far = self.horizon_of(self.picture)
        return f"Horizon map after {self.picture.update:,} updates; the horizon is {far}."

    def lag_alt(self) -> str:
        """The curves by lag in words."""
        return f"Gradient by lag after {self.picture.update:,} updates: {self.range_of(self.picture)}."

    def spectrum_alt(self) -> str:
        """The Jacobians' eigenvalues in words."""
        return (
            f"Eigenvalues of the one-step Jacobian after {self.picture.update:,} updates; "
            f"spectral radius up to {number(float(self.picture.radius.max()))}."
        )


def sentence(words: str) -> str:
    """The words with a capital at the beginning."""
    return words[:1].upper() + words[1:]
