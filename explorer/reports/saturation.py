"""Where the pre-activations of one run fall on φ, how much slope that leaves, and what becomes of J_t."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer import measures
from explorer.activations import ACTIVATIONS, Activation
from explorer.arrays import Array, Integers, freeze, log
from explorer.cells import RNN, Cell
from explorer.experiment import View
from explorer.reports.waterfall import Waterfall, waterfall
from explorer.run import Run

BINS = 60
POINTS = 241  # of the drawn curves φ and φ′
NARROWEST, WIDEST = 4.0, 40.0  # limits of the a-axis to either side
SHOWN = 0.999  # the share of pre-activations that the a-axis holds, where WIDEST allows
MOST_COLUMNS = 200  # steps side by side in a heat map; longer runs are averaged over neighbours
MOST_JACOBIANS = 100  # steps whose σ_max is computed; beyond, evenly spaced ones


@dataclass(frozen=True)
class Layer:
    """One non-linearity of the cell, over the whole run."""

    symbol: str  # "h" for an RNN, else the gate
    name: str
    activation: Activation
    a: Array  # (T, H), pre-activations
    slope: Array  # (T, H), φ′(a_t)
    left: Array  # (T,), share of units saturated below
    right: Array  # (T,), share of units saturated above

    @property
    def share(self) -> Array:
        """The share of units saturated on either side, (T,)."""
        return self.left + self.right

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
    """One non-linearity of a run.

    A gate is saturated where it is shut (< 0.1) or open (> 0.9), anything else where its slope is below a
    tenth of the steepest.
    """
    symbol, name, activation = layers_of(run.cell)[pre_activation]
    a = run.trace.z[pre_activation]
    slope = activation.dphi(a)
    if name.endswith("gate"):
        left, right = measures.gate_saturation(run.trace.z[symbol])
    else:
        flat = slope < measures.SLOPE_LEFT * activation.max_slope
        left, right = np.mean(flat & (a <= 0), axis=-1), np.mean(flat & (a > 0), axis=-1)
    return Layer(symbol, name, activation, a, slope, left, right)


@dataclass(frozen=True)
class Spread:
    """How the pre-activations of each layer are distributed over the a-axis, with φ and φ′ along it."""

    edges: Array  # (bins + 1,)
    share: Array  # (layers, bins), shares of each layer's values
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
    return Spread(edges, counts, np.maximum(1.0 - counts.sum(axis=1), 0.0), a, phi, slope)


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


@dataclass(frozen=True)
class OneStep:
    """The largest singular value of the one-step Jacobians, and what the weights alone would allow."""

    steps: Integers  # (n,)
    log_sigma_max: Array  # (n,), ln σ_max(J_t)
    log_bound: float | None  # ln(γ σ_max(W)), where the theorem holds

    @property
    def typical(self) -> float:
        """The median of ln σ_max over the steps."""
        return float(np.median(self.log_sigma_max))


def one_step(run: Run) -> OneStep:
    """σ_max(J_t) of the joint state at up to MOST_JACOBIANS evenly spaced steps."""
    every = -(-run.T // MOST_JACOBIANS)
    J = run.chain.take(slice(0, run.T, every))
    sigma_max = np.linalg.norm(J, 2, axis=(-2, -1))
    return OneStep(np.arange(1, run.T + 1, every), log(sigma_max), measures.log_bound(run.cell, run.weights))


@dataclass(frozen=True)
class SaturationReport:
    """What the saturation page shows."""

    cell: str
    T: int
    H: int
    layers: tuple[Layer, ...]
    spread: Spread
    slopes: SlopeMap
    one_step: OneStep
    waterfall: Waterfall

    @property
    def share(self) -> float:
        """The share of units saturated, over all steps and layers."""
        return float(np.mean([one.share for one in self.layers]))

    @property
    def mean_slope(self) -> float:
        """The mean slope over all units, steps and layers."""
        return float(np.mean([one.slope for one in self.layers]))


def saturation_report(run: Run, view: View) -> SaturationReport:
    """The report of a run, following the error of the view's target step back."""
    layers = tuple(layer(run, pre_activation) for pre_activation in layers_of(run.cell))
    t = max(view.pair(run.T)[0], 1)
    return freeze(
        SaturationReport(
            cell=run.cell.label,
            T=run.T,
            H=run.weights.H,
            layers=layers,
            spread=spread(layers),
            slopes=slope_map(layers),
            one_step=one_step(run),
            waterfall=waterfall(run, t),
        )
    )
