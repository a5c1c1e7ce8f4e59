"""The matrices ∂h_t/∂h_k of one t and many k, for looking through them."""

from dataclasses import dataclass

import numpy as np

from explorer import maps, progress
from explorer.arrays import Array, Integers, Scaled, freeze
from explorer.experiment import View
from explorer.reports.pair_curves import blocks_of
from explorer.run import Run

MOST_ENTRIES = 8_000_000  # of all matrices together; beyond it, evenly spaced k are kept


@dataclass(frozen=True)
class MatrixStack:
    """One block of ∂s_t/∂s_k for n source steps k, each matrix divided by its largest entry."""

    t: int
    k: Integers  # (n,), rising
    matrices: Array  # (n, H, H), from −1 to 1


def kept_steps(t: int, entries: int) -> Integers:
    """The source steps 0..t whose matrices of so many entries are kept: all, or evenly spaced ones."""
    count = min(t + 1, max(1, MOST_ENTRIES // entries))
    return np.unique(np.rint(np.linspace(0, t, count)).astype(np.int64))


def matrix_stack(run: Run, view: View) -> MatrixStack:
    """The matrices back from the view's step t."""
    t, _ = view.pair(run.T)
    block = view.block if view.block in blocks_of(run.experiment) else "h←h"
    rows, columns = maps.block_slices(run, block)
    P = Scaled.of(np.eye(run.chain.S)[rows])
    kept = kept_steps(t, run.weights.H**2)
    matrices, wanted = np.empty((len(kept), run.weights.H, run.weights.H)), len(kept) - 1
    for k in range(t, -1, -1):
        progress.report()
        if k < t:
            P = Scaled.of(P.mantissa @ run.chain.take(slice(k, k + 1))[0], P.exponent)
        if wanted >= 0 and kept[wanted] == k:
            part = P.mantissa[:, columns]
            largest = float(np.max(np.abs(part)))
            matrices[wanted] = part / largest if largest > 0 else part
            wanted -= 1
    return freeze(MatrixStack(t, kept, matrices))
