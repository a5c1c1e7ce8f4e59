"""What the gates and the cell state of an LSTM do along time, and which of its paths carries the gradient."""

from dataclasses import dataclass, replace

import numpy as np

from explorer import flow, maps, measures
from explorer.arrays import Array, Integers, freeze
from explorer.chain import Chain
from explorer.experiment import View
from explorer.flow import Trace
from explorer.reports.forget_bias import BiasCurve
from explorer.reports.layers import MOST_COLUMNS, averaged
from explorer.run import Run
from explorer.wording import number, percent, power, steps, times

SYMBOLS = {
    "f": "forget gate",
    "i": "input gate",
    "g": "candidate",
    "o": "output gate",
    "c": "cell state",
    "h": "hidden state",
}
LN10 = float(np.log(10.0))
HELD = 600.0  # e^±600 lie well inside float64
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

    def alt(self) -> str:
        """The heat maps in words."""
        return f"Gates, candidate and both states of {self.H} units over {steps(self.T)}. {self.quiet()}"

    def quiet(self) -> str:
        """What the gates do on the whole, in one line."""
        life = "never" if np.isinf(self.half_life) else f"after {number(self.half_life, 2)} steps"
        return (
            f"The typical unit has forgotten half of c {life}; forget gates: {percent(self.open)} open "
            f"(over 0.9), {percent(self.shut)} shut (below 0.1). The output sees {number(self.faded, 2)} "
            "of a change of c, the mean of 1 − tanh²(c)."
        )


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


    @property
    def k(self) -> int:
        """The step the gradient is followed to."""
        return self.t - self.lag

    def finding(self) -> str:
        """What the forget gates alone explain of what is left of ∂c_t."""
        if self.lag == 0:
            return "At the target step itself nothing is lost yet: choose a source step before it"
        alone, true = size_of(float(self.additive[self.lag])), size_of(float(self.c_c[self.lag]))
        return (
            f"From step {self.t} to {self.k} forget gates alone leave {alone}, the true ∂c/∂c is {true}: "
            f"they explain {share(self.log_explained)} of it"
        )

    def ledger(self) -> dict[str, float]:
        """Every account's ln of what is left at the chosen lag, the gates cut last."""
        accounts = {
            "forget gates alone, ∏ f": self.additive,
            "true ∂cₜ/∂cₖ": self.c_c,
            "true ∂hₜ/∂hₖ": self.h_h,
            "shortcut, c held fixed": self.shortcut,
        }
        cut = {f"∂cₜ/∂cₖ, W of {gate.replace('g', 'c̃')} cut": curve for gate, curve in self.without.items()}
        return {name: float(curve[self.lag]) for name, curve in (accounts | cut).items()}

    def costliest(self) -> tuple[str, float] | None:
        """The gate whose recurrent input carries most of ∂c_t/∂c_k, and ln of what is left without it."""
        if not self.without or self.lag == 0:
            return None
        left = {gate: ratio(curve[self.lag], self.c_c[self.lag]) for gate, curve in self.without.items()}
        gate = min(left, key=left.__getitem__)
        return (gate, left[gate]) if left[gate] < np.log(0.9) else None

    def caption(self) -> str:
        """What the shortcut gets wrong, and which gate's recurrent input matters most."""
        found = self.costliest()
        if not self.without:
            cut = "Too large to cut gates one by one."
        elif found is None:
            cut = "No gate’s recurrent input carries much of ∂c/∂c."
        else:
            cut = f"Without W of the {SYMBOLS[found[0]]}, {times(found[1])} is left."
        if np.isneginf(self.h_h[self.lag]) and np.isneginf(self.shortcut[self.lag]):
            return f"The shortcut and the true ∂h/∂h are both exactly 0. {cut}"
        return f"The shortcut gives {share(self.log_shortcut)} of the true ∂h/∂h. {cut}"

    def ledger_alt(self) -> str:
        """The ledger in words."""
        parts = "; ".join(f"{name}: {size_of(size)}" for name, size in self.ledger().items())
        return f"What is left from step {self.t} back to step {self.k}. {parts}."

    def curves_alt(self) -> str:
        """The curves in words."""
        return f"Four accounts of what is left at every step k from step {self.t}. {self.finding()}."

    def table(self) -> dict[str, Array | Integers]:
        """Every account by source step, log₁₀."""
        columns = {
            "additive path": self.additive,
            "true dc_t/dc_k": self.c_c,
            "true dh_t/dh_k": self.h_h,
            "shortcut with c fixed": self.shortcut,
            **{f"dc_t/dc_k without W_{gate}": curve for gate, curve in self.without.items()},
        }
        found = {f"log10 {name}": curve[::-1] / LN10 for name, curve in columns.items()}
        return {"source step k": np.arange(self.t + 1), **found}


def bias_alt(found: BiasCurve | None, present: float) -> str:
    """The curve over forget biases in words, or why there is none."""
    return found.alt(present) if found else f"No curve at this size; present bias {number(present)}."


def size_of(ln: float) -> str:
    """The size e^ln with two digits where a float64 can hold it, else as a power of ten."""
    if np.isneginf(ln):
        return "exactly 0"
    return number(float(np.exp(ln)), 2) if abs(ln) < HELD else power(ln)


def share(log_part: float) -> str:
    """A part of e^log_part of a whole in words: "14 %", "10⁻³⁰", "3.4 times the size"."""
    if log_part > 1e-9:
        return f"{power(log_part)} times the size"
    return percent(float(np.exp(log_part))) if log_part > np.log(0.01) else power(log_part)


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


def paths(recorded: Run, view: View) -> Paths:
    """The paths of an LSTM run from the view's target step back, its source step giving the chosen lag."""
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
