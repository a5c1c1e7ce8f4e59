"""Which networks have learned to remember, after how many updates, and what one backward pass said before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, Integers, freeze
from explorer.remembering import (
    ASKED,
    CALIBRATED,
    SETS,
    TASKS,
    ZONE_NAMES,
    Remembering,
    gauge,
    trainings,
    zone,
)
from explorer.training.course import Course
from explorer.training.tasks import TASKS as ALL_TASKS
from explorer.training.trainer import RUNNING, Trainer
from explorer.wording import number, percent

READY = {
    "Forget bias decides": (
        Remembering(compared="forget"),
        "The same LSTM with four forget biases: the larger the bias, the sooner it remembers.",
    ),
    "Who remembers 60 steps?": (
        Remembering(mem_steps=60, mem_updates=400, mem_seeds=5),
        "Recall over 60 steps: the LSTM with forget bias 3 and the IRNN learn it, the others hardly ever. "
        "Takes a minute.",
    ),
    "Clipping rescues": (
        Remembering(compared="clipping", mem_updates=1_000, mem_seeds=10),
        "tanh with a gain of 1.5 and plain SGD: without clipping it never learns, with clipping it does. "
        "Takes half a minute.",
    ),
    "Another task, other odds": (
        Remembering(mem_task="order"),
        "Temporal order has a stepping stone half way: networks learn it at a gauge where recall fails.",
    ),
}


@dataclass(frozen=True)
class Arm:
    """One kind of network under M seeds, as far as its training has come."""

    name: str
    gauge: Array  # (M,), r at initialisation
    accuracy: Array  # (n, M), averaged over the last updates; nan after a divergence
    solved: Array  # (M,), the update at which the task was solved; nan where it was not
    diverged: Integers  # (M,), the update at which numbers ceased to be finite; RUNNING where they are
    most: int  # updates it may take

    @property
    def updates(self) -> int:
        """Updates taken so far."""
        return len(self.accuracy)

    @property
    def wins(self) -> int:
        """Seeds under which the task is solved."""
        return int(np.isfinite(self.solved).sum())

    @property
    def finished(self) -> bool:
        """Whether nothing more will come of it."""
        ended = np.isfinite(self.solved) | (self.diverged != RUNNING)
        return self.updates >= self.most or bool(np.all(ended))

    def score(self) -> str:
        """How many seeds have solved it: "2 of 3"."""
        return f"{self.wins} of {len(self.gauge)}"


@dataclass(frozen=True)
class RememberingReport:
    """What the page shows."""

    r: Remembering
    arms: tuple[Arm, ...]
    chance: float

    @property
    def finished(self) -> bool:
        """Whether all runs have come to their end."""
        return all(arm.finished for arm in self.arms)

    def finding(self) -> str:
        """Who has learned the task so far, and who has not."""
        best = max(self.arms, key=lambda arm: (arm.wins, -first_solved(arm)))
        worst = min(self.arms, key=lambda arm: (arm.wins, best_accuracy(arm)))
        task = ASKED[self.r.mem_task].format(self.r.mem_steps)
        when = "" if self.finished else "So far, "
        if best.wins == worst.wins == 0:
            top = percent(best_accuracy(max(self.arms, key=best_accuracy)))
            return capital(f"{when}no network has learned to {task}; the best is right in {top}")
        if worst.wins == best.wins:
            return capital(
                f"{when}all kinds learn to {task} alike ({best.score()} seeds), {best.name} first, after "
                f"{round(first_solved(best))} updates"
            )
        return capital(
            f"{when}{best.name} learns to {task} under {best.score()} seeds, {worst.name} "
            f"under {worst.score()}"
        )

    def zones(self) -> str:
        """What the gauge's zones rest on, as counts."""
        told = [
            f"{name} ({a} of {n} on recall, {b} of {m} on temporal order)"
            for name, ((a, n), (b, m)) in zip(ZONE_NAMES, CALIBRATED, strict=True)
        ]
        return (
            "The gauge r compares the gradient at the step that holds the information with that at the last, "
            f"before any training. Its zones come from 252 runs with Adam: {'; '.join(told)}. No "
            "verdict: SGD without clipping can fail at any r."
        )

    def curves_alt(self) -> str:
        """The curves in words."""
        told = [f"{arm.name} {percent(last_accuracy(arm))} after {arm.updates} updates" for arm in self.arms]
        return f"Share of right answers over updates, mean over seeds; chance {percent(self.chance)}: " + (
            "; ".join(told) + "."
        )

    def gauge_alt(self) -> str:
        """The gauge in words."""
        told = [
            f"{arm.name} r from {number(float(arm.gauge.min()), 2)} to {number(float(arm.gauge.max()), 2)} "
            f"({ZONE_NAMES[zone(float(np.median(arm.gauge)))]}), solved {arm.score()}"
            for arm in self.arms
        ]
        return f"Gauge at initialisation by network: {'; '.join(told)}."

    def table(self) -> dict[str, Array | list[str]]:
        """Every network as a row."""
        rows = [(arm, i) for arm in self.arms for i in range(len(arm.gauge))]
        return {
            "network": [arm.name for arm, _ in rows],
            "seed": [str(i) for _, i in rows],
            "gauge r": np.array([arm.gauge[i] for arm, i in rows]),
            "zone": [ZONE_NAMES[zone(float(arm.gauge[i]))] for arm, i in rows],
            "updates so far": np.array([arm.updates for arm, _ in rows], dtype=np.float64),
            "solved at update": np.array([arm.solved[i] for arm, i in rows]),
            "diverged at update": [
                "" if arm.diverged[i] == RUNNING else str(arm.diverged[i]) for arm, i in rows
            ],
        }


def capital(sentence: str) -> str:
    """The sentence with a capital at its beginning, unless it begins with a term that has none."""
    if sentence.startswith(("tanh", "sigmoid")):
        return f"The {sentence}"
    return sentence[:1].upper() + sentence[1:]


def first_solved(arm: Arm) -> float:
    """The first update at which any seed has solved the task; inf where none has."""
    return float(np.min(np.where(np.isfinite(arm.solved), arm.solved, np.inf)))


def accuracies(arm: Arm) -> Array:
    """Mean accuracy over the seeds that are finite, (n,)."""
    alive = np.isfinite(arm.accuracy)
    total = np.where(alive, arm.accuracy, 0.0).sum(axis=1)
    return np.asarray(np.where(alive.any(axis=1), total / np.maximum(alive.sum(axis=1), 1), np.nan))


def best_accuracy(arm: Arm) -> float:
    """The best accuracy so far, mean over seeds."""
    return float(np.nanmax(accuracies(arm), initial=0.0))


def last_accuracy(arm: Arm) -> float:
    """The last finite accuracy, mean over seeds; 0 before the first update."""
    finite = accuracies(arm)[np.isfinite(accuracies(arm))]
    return float(finite[-1]) if finite.size else 0.0


def arm_of(name: str, course: Course, r: Array) -> Arm:
    """One kind of network as far as it has come."""
    history = course.history()
    solved = course.solved_at() if len(history) else np.full(len(r), np.nan)
    return Arm(name, r, history.smooth("accuracy"), solved, course.state.diverged, course.training.updates)


def gauges(r: Remembering) -> tuple[Array, ...]:
    """r at initialisation of every network compared, one array for each kind."""
    seeds = range(r.mem_seeds)
    return tuple(freeze(gauge(Trainer(training, seeds=seeds))) for training in trainings(r).values())


def remembering_report(
    r: Remembering, courses: Sequence[Course], found: Sequence[Array]
) -> RememberingReport:
    """The report of the runs as they stand."""
    named = zip(trainings(r), courses, found, strict=True)
    arms = tuple(arm_of(name, course, values) for name, course, values in named)
    return RememberingReport(r, arms, ALL_TASKS[r.mem_task].chance)


def title(r: Remembering) -> str:
    """What is compared on which task."""
    return f"{SETS[r.compared]}, {TASKS[r.mem_task]}, T = {r.mem_steps}"
