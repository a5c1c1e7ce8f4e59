"""Gradient descent on the cliff, with and without clipping, and how far chance has a hand in it.

A path that touches the wall twice is decided by rounding: every path is run again from starts moved by
10⁻¹², and where the companions part, the path is labelled as what it is.
"""

from dataclasses import dataclass

import numpy as np

from explorer import cliff
from explorer.arrays import Array, freeze
from explorer.parameters import Range, check, choice, grid, param

W, B = (3.0, 7.0), (-4.5, 1.5)  # the part of the plane that is drawn, and where a start may lie
SPACING = 0.05  # of the map's points
MOVED = 1e-12  # how far the companions start away
APART = 1e-3  # a path is chance from the step on at which a companion is so far away
COMPANIONS = ((0.0, 0.0), (MOVED, 0.0), (-MOVED, 0.0), (0.0, MOVED), (0.0, -MOVED))
HEIGHTS = {"loss": "loss E", "gradient": "size of the gradient"}
LENGTHS = (25, 50, 100, 200, 400)  # a path is computed to one of these lengths and cut


@dataclass(frozen=True)
class Descent:
    """What is drawn of the cliff, and the descent on it."""

    cliff_surface: str = param("loss", choice("Height", HEIGHTS, "What the map and the surface show."))
    start_w: float = param(4.4, Range("Start w", *W, 0.01, "Or click the map."))
    start_b: float = param(-2.9, Range("Start b", *B, 0.01, "Or click the map."))
    cliff_rate: float = param(
        1.0, Range("Learning rate η", 1e-4, 10.0, 1e-4, "Length of a step per size of the gradient.")
    )
    cliff_threshold: float = param(
        0.1,
        Range("Clip at θ", 1e-4, 1e4, 1e-4, "Gradients longer than this are cut to it.",
              tuple(float(f"{x:.2g}") for x in np.logspace(-2, 2, 41))),
    )  # fmt: skip
    cliff_steps: int = param(
        100,
        Range("Steps", 0, 400, 1, "Steps of gradient descent.",
              grid((0, 60, 1), (60, 100, 2), (100, 400, 10))),
    )  # fmt: skip
    wall_w: float = param(
        6.0, Range("Close-up at w", 4.3, 7.0, 0.01, "Where the wall is cut through.", grid((4.3, 7, 0.05)))
    )

    def __post_init__(self) -> None:
        """Refuses values outside their controls."""
        check(self)


@dataclass(frozen=True)
class Path:
    """One descent, the start included."""

    w: Array  # (n + 1,)
    b: Array  # (n + 1,)
    loss: Array  # (n + 1,)
    log10_norm: Array  # (n + 1,), of the gradient before it is clipped
    factor: Array  # (n + 1,), by which clipping shortens the step taken there
    apart: Array  # (n + 1,), how far the farthest companion is away

    def upto(self, steps: int) -> "Path":
        """The first so many steps."""
        return Path(*(a[: steps + 1] for a in vars(self).values()))

    @property
    def lengths(self) -> Array:
        """(n,), length of every step in the plane of w and b."""
        return np.hypot(np.diff(self.w), np.diff(self.b))

    @property
    def engaged(self) -> int:
        """How many of the steps taken were shortened."""
        return int(np.sum(self.factor[:-1] < 1))

    @property
    def chance_from(self) -> int | None:
        """The first step whose point is decided by rounding; None if all can be trusted."""
        far = np.flatnonzero(self.apart > APART)
        return int(far[0]) if far.size else None

    @property
    def ends_by_chance(self) -> bool:
        """Whether rounding decides where the path ends; companions may part on the way and meet again."""
        return bool(self.apart[-1] > APART)

    @property
    def crossings(self) -> int:
        """How often the path steps across the cliff line where there is a wall."""
        side = np.sign(self.b - cliff.wall(self.w))
        steep = self.w * cliff.SLOPE0 > 1
        return int(np.sum((side[1:] != side[:-1]) & (steep[1:] | steep[:-1])))


def descend(w: Array, b: Array, rate: float, thresholds: Array, steps: int) -> tuple[Array, ...]:
    """Gradient descent from many starts w, b (n,) at once, ‖gradient‖ cut to each one's threshold (n,).

    Returns w, b, loss, log₁₀‖gradient‖ and the clipping factor, (steps + 1, n) each. A start whose gradient
    is no longer finite stays where it is.
    """
    rows = []
    for _ in range(steps + 1):
        point = cliff.evaluate(w, b)
        norm = np.hypot(point.dw, point.db)
        factor = np.minimum(1.0, thresholds / np.maximum(norm, 1e-300))
        rows.append((w, b, point.loss, point.log10_norm, factor))
        length = np.where(np.isfinite(norm), rate * factor, 0.0)
        w, b = (v - length * np.where(np.isfinite(norm), d, 0.0) for v, d in ((w, point.dw), (b, point.db)))
    return tuple(np.stack(column) for column in zip(*rows, strict=True))


def paths(start: tuple[float, float], rate: float, threshold: float, steps: int) -> tuple[Path, Path]:
    """The descent from one start without clipping and with it, each with its companions."""
    moves = np.array(COMPANIONS)
    w, b = start[0] + np.tile(moves[:, 0], 2), start[1] + np.tile(moves[:, 1], 2)
    thresholds = np.repeat([np.inf, threshold], len(moves))
    columns = descend(w, b, rate, thresholds, steps)
    found = []
    for first in (0, len(moves)):
        group = slice(first, first + len(moves))
        ws, bs = columns[0][:, group], columns[1][:, group]
        away = np.hypot(ws - ws[:, :1], bs - bs[:, :1]).max(axis=1)
        w0, b0, loss, log10_norm, factor = (column[:, first] for column in columns)
        found.append(freeze(Path(w0, b0, loss, log10_norm, factor, away)))
    return found[0], found[1]


def rounded_up(steps: int) -> int:
    """The length to which a path of so many steps is computed."""
    return next(length for length in LENGTHS if length >= steps)
