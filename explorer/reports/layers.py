"""The non-linearities of a cell along one run: where their pre-activations fall, and the slope they leave."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer import measures
from explorer.activations import ACTIVATIONS, Activation
from explorer.arrays import Array, Integers, log
from explorer.cells import RNN, Cell
from explorer.run import Run
from explorer.wording import percent

BINS = 60
POINTS = 241  # of the drawn curves φ and φ′
NARROWEST, WIDEST = 4.0, 40.0  # limits of the a-axis to either side
SHOWN = 0.999  # the share of pre-activations that the a-axis holds, where WIDEST allows
MOST_COLUMNS = 200  # steps side by side in a heat map; longer runs are averaged over neighbours


@dataclass(frozen=True)
class Layer:
    """One non-linearity of the cell, over the whole run."""

    symbol: str  # "h" for an RNN, else the gate
    name: str
    activation: Activation
    a: Array  # (T, H), pre-activations
    slope: Array  # (T, H), φ′(a_t)

    def flat(self, a: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether a unit is saturated below, or above, at pre-activations of any shape.

        A gate is where it is shut (< 0.1) or open (> 0.9), anything else where its slope is below a tenth of
        the steepest.
        """
        if self.name.endswith("gate"):
            gate = self.activation.phi(a)
            return gate < measures.GATE_SHUT, gate > measures.GATE_OPEN
        low = self.activation.dphi(a) < measures.SLOPE_LEFT * self.activation.max_slope
        return low & (a <= 0), low & (a > 0)

    @cached_property
    def left(self) -> Array:
        """The share of units saturated below, (T,)."""
        return np.asarray(np.mean(self.flat(self.a)[0], axis=-1))

    @cached_property
    def right(self) -> Array:
        """The share of units saturated above, (T,)."""
        return np.asarray(np.mean(self.flat(self.a)[1], axis=-1))

    @property
    def share(self) -> Array:
        """The share of units saturated on either side, (T,)."""
        return self.left + self.right

    @property
    def word(self) -> str:
        """What a unit without slope is called."""
        return "off" if self.activation is ACTIVATIONS["relu"] else "saturated"

    def sides(self) -> str:
        """The shares on either side in words."""
        if not self.name.endswith("gate"):
            return f"{percent(float(self.share.mean()))} {self.word}"
        shares = {"shut": float(self.left.mean()), "open": float(self.right.mean())}
        told = [f"{percent(share)} {word}" for word, share in shares.items() if share >= 0.01]
        return ", ".join(told) or "hardly ever shut or open"

    @property
    def off(self) -> NDArray[np.bool_]:
        """Units whose slope is exactly zero at every step, (H,)."""
        return np.asarray(np.all(self.slope == 0, axis=0))


def layers_of(cell: Cell) -> dict[str, tuple[str, str, Activation]]:
    """{pre-activation: (symbol, name, non-linearity)}, the non-linearity as the cell's equations name it."""
    if isinstance(cell, RNN):
        return {"a": ("h", "units", cell.activation)}
    kind = {k: "tanh" if cell.equations[k].startswith(r"\tanh") else "sigmoid" for k in cell.gates}
    return {f"a_{k}": (k, name, ACTIVATIONS[kind[k]]) for k, name in cell.gates.items()}


def layer(run: Run, pre_activation: str) -> Layer:
    """One non-linearity of a run."""
    symbol, name, activation = layers_of(run.cell)[pre_activation]
    a = run.trace.z[pre_activation]
    return Layer(symbol, name, activation, a, activation.dphi(a))


@dataclass(frozen=True)
class Spread:
    """How the pre-activations of each layer are distributed over the a-axis, with φ and φ′ along it."""

    edges: Array  # (bins + 1,)
    share: Array  # (layers, bins), shares of each layer's values
    flat: NDArray[np.bool_]  # (layers, bins), whether a unit there counts as saturated
    beyond: Array  # (layers,), share of values outside the axis
    a: Array  # (points,)
    phi: Array  # (layers, points)
    slope: Array  # (layers, points)


def spread(layers: tuple[Layer, ...]) -> Spread:
    """Histograms of all layers on one axis, symmetric about 0."""
    sizes = np.concatenate([np.abs(one.a).ravel() for one in layers])
    limit = float(np.ceil(np.clip(np.quantile(sizes, SHOWN), NARROWEST, WIDEST)))
    edges = np.linspace(-limit, limit, BINS + 1)
    counts = np.stack([np.histogram(one.a, edges)[0] / one.a.size for one in layers])
    a = np.linspace(-limit, limit, POINTS)
    phi = np.stack([one.activation.phi(a) for one in layers])
    slope = np.stack([one.activation.dphi(a) for one in layers])
    flat = np.stack([np.logical_or(*one.flat((edges[1:] + edges[:-1]) / 2)) for one in layers])
    return Spread(edges, counts, flat, np.maximum(1.0 - counts.sum(axis=1), 0.0), a, phi, slope)


@dataclass(frozen=True)
class SlopeMap:
    """The slope of every unit at every step, layers under one another, neighbouring steps averaged."""

    first: Integers  # (columns,), the first step of each column
    width: int  # steps per column
    log_slope: Array  # (layers * H, columns), ln of the mean slope; −inf where it is exactly zero
    mean: Array  # (columns,), over all units and layers
    saturated: Array  # (layers, columns), share of units


def averaged(values: Array, width: int) -> Array:
    """Means over neighbouring steps (T, ...), `width` at a time, the last group as long as it is."""
    starts = np.arange(0, len(values), width)
    counts = np.diff(np.append(starts, len(values)))
    sums = np.add.reduceat(values, starts, axis=0)
    return np.asarray(sums / counts.reshape(-1, *[1] * (values.ndim - 1)))


def slope_map(layers: tuple[Layer, ...]) -> SlopeMap:
    """The slopes of all layers for a heat map of at most MOST_COLUMNS columns."""
    T = len(layers[0].a)
    width = -(-T // MOST_COLUMNS)
    columns = [averaged(one.slope, width) for one in layers]
    return SlopeMap(
        first=np.arange(1, T + 1, width),
        width=width,
        log_slope=log(np.concatenate(columns, axis=1).T),
        mean=np.mean(columns, axis=(0, 2)),
        saturated=np.stack([averaged(one.share, width) for one in layers]),
    )
