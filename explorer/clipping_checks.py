"""Each way of clipping, at half of what there is to clip, against the same thing done entry by entry."""

import numpy as np

from explorer import clipping
from explorer.arrays import Array, Scaled, log, log_norm
from explorer.checking import Check, excess, relative, worst
from explorer.flow import Backward
from explorer.run import Run

BOUND = 1e-9
LARGEST_LOG = 600.0  # thresholds are kept within e^±600, so that clipping has room in float64


def clipping_checks(run: Run) -> tuple[Check, ...]:
    """All modes on one run's gradient."""
    gradient, exponent = run.back.gradient, run.back.gradient_exponent
    entries = clipping.flat(gradient)
    shift = exponent * np.log(2.0)
    theta = half_of(float(log_norm(entries)) + shift)
    by_norm = clipping.by_norm(gradient, theta, exponent=exponent)
    over = excess(np.array([by_norm.log_after]), np.log([theta]))
    size = norm(entries)
    at_theta = entries / np.where(size > 0, size, 1.0) * theta
    kept = relative(clipping.flat(by_norm.after) - at_theta, np.array(theta))
    largest = half_of(float(log(np.max(np.abs(entries)))) + shift)
    cut = clipping.flat(clipping.by_value(gradient, largest, exponent=exponent).after)
    with np.errstate(over="ignore"):
        true = np.ldexp(entries, exponent)
    true = np.sign(true) * np.minimum(np.abs(true), largest)
    return (
        check("by norm", r"g\leftarrow g\,\min(1,\theta/\|g\|)", worst(over, kept), entries.size),
        check("by value", r"g_i\leftarrow\mathrm{sign}(g_i)\,\min(|g_i|,\theta)",
              relative(cut - true, np.array(largest)), cut.size),
        check("inside BPTT", r"\delta_t\leftarrow\delta_t\,\min(1,\theta/\|\delta_t\|)",
              inside_apart(run), run.T + 1),
    )  # fmt: skip


def check(mode: str, formula: str, error: float, count: int) -> Check:
    """The check of one mode."""
    what = "Clipped at half its size: nothing above the threshold, and what is below it as it was."
    return Check("clipping", mode, "bound", what, formula, error, BOUND, count)


def norm(a: Array) -> Array:
    """The Euclidean norm."""
    return np.exp(log_norm(a))


def half_of(log_size: float) -> float:
    """Half of a size given as ln, within what float64 holds; 1 for a size of exactly zero."""
    if np.isneginf(log_size):
        return 1.0
    return float(np.exp(np.clip(log_size - np.log(2.0), -LARGEST_LOG, LARGEST_LOG)))


def inside_apart(run: Run) -> float:
    """How far signals clipped inside backpropagation lie from a plain loop over the one-step Jacobians."""
    theta = half_of(float(joint_sizes(run.back).max()))
    direct = run.loss.direct()
    clipped, _ = clipping.clipped_backward(run.cell, run.weights, run.trace, {"h": direct}, threshold=theta)
    mantissas = np.concatenate(list(clipped.signals.values()), axis=-1)
    found = np.ldexp(mantissas, clipped.exponent[:, None])
    plain = plain_signals(run, direct, theta)
    return worst(excess(joint_sizes(clipped), np.log(theta)), relative(norm(found - plain), np.array(theta)))


def joint_sizes(back: Backward) -> Array:
    """ln of the norm of the joint error signal of every step, (T + 1,)."""
    return Scaled(np.stack(list(back.signals.values()), axis=-1), back.exponent).log_norm()


def plain_signals(run: Run, direct: Array, theta: float) -> Array:
    """δ_t = J_{t+1}ᵀ δ_{t+1} plus the step's own error, cut to norm theta, (T + 1, S)."""
    H, signals = run.weights.H, np.zeros((run.T + 1, run.chain.S))
    for t in range(run.T, -1, -1):
        if t < run.T:
            signals[t] = signals[t + 1] @ run.chain.take(slice(t, t + 1))[0]
        signals[t, :H] += direct[t]
        signals[t] *= np.exp(min(0.0, float(np.log(theta) - log_norm(signals[t]))))
    return signals
