"""What the gates and the cell state of an LSTM do along time, and which of its paths carries the gradient."""

from dataclasses import dataclass, replace

import numpy as np

from explorer import flow, maps, measures
from explorer.arrays import Array, Integers, freeze
from explorer.chain import Chain
from explorer.experiment import Experiment, View
from explorer.flow import Trace
from explorer.reports.layers import MOST_COLUMNS, averaged
from explorer.run import Run, run

SYMBOLS = {
    "f": "forget gate",
    "i": "input gate",
    "g": "candidate",
    "o": "output gate",
    "c": "cell state",
    "h": "hidden state",
}
CUT_BUDGET = 2e10  # multiplications for the paths with one gate cut, a few seconds


@dataclass(frozen=True)
class Strip:
    """One recorded symbol, units by time, neighbouring steps averaged in a long run."""

    symbol: str
    name: str
    values: Array  # (H, columns)


@dataclass(frozen=True)
class LstmReport:
    """What the run itself shows: every gate and both states along time."""

    T: int
    H: int
    first: Integers  # (columns,), the first step of each column
    width: int  # steps per column
    strips: tuple[Strip, ...]  # in the order of SYMBOLS
    half_life: float  # steps after which the typical unit has forgotten half of c
    shut: float  # share of forget gates below 0.1
    open: float  # share above 0.9
    faded: float  # mean of 1 − tanh²(c), what the output can still see of a change of c


def lstm_report(run: Run) -> LstmReport:
    """The report of an LSTM run."""
    z, width = run.trace.z, -(-run.T // MOST_COLUMNS)
    shut, open_ = measures.gate_saturation(z["f"])
    return freeze(
        LstmReport(
            T=run.T,
            H=run.weights.H,
            first=np.arange(1, run.T + 1, width),
            width=width,
            strips=tuple(Strip(k, name, averaged(z[k], width).T) for k, name in SYMBOLS.items()),
            half_life=float(np.median(measures.half_life(z["f"]))),
            shut=float(shut.mean()),
            open=float(open_.mean()),
            faded=float(np.mean(1.0 - np.tanh(z["c"]) ** 2)),
        )
    )


@dataclass(frozen=True)
class Paths:
    """Four accounts of what is left of a gradient, and what each gate's recurrent input adds to it.

    All are ln of average gains ‖·‖_F/√H by lag t − k = 0..t; exact zeros are −inf.
    """

    t: int
    lag: int  # the chosen t − k
    h_h: Array  # (t + 1,), the true ∂h_t/∂h_k
    c_c: Array  # (t + 1,), the true ∂c_t/∂c_k
    additive: Array  # (t + 1,), ∏ f_j
    shortcut: Array  # (t + 1,), ∏ ∂h_j/∂h_{j-1} with c held fixed
    without: dict[str, Array]  # gate -> (t + 1,), ∂c_t/∂c_k with W of that gate cut; empty if too large

    @property
    def log_explained(self) -> float:
        """ln of the share of ∂c_t/∂c_k that the forget-gate product makes up, at the chosen lag."""
        return ratio(self.additive[self.lag], self.c_c[self.lag])

    @property
    def log_shortcut(self) -> float:
        """ln of what the textbook shortcut gives over the true ∂h_t/∂h_k, at the chosen lag."""
        return ratio(self.shortcut[self.lag], self.h_h[self.lag])


def ratio(log_part: float, log_whole: float) -> float:
    """The difference of two logarithms; 0 where both are of exact zeros."""
    return float(log_part - log_whole) if log_part != log_whole else 0.0


def chain_without(recorded: Run, gates: tuple[str, ...]) -> Chain:
    """The Jacobians with the recurrent input of one gate cut in each (leading axis: gate).

    The states stay those of the run: only the gradient is kept from passing through W of that gate.
    """
    w, n, trace = recorded.weights, len(gates), recorded.trace
    kept = {k: np.array([gate != k for gate in gates], float)[:, None, None] * W for k, W in w.W.items()}

    def beside(values: dict[str, Array]) -> dict[str, Array]:
        return {k: np.broadcast_to(a[:, None], (len(a), n, a.shape[-1])) for k, a in values.items()}

    wide = Trace(trace.x, beside(trace.s), beside(trace.z))
    return flow.chain(recorded.cell, replace(w, W=kept), wide)


def cut_curves(recorded: Run, t: int) -> dict[str, Array]:
    """ln‖∂c_t/∂c_k‖_F/√H by lag with the recurrent input of each gate cut; {} where that takes too long."""
    H, gates = recorded.weights.H, recorded.cell.v_blocks
    if len(gates) * 8.0 * H**3 * t > CUT_BUDGET:
        return {}
    _, c = maps.block_slices(recorded, "h←c")
    curves = maps.curve_back(chain_without(recorded, gates), t, rows=c, columns=c, spectral=False)
    return {gate: measures.normalised(curves[::-1, i], H) for i, gate in enumerate(gates)}


def paths(e: Experiment, view: View) -> Paths:
    """The paths of an experiment from the view's target step back, its source step giving the chosen lag."""
    recorded = run(replace(e, cell="lstm"))
    t, k = view.pair(recorded.T)
    account = maps.ledger(recorded, t)
    return freeze(
        Paths(
            t=t,
            lag=t - k,
            h_h=account.h_h[::-1],
            c_c=account.c_c[::-1],
            additive=account.additive[::-1],
            shortcut=account.shortcut[::-1],
            without=cut_curves(recorded, t),
        )
    )
