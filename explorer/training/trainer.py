"""Training step by step: values in, values out; a divergence is noticed and the last finite state kept.

A state and the number of an update decide everything that follows, for each update draws its mini-batch from
a random stream of its own: that is what makes a run resume bit for bit. Several seeds train together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.arrays import Array, Integers
from explorer.readout import draw_readout
from explorer.run import cell_of, recipe_of
from explorer.training import clips
from explorer.training.batches import Batch, stacked
from explorer.training.bptt import Gradient, Network, Rules
from explorer.training.clips import Engagement
from explorer.training.layout import Floats
from explorer.training.optimisers import OPTIMISERS, Rate, Slots
from explorer.training.settings import Training
from explorer.training.text import Corpus
from explorer.weights import draw

DATA, PROBE = 101, 102  # random streams of the mini-batches, and of the one sequence that is watched
CANDIDATES = 16  # sequences that the watched one is chosen from
RUNNING = -1


@dataclass(frozen=True)
class State:
    """M networks after so many updates."""

    update: int  # updates taken
    rows: Floats  # (M, P), the parameters
    slots: Slots  # what the optimiser remembers
    diverged: Integers  # (M,), the update at which a number ceased to be finite; RUNNING where none did

    @property
    def running(self) -> bool:
        """Whether any of the networks is still finite."""
        return bool(np.any(self.diverged == RUNNING))


@dataclass(frozen=True)
class Update:
    """What one update saw, each (M,); of a network that has diverged, nan."""

    loss: Array  # of the mini-batch, before the update
    accuracy: Array
    clipped: Engagement


class Trainer:
    """Trains one setting under one or several seeds together."""

    def __init__(
        self, training: Training, *, seeds: Sequence[int] | None = None, corpus: Corpus | None = None
    ) -> None:
        """Buffers for all seeds; raises ValueError where the text task has no fit text."""
        self.training = training
        self.seeds = tuple(seeds) if seeds is not None else (training.seed,)
        self.corpus = corpus
        self.task = training.learns(corpus)
        self.layout = training.layout(self.task)
        self.dtype = np.dtype(training.precision).type
        shape = (len(self.seeds), training.T, training.batch)
        self.network = Network(self.layout, shape, training.activation, self.dtype)
        self.rules = Rules(training.truncation)
        self.optimiser = OPTIMISERS[training.optimiser]
        self.rate = Rate(training.learning_rate, training.momentum)

    def start(self) -> State:
        """The networks as they are drawn."""
        t, layout = self.training, self.layout
        rows = [
            layout.pack(
                draw(cell_of(t), layout.H, layout.X, recipe_of(t), seed=seed),
                draw_readout(layout.K, layout.H, seed=seed),
            )
            for seed in self.seeds
        ]
        parameters = np.stack(rows).astype(self.dtype)
        slots = tuple(np.zeros_like(parameters) for _ in range(self.optimiser.slots))
        return State(0, parameters, slots, np.full(len(rows), RUNNING))

    def batch(self, number: int) -> Batch:
        """The mini-batches of update `number`, one for each seed: (M, T, B)."""
        t = self.training
        draws = [
            self.task.draw(np.random.default_rng([seed, DATA, number]), t.steps, t.batch)
            for seed in self.seeds
        ]
        return stacked(draws)

    def gradient(self, state: State, number: int) -> Gradient:
        """Loss and gradient, unclipped, of the state's networks on the mini-batches of update `number`."""
        return self.network.gradient(state.rows, self.batch(number), self.rules)

    def clipped(self, state: State, batch: Batch) -> tuple[Gradient, Floats, Engagement]:
        """The gradient on a batch, what the optimiser is handed of it, and what clipping did."""
        found, t = self.network.gradient(state.rows, batch, self.rules), self.training
        if t.clipping == "norm":
            return found, *clips.by_norm(found.rows, t.threshold)
        if t.clipping == "value":
            return found, *clips.by_value(found.rows, t.threshold)
        if t.clipping == "none":
            return found, *clips.untouched(found.rows)
        inside = self.network.gradient(state.rows, batch, replace(self.rules, threshold=t.threshold))
        engagement = clips.compared(found.rows, inside.rows, inside.engaged)
        return found, inside.rows, replace(engagement, log_factor=inside.log_least)

    def step(self, state: State) -> tuple[State, Update]:
        """The state after one more update, and what the update saw.

        A network whose loss, gradient or new parameters are not finite stays as it was.
        """
        number = state.update + 1
        found, g, engagement = self.clipped(state, self.batch(number))
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            rows, slots = self.optimiser.step(state.rows, g, state.slots, number, self.rate)
        finite = np.isfinite(found.loss) & (engagement.log_after < np.inf) & np.isfinite(rows).all(axis=1)
        going = finite & (state.diverged == RUNNING)
        fallen = ~finite & (state.diverged == RUNNING)
        if not going.all():
            keep = going[:, None]
            rows = np.where(keep, rows, state.rows)
            slots = tuple(np.where(keep, a, b) for a, b in zip(slots, state.slots, strict=True))
        known = state.diverged == RUNNING
        seen = Update(
            np.where(known, found.loss, np.nan), np.where(known, found.accuracy, np.nan), engagement
        )
        return State(number, rows, slots, np.where(fallen, number, state.diverged)), seen

    def probe(self) -> Batch:
        """The one sequence that is watched through the training: (1, T, 1), the same at every checkpoint.

        Of a few that are drawn, the one that is asked most: a long sentence rather than a short one.
        """
        rng = np.random.default_rng([self.seeds[0], PROBE])
        drawn = self.task.draw(rng, self.training.steps, CANDIDATES)
        one = int(np.argmax(np.count_nonzero(drawn.weights, axis=0)))
        x, targets, weights, scored = (a[:, one : one + 1] for a in vars(drawn).values())
        return stacked([Batch(x, targets, weights * CANDIDATES, scored)])  # E is a batch's mean, here of one
