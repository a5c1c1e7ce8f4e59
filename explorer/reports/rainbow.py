"""Which loss sends how much to which earlier step, at one checkpoint of a training run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from explorer.arrays import Array, Integers
from explorer.itemised import Itemised
from explorer.reports.training_runs import RunView
from explorer.training.snapshot import Snapshot
from explorer.wording import number, percent, power, steps, times

MOST_COLUMNS = 120  # source steps drawn; of a longer sequence evenly spaced ones
MOST = 0.9  # the part of a step's gradient by which the reach of the losses is told
FELT = 0.1  # the share from which on a loss counts at a step
ALL = 1.005  # what still reads as 100 %
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class RainbowReport:
    """The losses of one sequence taken one by one; `kept` is the loss step singled out, 0 for none."""

    run: RunView
    moment: int
    kept: int

    @property
    def at(self) -> int:
        """The picture's number, as far as there is one."""
        return min(self.moment, len(self.run.snapshots) - 1)

    @property
    def picture(self) -> Snapshot:
        """The picture that is looked at."""
        return self.run.snapshots[self.at]

    @property
    def items(self) -> Itemised:
        """Its losses, one by one or in groups of neighbours."""
        return self.picture.items

    @cached_property
    def sources(self) -> Integers:
        """The steps k that are drawn, from 1 on."""
        return np.arange(1, self.items.T + 1, -(-self.items.T // MOST_COLUMNS))

    @property
    def group(self) -> int | None:
        """The number of the group that holds the kept loss; None where none is kept, or none holds it."""
        held = (self.items.first <= self.kept) & (self.kept <= self.items.last)
        return int(np.argmax(held)) if self.kept and held.any() else None

    def name(self, g: int) -> str:
        """A group of losses in words: "the loss of step 14", "the losses of steps 3 to 4"."""
        first, last = int(self.items.first[g]), int(self.items.last[g])
        return f"the loss of step {first}" if first == last else f"the losses of steps {first} to {last}"

    def word(self, step: int) -> str:
        """What is read at a step, where the task reads symbols that have names; else nothing."""
        x = self.run.probe.x
        return self.run.task.symbols[int(x[0, step - 1, 0])] if x.ndim == 3 and self.run.task.symbols else ""

    def finding(self) -> str:
        """How far away the losses are that make up a step's gradient, now and before training."""
        if self.group is not None:
            return self.of_one(self.group)
        if len(self.items.first) == 1:
            return self.of_the_only_one()
        now, before = (reach(items) for items in (self.items, self.run.snapshots[0].items))
        when = self.when(self.picture)
        said = f"{when[:1].upper()}{when[1:]} {MOST:.0%} of a step’s gradient comes from losses ".replace(
            "%", " %"
        )
        if not self.picture.update:
            return f"{said}{near(now)}"
        if now == before:
            return f"{said}{near(now)}, as before training"
        return f"{said}{near(now)}, before training {near(before)}"

    def of_one(self, g: int) -> str:
        """How far back one loss, or one group, counts."""
        items, name, when = self.items, self.name(g), self.when(self.picture)
        makes = "makes" if items.first[g] == items.last[g] else "make"
        last = int(items.last[g])
        felt = np.flatnonzero(items.share[g, 1 : last + 1] >= FELT) + 1
        left = times(float(items.log_size[g, 1] - items.log_size[g, last]))
        arrives = f"; {left} reaches step 1" if last > 1 else ""
        if not len(felt):
            return (
                f"{when[:1].upper()}{when[1:]} {name} {makes} up less than a tenth of every step’s gradient"
            )
        back = f"back to step {felt[0]}" if felt[0] < last else "at its own step alone"
        start = f"{when[:1].upper()}{when[1:]} {name} {makes} up at least a tenth of the gradient"
        return f"{start} {back}{arrives}"

    def of_the_only_one(self) -> str:
        """What arrives of the only loss there is."""
        items = self.items
        last = int(items.last[0])
        left = times(float(items.log_size[0, 1] - items.log_size[0, last]))
        return (
            f"One loss, at step {last}, is all the gradient there is: "
            f"{left} reaches step 1 {self.when(self.picture)}"
        )

    @staticmethod
    def when(picture: Snapshot) -> str:
        """The picture's moment in words."""
        if not picture.update:
            return "before any training"
        return f"after {picture.update:,} update{'s' if picture.update > 1 else ''}"

    def quiet(self) -> str:
        """How shares are meant, with what cancels at step 1, in one line."""
        if len(self.items.first) == 1:
            return (
                f"{self.run.task.label} asks once, so there is one colour. Tasks that ask at every step, "
                "such as Next word, Copy memory or a text, show the whole rainbow."
            )
        over = float(self.items.log_sum[1] - self.items.log_total[1])
        cancelled = f"at step 1 their sizes add up to {number(np.exp(min(over, 700.0)))} times the whole; "
        return (
            f"What the losses send back are vectors, which partly cancel: {cancelled if over < 700 else ''}"
            "a share is what one gives along the whole, so that shares add up to 100 %; below 0 it works "
            "against the rest."
        )

    def stacked_alt(self) -> str:
        """The stack in words."""
        most = int(np.argmax(self.items.share[:, 1]))
        return (
            f"Share of each of {len(self.items.first)} losses in the gradient at every source step, "
            f"{self.when(self.picture)}. {self.finding()}. At step 1 {self.name(most)} counts most, "
            f"{part(float(self.items.share[most, 1]))}."
        )

    def sizes_alt(self) -> str:
        """The sizes in words."""
        total = self.items.log_total
        return (
            f"Size of what each loss sends to every earlier step; all together {power(float(total[-1]))} "
            f"at the last step and {power(float(total[1]))} at step 1."
        )

    def distance_alt(self) -> str:
        """The shares by distance in words."""
        return (
            "Share of the losses up to a distance in a step’s gradient, averaged over all source steps: "
            f"{percent(float(mean_within(self.items)[0]))} is a step’s own loss. {self.finding()}."
        )

    def table(self) -> Mapping[str, Any]:
        """Every loss at every source step drawn."""
        items = self.items
        pairs = [(g, k) for k in self.sources for g in range(len(items.first)) if items.last[g] >= k]
        g, k = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
        return {
            "source step": k.tolist(),
            "first loss step": items.first[g].tolist(),
            "last loss step": items.last[g].tolist(),
            "share": items.share[g, k].tolist(),
            "log10 size": (items.log_size[g, k] / LN10).tolist(),
            "log10 size of the whole": (items.log_total[k] / LN10).tolist(),
        }


def reach(items: Itemised) -> int:
    """The smallest distance from which on the losses within it give at least MOST of a step's gradient."""
    short = np.flatnonzero(mean_within(items) < MOST)
    return int(min(short[-1] + 1, items.T - 1)) if len(short) else 0


def near(distance: int) -> str:
    """Losses up to a distance, in words."""
    return f"within {steps(distance)}" if distance else "of its own"


def mean_within(items: Itemised) -> Array:
    """The share of the losses at most d = 0..T − 1 steps away, averaged over the source steps, (T,).

    Source steps that nothing reaches, such as those after the last loss, are left out.
    """
    sources = np.arange(1, items.T + 1)[np.isfinite(items.log_total[1:])]
    by_distance = np.zeros(items.T)
    for k in sources:
        later = items.last >= k
        np.add.at(by_distance, items.last[later] - k, items.share[later, k])
    return np.asarray(np.cumsum(by_distance) / max(len(sources), 1))


def part(share: float) -> str:
    """A signed share in words: "93 %", "under 1 %", "over 100 %", "−12 %"."""
    if share > ALL:
        return "over 100 %, which others cut back"
    if share <= -0.01:
        return f"−{percent(-share)}"
    return "under 1 %" if 0 < abs(share) < 0.01 else percent(min(share, 1.0))
