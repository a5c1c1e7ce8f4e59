"""One experiment, run: weights drawn, sequence read, states, losses and gradients recorded."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from explorer import errors, flow
from explorer.activations import ACTIVATIONS
from explorer.arrays import Array, Integers, freeze
from explorer.cells import CELLS, LSTM, RNN, Cell
from explorer.chain import Chain
from explorer.experiment import Experiment
from explorer.flow import Backward, Trace
from explorer.initial import starting_state
from explorer.lstm_steps import LSTMSteps
from explorer.readout import Loss, Readout, carrying, cross_entropy, draw_readout, readout_gradient
from explorer.sequences import INPUTS, SENTENCE, Sequence, read_text, tokens_of
from explorer.weights import Biases, Recipe, Weights, draw, ensemble

STRETCH = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)  # lengths that runs are computed at


@dataclass(frozen=True)
class Run:
    """What one experiment recorded; every array is read-only.

    `trace` may be shorter than the experiment asks: it ends where the state would pass 1e150.
    """

    experiment: Experiment
    cell: Cell
    weights: Weights
    readout: Readout
    sequence: Sequence
    trace: Trace

    @property
    def T(self) -> int:
        """The steps that were run."""
        return self.trace.T

    @property
    def overflowed(self) -> bool:
        """Whether the state passed 1e150 before the last step asked for."""
        return self.T < self.experiment.T

    @cached_property
    def chain(self) -> Chain:
        """The one-step Jacobians ∂s_t/∂s_{t-1} of the joint state."""
        chain = flow.chain(self.cell, self.weights, self.trace)
        if self.cell.name != LSTM.name:
            return chain
        return replace(chain, parts=LSTMSteps.of(self.weights, self.trace).factors)

    @cached_property
    def loss(self) -> Loss:
        """Probabilities, losses and their own error signals, every step."""
        e = self.experiment
        carries = carrying(e.placement, self.T, min(e.first_error, self.T))
        return freeze(
            cross_entropy(self.readout, self.trace.s["h"][1:], self.sequence.targets[: self.T], carries)
        )

    @cached_property
    def back(self) -> Backward:
        """Backpropagation through time of the whole loss."""
        return freeze(flow.backward(self.cell, self.weights, self.trace, {"h": self.loss.direct()}))

    @cached_property
    def readout_gradient(self) -> Readout:
        """∂E/∂V and ∂E/∂c."""
        return freeze(readout_gradient(self.loss, self.trace.s["h"][1:]))

    @cached_property
    def error_maps(self) -> errors.ErrorMaps:
        """Every ∂E_t/∂h_k and what it contributes."""
        return freeze(
            errors.error_maps(self.cell, self.weights, self.trace, self.back, self.loss.direct())
        )

    @cached_property
    def lag_terms(self) -> errors.LagTerms:
        """∂E/∂W opened up by lag."""
        return freeze(errors.lag_terms(self.cell, self.weights, self.trace, self.loss.direct()))

    def upto(self, experiment: Experiment) -> "Run":
        """The same run cut to a shorter experiment's length, nothing recomputed."""
        return Run(
            experiment,
            self.cell,
            self.weights,
            self.readout,
            self.sequence,
            self.trace.upto(min(self.T, experiment.T)),
        )


Drawn = Any  # an Experiment or a Training: a network is drawn from the fields that both of them have


def cell_of(e: Drawn) -> Cell:
    """The cell of an experiment or a training."""
    return RNN(ACTIVATIONS[e.activation]) if e.cell == RNN.name else CELLS[e.cell]()


def sequence_of(e: Experiment) -> Sequence:
    """The experiment's input sequence."""
    if e.input == SENTENCE:
        return read_text(e.text, e.level)
    return INPUTS[e.input].build(e.steps, e.seed)


def recipe_of(e: Drawn) -> Recipe:
    """How the weights of an experiment or a training are drawn."""
    constants = {"a": e.bias} if e.cell == RNN.name else {}
    if e.cell == LSTM.name:
        constants = {"f": e.forget_bias, "i": e.input_bias}
    chrono = e.T if e.cell == LSTM.name and e.forget_rule == "chrono" else 0
    return Recipe(e.initialiser, e.gain, e.input_scale, Biases(constants, chrono))


def weights_of(e: Experiment, X: int, seed: int) -> Weights:
    """The weights the experiment draws under a seed."""
    return draw(cell_of(e), e.hidden_size, X, recipe_of(e), seed=seed)


def run(e: Experiment) -> Run:
    """Run one experiment; the same experiment gives the same arrays, bit for bit, on one machine.

    Raises OverflowError if the very first state passes 1e150.
    """
    cell, sequence = cell_of(e), sequence_of(e)
    w = weights_of(e, sequence.X, e.seed)
    readout = draw_readout(sequence.X, e.hidden_size, seed=e.seed)
    s0 = starting_state(cell, e.start, e.hidden_size, seed=e.seed)
    trace = flow.forward(cell, w, sequence.x, s0)
    return freeze(Run(e, cell, w, readout, sequence, trace))


def at_most(e: Experiment, T: int) -> Experiment:
    """The experiment at most T steps long; a longer sentence is read up to there."""
    if e.T <= T:
        return e
    if e.input != SENTENCE:
        return replace(e, steps=T)
    tokens = tokens_of(e.text, e.level)[: T + 1]
    return replace(e, text=(" " if e.level == "words" else "").join(tokens))


def stretched(e: Experiment) -> Experiment:
    """The experiment at the next longer length of STRETCH, of which this one is the beginning.

    A sentence, and the chrono rule, whose biases depend on T, are left as they are; so is a length whose
    stretched form would exceed the work limit.
    """
    if e.input == SENTENCE or e.forget_rule == "chrono":
        return e
    longer = next(length for length in STRETCH if length >= e.steps)
    try:
        return replace(e, steps=longer)
    except ValueError:
        return e


@dataclass(frozen=True)
class Ensemble:
    """One experiment under several seeds, run together; the leading axis is the seed."""

    cell: Cell
    weights: Weights
    trace: Trace
    targets: Integers  # (T, seeds)
    V: Array  # (seeds, K, H), each seed's readout


def run_ensemble(e: Experiment, seeds: tuple[int, ...]) -> Ensemble:
    """Run one experiment under several seeds at once, as far as all of them stay below 1e150."""
    return run_members([replace(e, seed=seed) for seed in seeds])


def run_members(members: list[Experiment]) -> Ensemble:
    """Run experiments of one cell, size and length at once, as far as all of them stay below 1e150.

    Each draws weights, inputs, start and readout as it would alone.
    """
    cell, sequences = cell_of(members[0]), [sequence_of(e) for e in members]
    X, H = sequences[0].X, members[0].hidden_size
    w = ensemble([weights_of(e, X, e.seed) for e in members])
    starts = [starting_state(cell, e.start, H, seed=e.seed) for e in members]
    s0 = {block: np.stack([s[block] for s in starts]) for block in cell.state}
    trace = flow.forward(cell, w, np.stack([sequence.x for sequence in sequences], axis=1), s0)
    targets = np.stack([sequence.targets for sequence in sequences], axis=1)
    V = np.stack([draw_readout(X, H, seed=e.seed).V for e in members])
    return Ensemble(cell, w, trace, targets, V)


def seed_runs(e: Experiment, seeds: tuple[int, ...]) -> Chain:
    """The one-step Jacobians of one experiment under several seeds, as one ensemble (leading axis: seed)."""
    members = run_ensemble(e, seeds)
    return flow.chain(members.cell, members.weights, members.trace)
