"""Clipping seen over many mini-batches: how often it engages, how hard, and how far each way of it turns.

By value and by norm are compared where they leave the gradient equally long; then only the angle differs.
"""

from dataclasses import dataclass, replace

import numpy as np

from explorer.arrays import Array, freeze
from explorer.parameters import Range, check, choice, grid, param
from explorer.training import clips
from explorer.training.course import Course
from explorer.training.settings import Training

BATCHES = 64  # mini-batches whose gradients are drawn at initialisation
HALVINGS = 50  # of the interval in which a value threshold is sought
INPUT_SCALE = 0.3  # small inputs do not saturate the network: at a gain above 1 its gradient explodes
PLAYERS = {"rnn": "tanh RNN", "lstm": "LSTM"}


@dataclass(frozen=True)
class Theatre:
    """The network on stage, its training, and the threshold."""

    player: str = param("rnn", choice("Network", PLAYERS, "Trained on recall, from small inputs."))
    clip_line: float = param(
        1.0,
        Range("Threshold θ", 1e-4, 1e4, 1e-4, "Gradients longer than this are cut to it; or click the plot.",
              tuple(float(f"{x:.2g}") for x in np.logspace(-2, 2, 41))),
    )  # fmt: skip
    player_gain: float = param(1.5, Range("Gain of W", 0.1, 4.0, 0.01, "", grid((0.1, 4, 0.1))))
    player_steps: int = param(
        20, Range("Sequence T", 2, 100, 1, "Symbols read.", grid((2, 40, 1), (40, 100, 5)))
    )
    player_rate: float = param(0.3, Range("SGD’s learning rate", 1e-4, 10.0, 1e-4))
    player_updates: int = param(500, Range("Updates", 20, 2_000, 10, "Of both trainings."))
    player_seed: int = param(0, Range("Seed of both", 0, 9_999, 1))

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)


def trainings(d: Theatre) -> tuple[Training, Training]:
    """The training without clipping and with it, from one seed."""
    plain = Training(
        task="recall", cell=d.player, gain=d.player_gain, input_scale=INPUT_SCALE, steps=d.player_steps,
        seed=d.player_seed, optimiser="sgd", learning_rate=d.player_rate, clipping="none",
        updates=d.player_updates, snapshots=2,
    )  # fmt: skip
    return plain, replace(plain, clipping="norm", threshold=d.clip_line)


@dataclass(frozen=True)
class Stage:
    """The network as it was drawn, and its gradients on many mini-batches."""

    rows: Array  # (n, P), gradients, unclipped
    log_norms: Array  # (n,)
    log_signals: Array  # (T + 1,), ln‖∂E_T/∂h_k‖ on one sequence


def stage(training: Training) -> Stage:
    """Gradients of BATCHES mini-batches at initialisation."""
    course = Course(training, seeds=(training.seed,))
    state, trainer = course.state, course.trainer
    rows = np.stack([trainer.gradient(state, n + 1).rows[0] for n in range(BATCHES)]).astype(np.float64)
    signals = course.snapshots[0].log_signals if course.snapshots else np.full(training.T + 1, -np.inf)
    return freeze(Stage(rows, clips.log_norms(rows), signals))


def as_short_by_value(rows: Array, log_after: Array) -> Array:
    """The rows (n, P) with every entry cut at a value of its row's own, so that ln‖row‖ becomes log_after."""
    low, high = np.zeros(len(rows)), np.abs(rows).max(axis=1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        longer = clips.log_norms(np.clip(rows, -middle[:, None], middle[:, None])) > log_after
        low, high = np.where(longer, low, middle), np.where(longer, middle, high)
    return np.asarray(np.clip(rows, -high[:, None], high[:, None]))


def angles(a: Array, b: Array) -> Array:
    """Degrees between the rows of a and b, (n,), from the chord, which keeps small angles apart from 0."""
    unit_a, unit_b = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-300) for v in (a, b))
    chord = np.linalg.norm(unit_a - unit_b, axis=1)
    return np.asarray(np.degrees(2.0 * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0))))
