"""Curves of ‖∂h_t/∂h_k‖ by lag: of one run, and of the same experiment under several seeds."""

from dataclasses import dataclass

import numpy as np

from explorer import maps, measures
from explorer.arrays import Array, freeze
from explorer.cells import CELLS
from explorer.chain import Chain
from explorer.experiment import Experiment, View
from explorer.run import seed_runs

RIBBON_SEEDS = 20
RIBBON_WORK = 2e9  # multiplications; beyond it fewer seeds are run


def blocks_of(e: Experiment) -> tuple[str, ...]:
    """The blocks of ∂s_t/∂s_k that the experiment's cell has."""
    state = CELLS[e.cell].state
    return tuple(f"{of}←{by}" for of in state for by in state)


@dataclass(frozen=True)
class Ribbon:
    """The same curve under several seeds: quantiles of ln‖∂h_t/∂h_k‖ by lag."""

    low: Array  # (t + 1,), 10 % of the seeds lie below
    median: Array  # (t + 1,)
    high: Array  # (t + 1,), 10 % lie above
    seeds: int


def ribbon_seeds(e: Experiment) -> int:
    """How many seeds fit the ribbon's budget, at most RIBBON_SEEDS; 0 where not even two fit."""
    S = e.hidden_size * len(CELLS[e.cell].state)
    fit = int(RIBBON_WORK // (2.0 * e.T * e.hidden_size * S**2))
    return 0 if fit < 2 else min(fit, RIBBON_SEEDS)


def seeds_chain(e: Experiment) -> Chain | None:
    """The Jacobians under seeds 0, 1, ... as one ensemble; None where the size leaves no time for it."""
    count = ribbon_seeds(e)
    return seed_runs(e, tuple(range(count))) if count else None


def ribbon(e: Experiment, chain: Chain | None, t: int, view: View) -> Ribbon | None:
    """The curve back from step t under several seeds, from their chain.

    The shortest of the seeds' runs decides how far it goes, where a state outgrows float64.
    """
    if chain is None:
        return None
    curves = chain_curve(chain, min(t, chain.T), e, view.norm, view.block)
    low, median, high = quantiles(back_from(curves, e.hidden_size, view.norm))
    return freeze(Ribbon(low, median, high, chain.leading[0]))


def quantiles(curves: Array) -> tuple[Array, Array, Array]:
    """10 %, 50 % and 90 % of ln norms (n, seeds) over the seeds, exact zeros (−inf) included: (n,) each."""
    ordered = np.sort(curves, axis=1)
    last = ordered.shape[1] - 1
    low, middle, high = (ordered[:, round(q * last)] for q in (0.1, 0.5, 0.9))
    return low, middle, high


def chain_curve(chain: Chain, t: int, e: Experiment, norm: str, block: str) -> Array:
    """ln norms of one block of ∂s_t/∂s_k, by lag t − k = 0..t."""
    H, state = e.hidden_size, ("h", "c")
    of, by = (state.index(part) for part in (block if block in blocks_of(e) else "h←h").split("←"))
    rows, columns = slice(of * H, (of + 1) * H), slice(by * H, (by + 1) * H)
    return maps.curve_back(chain, t, rows=rows, columns=columns, spectral=norm == "spectral")[::-1]


def back_from(curves: Array, H: int, norm: str) -> Array:
    """The curves in the norm asked for."""
    return measures.normalised(curves, H) if norm == "rms" else curves
