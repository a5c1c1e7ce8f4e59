"""How often clipping engages, by what factor and at what angle, and what training makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, freeze
from explorer.theatre import PLAYERS, Stage, Theatre, angles, as_short_by_value, stage, trainings
from explorer.training.course import Course, History
from explorer.training.tasks import TASKS
from explorer.wording import number, percent, power, times

LN10 = float(np.log(10.0))
READY = {
    "Clipping rescues": (
        Theatre(),
        "tanh with a gain of 1.5 and plain SGD: unclipped it is thrown about, clipped at 1 it learns.",
    ),
    "A threshold that never engages": (
        Theatre(clip_line=100.0),
        "Above every gradient on the way the two trainings are the same, number by number.",
    ),
    "Vanishing stays": (
        Theatre(player_gain=0.5),
        "At a gain of 0.5 the gradient vanishes: there is nothing to clip, and neither training learns.",
    ),
    "The LSTM is clipped too": (
        Theatre(player="lstm", player_updates=200, clip_line=0.1),
        "An LSTM’s gradients over the same mini-batches: smaller, and cut by a smaller threshold.",
    ),
}


@dataclass(frozen=True)
class TheatreReport:
    """What the theatre shows."""

    d: Theatre
    stage: Stage
    plain: History
    clipped: History
    fallen: bool  # whether the unclipped training has diverged
    log_factor: Array  # (n,), of each mini-batch at initialisation
    turned: Array  # (n,), degrees by which cutting by value to the same length turns it
    shown: int  # the mini-batch of median length, drawn in the plane

    @property
    def finished(self) -> bool:
        """Whether both trainings have come to their end."""
        return len(self.clipped) >= self.d.player_updates and (
            self.fallen or len(self.plain) >= self.d.player_updates
        )

    @property
    def engaged(self) -> float:
        """The share of mini-batches at initialisation that the threshold cuts."""
        return float(np.mean(self.log_factor < 0))

    @property
    def engaged_in_training(self) -> float:
        """The share of updates of the clipped training that were cut."""
        return float(np.mean(self.clipped["log_factor"] < 0)) if len(self.clipped) else 0.0

    def finding(self) -> str:
        """What training makes of the threshold, from the same seed."""
        theta, name = number(self.d.clip_line), PLAYERS[self.d.player]
        if not len(self.clipped) or not len(self.plain):
            share = percent(self.engaged)
            return f"A threshold of {theta} cuts {share} of the {name}'s mini-batches at the start"
        so_far = "" if self.finished else "So far, "
        ends = [percent(float(right(h)[-1])) for h in (self.plain, self.clipped)]
        if self.fallen:
            ends[0] = "nothing, for its numbers overflowed"
        if not self.engaged_in_training:
            return f"{so_far}θ = {theta} cuts no update: with it and without, {ends[1]} of answers are right"
        return (
            f"{so_far}{'u' if so_far else 'U'}nclipped the {name} gets {ends[0]} right, clipped at "
            f"θ = {theta} it gets {ends[1]}; {percent(self.engaged_in_training)} of the updates are cut"
        )

    def readout(self) -> str:
        """The numbers at initialisation in one line."""
        cut = self.log_factor < 0
        n = len(self.log_factor)
        if not cut.any():
            return f"At initialisation the threshold cuts none of {n} mini-batches."
        by_value = number(float(np.median(self.turned[cut])), 2)
        return (
            f"At initialisation it cuts {percent(self.engaged)} of {n} mini-batches, the median of those to "
            f"{times(float(np.median(self.log_factor[cut])))}; turned by 0° by norm, by {by_value}° by value "
            "where the length is the same. The page Clipping looks at one run’s gradient entry by entry."
        )

    def distribution_alt(self) -> str:
        """The distribution in words."""
        logs = self.stage.log_norms
        return (
            f"Distribution of gradient norms over {len(logs)} mini-batches at initialisation, from "
            f"{power(float(logs.min()))} to {power(float(logs.max()))}, and over {len(self.clipped)} updates "
            f"of the clipped training. {self.readout()}"
        )

    def plane_alt(self) -> str:
        """The plane in words."""
        i, length = self.shown, power(float(self.stage.log_norms[self.shown]))
        return (
            f"One gradient of length {length} before and after, by norm and by "
            f"value: by value it is turned by {number(float(self.turned[i]), 2)}°."
        )

    def steps_alt(self) -> str:
        """The curve by step in words."""
        s = self.stage.log_signals
        return (
            f"Error signal at every step: {power(float(s[1]))} at step 1, {power(float(s[-1]))} at step "
            f"{len(s) - 1}; by norm every step shrinks alike, so what had vanished stays vanished."
        )

    def training_alt(self) -> str:
        """Both trainings in words."""
        return f"Loss and gradient norm of both trainings over {len(self.clipped)} updates. {self.finding()}."

    @property
    def chance(self) -> float:
        """The loss of guessing."""
        return TASKS["recall"].baseline(self.d.player_steps)

    def table(self) -> dict[str, Array]:
        """Every mini-batch as a row."""
        return {
            "mini-batch": np.arange(1.0, len(self.log_factor) + 1),
            "log10 norm": self.stage.log_norms / LN10,
            "log10 factor": self.log_factor / LN10,
            "turned by value, degrees": self.turned,
        }


def right(history: History) -> Array:
    """The accuracy of a training of one seed, averaged over the last updates, where it is finite, (n,)."""
    smooth = history.smooth("accuracy")[:, 0]
    finite = smooth[np.isfinite(smooth)]
    return finite if finite.size else np.zeros(1)


def drawn(d: Theatre) -> Stage:
    """The gradients at initialisation; no threshold is in them."""
    return stage(trainings(d)[0])


def unclipped(d: Theatre) -> Theatre:
    """The setting with all that the gradients at initialisation do not depend on at its default."""
    return Theatre(
        player=d.player, player_gain=d.player_gain, player_steps=d.player_steps, player_seed=d.player_seed
    )


def theatre_report(d: Theatre, found: Stage, courses: Sequence[Course]) -> TheatreReport:
    """The report of one setting and its two trainings as they stand."""
    log_factor = np.minimum(0.0, np.log(d.clip_line) - found.log_norms)
    cut = as_short_by_value(found.rows, found.log_norms + log_factor)
    turned = np.where(log_factor < 0, angles(found.rows, cut), 0.0)
    shown = int(np.argsort(found.log_norms)[len(found.log_norms) // 2])
    plain, clipped = (course.history() for course in courses)
    fallen = courses[0].diverged is not None
    return freeze(TheatreReport(d, found, plain, clipped, fallen, log_factor, turned, shown))
