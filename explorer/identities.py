"""What must hold of every run: two ways to one number agree, and nothing exceeds its bound."""

from dataclasses import replace

import numpy as np

from explorer import clipping, flow, maps, measures, onestep
from explorer import run as runs
from explorer.arrays import Scaled, log, log_norm
from explorer.chain import Chain
from explorer.checking import Check, apart, excess, relative
from explorer.pairs import PairMap
from explorer.run import Run
from explorer.sequences import SENTENCE
from explorer.spectrum import log_spectrum_of

IDENTITY, BOUND = 1e-9, 1e-9
COLUMNS = 4  # steps k whose pairs are multiplied out one by one
LARGEST_LOG = 600.0  # thresholds are kept within e^±600, so that clipping has room in float64


def map_checks(run: Run, found: dict[str, PairMap]) -> tuple[Check, ...]:
    """The map of every block against plain products, one step at a time."""
    sources = np.unique(np.linspace(0, run.T - 1, COLUMNS).round().astype(np.int64))
    plain = {int(k): plain_column(run.chain, int(k)) for k in sources}
    return tuple(map_check(run, block, pair_map, plain) for block, pair_map in found.items())


def plain_column(chain: Chain, k: int) -> Scaled:
    """∂s_t/∂s_k for t = k..T, each the product of J_t and the one before, (T − k + 1, S, S)."""
    P = Scaled.of(np.eye(chain.S))
    column = [P]
    for t in range(k + 1, chain.T + 1):
        P = Scaled.of(chain.take(slice(t - 1, t))[0] @ P.mantissa, P.exponent)
        column.append(P)
    return Scaled(np.stack([P.mantissa for P in column]), np.stack([P.exponent for P in column]))


def map_check(run: Run, block: str, found: PairMap, plain: dict[int, Scaled]) -> Check:
    """One block's map against the plain products."""
    rows, columns = maps.block_slices(run, block)
    worst, count = 0.0, 0
    for k, column in plain.items():
        at_k = np.flatnonzero(found.steps == k)
        below = found.steps >= k
        block_of = Scaled(column.mantissa[:, rows, columns], column.exponent)
        sizes = block_of.log_norm()[found.steps[below] - k]
        for place in at_k:
            worst = max(worst, apart(found.log_norm[below, place], sizes))
            count += len(sizes)
    return Check(
        "map", block if len(run.cell.state) > 1 else "", "identity",
        "The map of all pairs, made by divide and conquer, against products formed one after another.",
        r"\Big\|\frac{\partial s_t}{\partial s_k}\Big\|_F=\|J_t\,J_{t-1}\cdots J_{k+1}\|_F",
        worst, max(found.error, 1e-12), count,
    )  # fmt: skip


def sum_checks(run: Run) -> tuple[Check, ...]:
    """The itemised contributions of all pairs against backpropagation through time."""
    whole = log_norm(np.concatenate([g.ravel() for g in run.back.gradient.W.values()]))
    log_whole = whole + run.back.gradient_exponent * np.log(2.0)
    share = run.error_maps.share
    missing = 0.0 if np.isneginf(log_whole) else float(share.sum()) - 1.0
    size = max(1.0, float(np.abs(share).sum()))
    return (
        Check(
            "Σ shares", "", "identity",
            "The shares of all pairs (t, k) in the gradient of W add up to 1.",
            r"\sum_{t,k}\frac{\langle C_{tk},\,\partial E/\partial W\rangle}{\|\partial E/\partial W\|^2}=1",
            abs(missing) / size, IDENTITY, run.T * (run.T + 1) // 2,
        ),
        Check(
            "Σ lags", "", "identity",
            "The terms of all lags add up to the gradient of backpropagation through time.",
            r"\Big\|\sum_{\tau}\sum_t C_{t,t-\tau}\Big\|=\Big\|\frac{\partial E}{\partial W}\Big\|",
            apart(run.lag_terms.log_partial[-1:], np.array([log_whole])), IDENTITY, run.T,
        ),
    )  # fmt: skip


def volume_check(run: Run) -> Check:
    """The singular values of the longest product against the determinants of its factors."""
    log_sigma = log_spectrum_of(run.chain, run.T, 0)
    log_dets = np.linalg.slogdet(run.chain.take(slice(0, run.T)))[1]
    product, steps = float(log_sigma.sum()), float(log_dets.sum())
    agree = product == steps  # both may be −inf
    size = max(1.0, float(np.abs(log_sigma).sum()))
    return Check(
        "Σ ln σ", "", "identity",
        "The singular values of the product over all steps, against the determinants of the single steps.",
        r"\sum_i\ln\sigma_i\Big(\frac{\partial s_T}{\partial s_0}\Big)=\sum_t\ln|\det J_t|",
        0.0 if agree else relative(np.array([product - steps]), np.array([size])), IDENTITY, run.T,
    )  # fmt: skip


def bound_checks(run: Run, average: PairMap) -> tuple[Check, ...]:
    """No gain above what the steps, or the theorem of Pascanu et al. (2013), allow."""
    products = Scaled(*run.chain.products_back_from(run.T))
    sigma_max = onestep.sigma_max(run.chain.take(slice(0, run.T)))
    allowed = measures.log_product_bound(sigma_max)[run.T]
    step_by_step = Check(
        "≤ Π σ_max", "", "bound",
        "The largest gain over several steps is at most the product of the steps' largest gains.",
        r"\Big\|\frac{\partial s_T}{\partial s_k}\Big\|_2\le\prod_{j=k+1}^{T}\sigma_{\max}(J_j)",
        excess(products.log_spectral_norm(), allowed), BOUND, run.T + 1,
    )  # fmt: skip
    per_step = measures.log_bound(run.cell, run.weights)
    if per_step is None:
        return (step_by_step,)
    lag = average.steps[:, None] - average.steps
    below = lag >= 0
    over = excess(average.log_norm[below], np.where(lag[below] > 0, lag[below] * per_step, 0.0))
    back = np.arange(run.T, -1, -1)
    longest = np.where(back > 0, back * per_step, 0.0)
    over = max(over, excess(products.log_spectral_norm(), longest))
    return step_by_step, Check(
        "≤ (γ σ_max)ⁿ", "", "bound",
        "No pair of steps n apart exceeds the bound of Pascanu et al. (2013, section 2.1).",
        r"\Big\|\frac{\partial h_t}{\partial h_k}\Big\|_2\le(\gamma\,\sigma_{\max}(W))^{t-k}",
        over, BOUND, int(below.sum()),
    )  # fmt: skip


def half_of(log_size: float) -> float:
    """Half of a size given as ln, within what float64 holds; 1 for a size of exactly zero."""
    if np.isneginf(log_size):
        return 1.0
    return float(np.exp(np.clip(log_size - np.log(2.0), -LARGEST_LOG, LARGEST_LOG)))


def clipping_checks(run: Run) -> tuple[Check, ...]:
    """Each way of clipping, at half of what there is to clip."""
    gradient, exponent = run.back.gradient, run.back.gradient_exponent
    entries = clipping.flat(gradient)
    theta = half_of(float(log_norm(entries)) + exponent * np.log(2.0))
    by_norm = clipping.by_norm(gradient, theta, exponent=exponent)
    over = excess(np.array([by_norm.log_after]), np.log([theta]))
    largest = half_of(float(log(np.max(np.abs(entries)))) + exponent * np.log(2.0))
    cut = clipping.flat(clipping.by_value(gradient, largest, exponent=exponent).after)
    return (
        clipping_check("by norm", r"\|g\,\min(1,\theta/\|g\|)\|\le\theta,\ \text{direction kept}",
                       max(over, abs(1.0 - by_norm.cosine)), 2),
        clipping_check("by value", r"|g_i|\le\theta",
                       relative(np.maximum(np.abs(cut) - largest, 0.0), np.array(largest)), cut.size),
        clipping_check("inside BPTT", r"\Big\|\frac{\partial E}{\partial s_t}\Big\|\le\theta",
                       inside_excess(run), run.T + 1),
    )  # fmt: skip


def clipping_check(mode: str, formula: str, error: float, count: int) -> Check:
    """The check of one mode."""
    what = "Clipped at half its size, nothing is left above the threshold."
    return Check("clipping", mode, "bound", what, formula, error, BOUND, count)


def inside_excess(run: Run) -> float:
    """By how much any error signal exceeds half of the largest after clipping inside backpropagation."""
    theta = half_of(float(run.back.log_signals().max()))
    direct = {"h": run.loss.direct()}
    back, _ = clipping.clipped_backward(run.cell, run.weights, run.trace, direct, threshold=theta)
    joint = np.concatenate(list(back.signals.values()), axis=-1)
    return excess(log_norm(joint) + back.exponent * np.log(2.0), np.log(theta))


def prefix_check(run: Run) -> Check:
    """A run of half the length against the beginning of this one."""
    n = (run.T + 1) // 2
    e = run.experiment
    if e.input == SENTENCE or e.forget_rule == "chrono":  # both make the network depend on T
        s0 = {block: a[0] for block, a in run.trace.s.items()}
        shorter = flow.forward(run.cell, run.weights, run.trace.x[:n], s0)
    else:
        shorter = runs.run(replace(e, steps=n)).trace
    longer = run.trace.upto(n)
    pairs = [(shorter.s[k], longer.s[k]) for k in longer.s] + [(shorter.z[k], longer.z[k]) for k in longer.z]
    return Check(
        "prefix", "", "identity",
        "A shorter run is the beginning of a longer one, value by value.",
        r"h_t^{(T')}=h_t^{(T)}\quad\text{for } t\le T'\le T",
        max(relative(a - b, np.abs(b)) for a, b in pairs), 1e-12, sum(a.size for a, _ in pairs),
    )  # fmt: skip
