"""Numbers that say how a gradient fares along time, from maps ln‖∂h_t/∂h_k‖ and recorded values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Array, Values, log
from explorer.cells import RNN, Cell
from explorer.flow import Trace
from explorer.weights import Weights

LOST, GROWN = np.log(1e-3), np.log(1e3)  # below: practically forgotten; above: practically exploded


def rate_per_step(log_norms: Array) -> float:
    """The factor r of the best fit ‖∂h_t/∂h_{t-τ}‖ ~ r^τ to ln norms by lag τ = 0, 1, ... (n,).

    Least squares on the finite values from lag 1 on; 0 if all of them are exact zeros (so is the gradient),
    1 with fewer than two lags. Below 1 the gradient vanishes, above 1 it explodes.
    """
    log_rate = log_rate_per_step(log_norms)
    with np.errstate(over="ignore"):
        return float(np.exp(log_rate))


def log_rate_per_step(log_norms: Array) -> float:
    """ln of `rate_per_step`."""
    lag = np.arange(1, len(log_norms))
    values = log_norms[1:]
    alive = np.isfinite(values)
    if len(values) and not alive.any():
        return -np.inf
    if alive.sum() < 2:
        return 0.0
    return float(np.polyfit(lag[alive], values[alive], 1)[0])


def mean_by_lag(log_map: Array) -> Array:
    """Mean over t of ln‖∂h_t/∂h_{t-τ}‖ for τ = 0..T, (T + 1,): the map (T + 1, T + 1) along its diagonals.

    A lag at which any pair is an exact zero has the mean −inf.
    """
    return np.array([np.mean(np.diagonal(log_map, -lag)) for lag in range(len(log_map))])


def horizon(log_norms: Array, lost: float = float(LOST)) -> int | None:
    """The memory horizon: the smallest lag from which on ln norms by lag (n,) stay below `lost`.

    None if the last lag is still above: the horizon lies beyond what was run.
    """
    below = log_norms < lost
    if not below[-1]:
        return None
    return int(len(below) - np.argmin(below[::-1])) if not below.all() else 0


def e_folding(log_norms: Array) -> float:
    """−1/slope of ln norms over lags 5 to 40 (as far as run): steps to shrink by e; inf where none shrink."""
    slope = log_rate_per_step(log_norms[4:41]) if len(log_norms) > 6 else log_rate_per_step(log_norms)
    return float(-1.0 / slope) if slope < 0 else np.inf


def log_bound(cell: Cell, w: Weights) -> float | None:
    """ln(γ σ_max(W)) of an RNN: ‖∂h_t/∂h_k‖₂ <= (γ σ_max)^(t−k) (Pascanu et al. 2013, section 2.1).

    None for a cell the theorem does not speak of.
    """
    if not isinstance(cell, RNN):
        return None
    sigma = np.linalg.norm(w.W["a"], 2, axis=(-2, -1))
    return float(log(cell.activation.max_slope * np.max(sigma)))


def log_product_bound(sigma_max: Array) -> Array:
    """Σ ln σ_max(J_j) over j = k + 1..t for every pair, (T + 1, T + 1): the bound of this very run.

    σ_max (T,); −inf for k > t, where the derivative is zero.
    """
    logs = log(sigma_max)
    T = len(logs)
    bound = np.full((T + 1, T + 1), -np.inf)
    for k in range(T + 1):
        bound[k:, k] = np.concatenate([[0.0], np.cumsum(logs[k:])])
    return bound


def hochreiter_log_bound(W: Array, lag: Array) -> Array:
    """ln of n τ^q for sigmoid units, τ = n w_max/4 <= 1 (Hochreiter & Schmidhuber 1997, section 3.1).

    Bounds the entries of ∂h_t/∂h_{t-q}, q = lag.
    """
    n = len(W)
    log_tau = log(n * np.max(np.abs(W)) / 4.0)
    bound: Array = np.log(n) + np.where(lag > 0, np.maximum(lag, 1) * log_tau, 0.0)
    return bound


SLOPE_LEFT = 0.1  # a unit whose slope is below this share of the steepest is called saturated
GATE_SHUT, GATE_OPEN = 0.1, 0.9  # Karpathy, Johnson & Fei-Fei (2016)


@dataclass(frozen=True)
class Saturation:
    """How much of an RNN's slope is used up."""

    slope: Array  # (T, ..., H), φ′(a_t)
    share: Array  # (T, ...), share of units with slope below SLOPE_LEFT of the steepest
    dead: NDArray[np.bool_]  # (..., H), units whose slope is exactly zero at every step


def saturation(cell: RNN, trace: Trace) -> Saturation:
    """Which units of an RNN are saturated (or, for ReLU, inactive) at each step."""
    slope = cell.activation.dphi(trace.z["a"])
    low = slope < SLOPE_LEFT * cell.activation.max_slope
    return Saturation(slope, low.mean(axis=-1), np.all(slope == 0, axis=0))


def gate_saturation(gate: Array) -> tuple[Array, Array]:
    """Shares of a gate's units (T, ..., H) that are shut (< 0.1) and open (> 0.9) at each step, (T, ...)."""
    return np.mean(gate < GATE_SHUT, axis=-1), np.mean(gate > GATE_OPEN, axis=-1)


def half_life(f: Array) -> Array:
    """ln 2 / −ln f: the steps after which a cell state kept by forget gate f has halved; inf for f = 1."""
    with np.errstate(divide="ignore"):
        life: Array = np.log(2.0) / np.abs(np.log(f))
    return life


def gauge(log_signals: Array, k: int) -> float:
    """log₁₀(‖dE/ds_k‖ / ‖dE/ds_T‖) from ln signals (T + 1,): what is left of the last error at step k."""
    if np.isinf(log_signals[-1]):
        return 0.0
    return float((log_signals[k] - log_signals[-1]) / np.log(10.0))


def normalised(log_map: Array, H: int) -> Array:
    """ln(‖·‖_F / √H): the average gain over directions, 1 for the identity."""
    average: Array = log_map - 0.5 * np.log(H)
    return average


def joint(values: Values) -> Array:
    """The state blocks side by side, (..., S)."""
    return np.concatenate(list(values.values()), axis=-1)
