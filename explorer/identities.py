"""What must hold of every run: two ways to one number agree, and nothing exceeds its bound."""

import numpy as np

from explorer import maps, measures, onestep
from explorer.arrays import Array, Integers, Scaled, log_norm
from explorer.chain import Chain
from explorer.checking import Check, apart, excess, relative, worst
from explorer.pairs import PairMap
from explorer.run import Run
from explorer.spectrum import log_determinants, log_spectrum_of

IDENTITY, BOUND = 1e-9, 1e-9
CERTIFIED = (1e-12, 1e-6)  # what a map may claim as its own error and still count as right
ROUNDING = 1e-13  # what float64 leaves of a singular value that is zero, per exactly singular step
COLUMNS = 4  # steps k whose pairs are multiplied out one by one


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
    errors, count = [], 0
    for k, column in plain.items():
        at_k = np.flatnonzero(found.steps == k)
        below = found.steps >= k
        block_of = Scaled(column.mantissa[:, rows, columns], column.exponent)
        sizes = block_of.log_norm()[found.steps[below] - k]
        for place in at_k:
            errors.append(apart(found.log_norm[below, place], sizes))
            count += len(sizes)
    return Check(
        "map", block if len(run.cell.state) > 1 else "", "identity",
        "The map of all pairs, made by divide and conquer, against products formed one after another.",
        r"\Big\|\frac{\partial s_t}{\partial s_k}\Big\|_F=\|J_t\,J_{t-1}\cdots J_{k+1}\|_F",
        worst(*errors), float(np.clip(found.error, *CERTIFIED)), count,
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
    log_dets = log_determinants(run.chain)
    product, steps = float(log_sigma.sum()), float(log_dets.sum())
    singular = int(np.isneginf(log_dets).sum())
    lost = float(log_sigma[0] - log_sigma[-1]) if np.isfinite(log_sigma[-1]) else np.inf
    rounding = singular > 0 and lost >= -singular * np.log(ROUNDING)
    agree = product == steps or rounding  # both may be −inf
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
        "≤ Π σₘₐₓ", "", "bound",
        "The largest gain over several steps is at most the product of the steps’ largest gains.",
        r"\Big\|\frac{\partial s_T}{\partial s_k}\Big\|_2\le\prod_{j=k+1}^{T}\sigma_{\max}(J_j)",
        excess(products.log_spectral_norm(), allowed), BOUND, run.T + 1,
    )  # fmt: skip
    per_step = measures.log_bound(run.cell, run.weights)
    return (step_by_step,) if per_step is None else (step_by_step, theorem_check(run, average, per_step))


def theorem_check(run: Run, average: PairMap, per_step: float) -> Check:
    """Every pair's average gain, and the largest gain from the last step back, against (γ σ_max)^(t−k)."""
    products = Scaled(*run.chain.products_back_from(run.T))
    lag = average.steps[:, None] - average.steps
    below = lag >= 0
    pairs = excess(average.log_norm[below], allowed_after(lag[below], per_step))
    last = excess(products.log_spectral_norm(), allowed_after(np.arange(run.T, -1, -1), per_step))
    return Check(
        "≤ (γ σₘₐₓ)ⁿ", "", "bound",
        "No pair of steps n apart exceeds the bound of Pascanu et al. (2013, section 2.1).",
        r"\Big\|\frac{\partial h_t}{\partial h_k}\Big\|_2\le(\gamma\,\sigma_{\max}(W))^{t-k}",
        worst(pairs, last), BOUND, int(below.sum()) + run.T + 1,
    )  # fmt: skip


def allowed_after(lag: Integers, per_step: float) -> Array:
    """ln of the bound after so many steps; 1 at lag 0 also where W = 0 and a step allows nothing."""
    return np.where(lag > 0, np.maximum(lag, 1) * per_step, 0.0)
