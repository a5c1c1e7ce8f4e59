"""How a claim is tested: several seeds of one network, and what the claim predicts in their place.

Sizes are natural logarithms of average gains ‖∂h_t/∂h_k‖_F/√H, unless a measure says otherwise.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from explorer import flow, measures
from explorer.arrays import Array, log, log_norm
from explorer.claims import Found, quantile
from explorer.experiment import Experiment
from explorer.maps import curve_back, log_additive_path
from explorer.readout import Readout, carrying, cross_entropy
from explorer.run import Ensemble, run_ensemble

SEEDS = 20
WORK = 2e9  # multiplications; beyond it fewer seeds are run
SHARES = np.logspace(-2.5, 0, 26)  # thresholds as shares of the largest entry

Measure = Callable[[Experiment, Sequence[int], float], Found]  # (experiment, seeds, share of a threshold)


def work(e: Experiment) -> float:
    """Multiplications for one seed's product of Jacobians."""
    S = e.hidden_size * (2 if e.cell == "lstm" else 1)
    return 2.0 * e.T * e.hidden_size * S**2


def seeds_of(e: Experiment, most: int = SEEDS) -> range:
    """The seeds that fit the budget: 0, 1, ..., at least one and at most `most`."""
    return range(int(min(max(WORK // work(e), 1), most)))


def powers(base_ln: Array, lag: Array) -> Array:
    """ln of base^lag, (n, seeds) from ln bases (seeds,); 1 at lag 0 even for a base of 0."""
    steps = np.maximum(lag, 1.0)[:, None] * np.atleast_1d(base_ln)
    return np.where(lag[:, None] > 0, steps, 0.0)


def by_lag(members: Ensemble, block: int = 0, *, spectral: bool = False) -> Array:
    """ln of the gain of ∂h_t/∂h_k from the last step back (block 0), or of ∂c_t/∂c_k (1), (T + 1, seeds)."""
    chain, H = flow.chain(members.cell, members.weights, members.trace), members.weights.H
    part = slice(block * H, (block + 1) * H)
    sizes = curve_back(chain, chain.T, rows=part, columns=part, spectral=spectral)[::-1]
    return sizes if spectral else measures.normalised(sizes, H)


def left(e: Experiment, seeds: Sequence[int], base: Callable[[Ensemble], Array], premise: float) -> Found:
    """What is left by lag, where the claim predicts base^lag, ln base (seeds,)."""
    members = run_ensemble(e, tuple(seeds))
    curves = by_lag(members)
    lag = np.arange(float(len(curves)))
    claimed = np.broadcast_to(powers(base(members), lag), curves.shape)
    return Found(lag, curves, claimed, curves[-1], premise)


def sigma_max(members: Ensemble) -> Array:
    """ln σ_max(W), (seeds,)."""
    return log(np.linalg.norm(members.weights.W["a"], 2, axis=(-2, -1)))


def by_sigma(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """What is left, where the claim predicts σ_max(W)^lag."""
    found = left(e, seeds, sigma_max, 0.0)
    premise = np.exp(quantile(found.claimed[1], 0.5))
    return replace(found, premise=float(premise))


def by_gain(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """What is left, where the claim predicts g^lag."""
    return left(e, seeds, lambda members: log(np.full(len(seeds), e.gain)), e.gain)


def kept(field: str) -> Measure:
    """What is left, where the claim predicts that all is; `field` is the setting it starts from."""

    def measure(e: Experiment, seeds: Sequence[int], share: float) -> Found:
        return left(e, seeds, lambda members: np.zeros(len(seeds)), float(getattr(e, field)))

    return measure


def quartered(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """What is left, where the claim predicts the steepest slope of sigmoid, ¼, at every step."""
    return left(e, seeds, lambda members: np.full(len(seeds), np.log(0.25)), e.gain)


def by_inputs(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """What is left, beside the same networks with inputs ten times smaller."""
    found = kept("input_scale")(e, seeds, share)
    smaller = by_lag(run_ensemble(replace(e, input_scale=e.input_scale / 10), tuple(seeds)))
    n = min(len(smaller), len(found.curves))
    return replace(found, x=found.x[:n], curves=found.curves[:n], claimed=smaller[:n],
                   score=found.curves[n - 1])  # fmt: skip


def by_eigenvalues(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """The largest gain by lag, where the claim predicts ρ(W)^lag; judged by its peak after lag 0."""
    members = run_ensemble(e, tuple(seeds))
    curves = by_lag(members, spectral=True)
    rho = np.max(np.abs(np.linalg.eigvals(members.weights.W["a"])), axis=-1)
    lag = np.arange(float(len(curves)))
    return Found(lag, curves, powers(log(rho), lag), curves[1:].max(axis=0), float(quantile(rho, 0.5)))


def by_forget_gates(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """The true ∂c_t/∂c_k by lag, where the claim predicts ∏ f_j; judged by the factor between them."""
    members = run_ensemble(e, tuple(seeds))
    curves, f = by_lag(members, 1), members.trace.z["f"]
    alone = np.stack([log_additive_path(f[:, i], len(f))[::-1] for i in range(len(seeds))], axis=-1)
    claimed = measures.normalised(alone, e.hidden_size)
    lag, score = np.arange(float(len(curves))), apart(curves[-1], claimed[-1])
    return Found(lag, curves, claimed, score, e.forget_bias)


def apart(ln: Array, other: Array) -> Array:
    """ln of the factor between sizes; two exact zeros are alike."""
    with np.errstate(invalid="ignore"):
        return np.where(ln == other, 0.0, ln - other)


def differentiated(e: Experiment, seeds: Sequence[int]) -> tuple[Ensemble, flow.Backward]:
    """The networks and the gradients of their losses."""
    members = run_ensemble(e, tuple(seeds))
    T = members.trace.T
    readout = Readout(members.V, np.zeros(members.V.shape[-2]))
    carries = carrying(e.placement, T, min(e.first_error, T))
    loss = cross_entropy(readout, members.trace.s["h"][1:], members.targets[:T], carries)
    return members, flow.backward(members.cell, members.weights, members.trace, {"h": loss.direct()})


def direction(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """The cosine between the gradient and itself clipped by value, over thresholds.

    Thresholds are shares of the largest entry; judged at the share given.
    """
    _, back = differentiated(e, seeds)
    kinds = (back.gradient.W, back.gradient.U, back.gradient.b)
    g = np.concatenate([a.reshape(len(seeds), -1) for of in kinds for a in of.values()], axis=1)
    largest = np.max(np.abs(g), axis=1, keepdims=True)
    g = g / np.where(largest > 0, largest, 1.0)
    curves = np.stack([cosine(g, np.clip(g, -at, at)) for at in SHARES])
    return Found(SHARES, curves, np.ones_like(curves), cosine(g, np.clip(g, -share, share)), share)


def cosine(g: Array, other: Array) -> Array:
    """The cosine between each row and the other one's, (seeds,); 1 for rows of zeros."""
    lengths = np.linalg.norm(g, axis=1) * np.linalg.norm(other, axis=1)
    return np.where(lengths > 0, np.sum(g * other, axis=1) / np.where(lengths > 0, lengths, 1.0), 1.0)


def capped(e: Experiment, seeds: Sequence[int], share: float) -> Found:
    """The part of ∂E/∂W by lag with the norm capped to a share of itself, as a multiple of the last part.

    The claim predicts parts of one size; judged by what is left of the first step's.
    """
    before, curves = parts(e, seeds, share)
    lag, premise = np.arange(float(len(curves))), float(np.exp(quantile(before[-1], 0.5)))
    return Found(lag, curves, np.zeros_like(curves), curves[-1], premise)


def parts(e: Experiment, seeds: Sequence[int], share: float) -> Array:
    """ln of the parts of ∂E/∂W by lag over the last step's, before and after capping, (2, T, seeds).

    Capped to a share of its norm, a gradient is multiplied by it, and so are its parts.
    1 where the last step's is zero.
    """
    members, back = differentiated(e, seeds)
    D = members.trace.partials(members.cell)
    signals = {k: a[1:] for k, a in back.signals.items()}
    h = log_norm(members.trace.s["h"][:-1])
    sizes = (log_norm(flow.pull(D, signals, "a")) + back.exponent[1:] * np.log(2.0) + h)[::-1]
    both = np.stack([sizes, sizes + np.log(share)])
    return np.where(np.isfinite(sizes[0]), apart(both, both[:, :1]), 0.0)
