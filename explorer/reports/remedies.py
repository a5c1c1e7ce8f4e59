"""Three remedies against one baseline: ReLU, gradient capping and the LSTM, what each cures and does not."""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, freeze
from explorer.experiment import Experiment, View
from explorer.reports.treatments import NETWORKS, Sweep, Treated, Units, treated, units_of
from explorer.wording import number, percent, power

LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class RemediesReport:
    """What the page on remedies shows."""

    T: int
    gain: float
    threshold: float
    treated: dict[str, Treated]
    units: Units
    sweep: Sweep

    @property
    def baseline(self) -> Treated:
        """The tanh network without a remedy."""
        return self.treated["tanh"]

    def at_first(self, name: str) -> str:
        """What one network leaves of the last error at step 1, in words."""
        return power(float(self.treated[name].left[1]))

    def finding(self) -> str:
        """What is left at step 1 in all networks, and what capping did, in one sentence."""
        left = ", ".join(f"{name} {self.at_first(name)}" for name in self.treated)
        return f"Left at step 1 of the error at step {self.T}: {left}; {self.capping()}"

    def capping(self) -> str:
        """What capping did to the baseline's gradient."""
        before, after = self.baseline.norms
        if self.baseline.clipped.share_cut == 0:
            return f"capping at {number(self.threshold)} finds nothing to cut"
        return f"capping cuts tanh’s norm from {power(before)} to {power(after)}"

    def verdicts(self) -> str:
        """What each remedy does and does not cure in this run, one sentence each."""
        return " ".join((self.relu_verdict(), self.capping_verdict(), self.lstm_verdict()))

    def relu_verdict(self) -> str:
        """What ReLU changes."""
        off, never = percent(float(self.units.off.mean())), int(self.units.never.sum())
        dead = f"{never} of {len(self.units.never)} never {'fires' if never == 1 else 'fire'}"
        return f"ReLU: {self.compared('ReLU')}; a unit is off {off} of the time, and {dead}."

    def capping_verdict(self) -> str:
        """What capping changes, and that it leaves the shape."""
        cut = self.capping()
        spread = power(self.baseline.spread)
        return f"{cut[:1].upper()}{cut[1:]}; the parts of its steps still differ {spread} times."

    def lstm_verdict(self) -> str:
        """What the LSTM changes."""
        return f"LSTM: {self.compared('LSTM')}; gradient norm {power(self.treated['LSTM'].norms[0])}."

    def compared(self, name: str) -> str:
        """One network's remainder at step 1 as a multiple of the baseline's."""
        own, base = float(self.treated[name].left[1]), float(self.baseline.left[1])
        if np.isneginf(own):
            return "nothing reaches step 1"
        if np.isneginf(base):
            return f"{power(own)} reaches step 1, with tanh nothing"
        more = own - base
        word = "more" if more >= 0 else "less"
        return f"{power(abs(more))} times {word} reaches step 1 than with tanh"

    def curves_alt(self) -> str:
        """The curves by lag in words."""
        last = ", ".join(
            f"{name} {power(float(one.parts[1:][np.argmax(np.isfinite(one.parts[1:]))]))}"
            for name, one in self.treated.items()
        )
        return f"Part of the gradient of W by lag; at the longest lag: {last}. {self.capping_verdict()}"

    def units_alt(self) -> str:
        """The units in words."""
        saturated = percent(float(self.units.saturated.mean()))
        return f"{self.relu_verdict()} Of the tanh units {saturated} are saturated."

    def norms_alt(self) -> str:
        """The norms in words."""
        said = ", ".join(
            f"{name} {power(one.norms[0])} to {power(one.norms[1])}" for name, one in self.treated.items()
        )
        return f"Gradient norm before and after capping at {number(self.threshold)}: {said}."

    def sweep_alt(self) -> str:
        """The comparison over gains in words."""
        ends = ", ".join(
            f"{name} {power(float(left[0]))} to {power(float(left[-1]))}"
            for name, left in self.sweep.left.items()
        )
        low, high = number(float(self.sweep.gains[0])), number(float(self.sweep.gains[-1]))
        return f"What is left after {self.sweep.T} steps for gains from {low} to {high}: {ends}."

    def table(self) -> dict[str, Array]:
        """The curves by lag as columns."""
        lag = np.arange(self.T)
        columns = {"lag": lag.astype(float)}
        for name, one in self.treated.items():
            gap = np.full(self.T - one.T, np.nan)
            columns[f"log10, {name}"] = np.concatenate([one.parts[:0:-1] / LN10, gap])
            columns[f"log10, {name} capped"] = np.concatenate([one.capped[:0:-1] / LN10, gap])
        return columns


def remedies_report(e: Experiment, view: View, swept: Sweep) -> RemediesReport:
    """The report of one experiment, given the comparison over gains."""
    found = {name: treated(e, name, view.clip, view.threshold) for name in NETWORKS}
    return freeze(
        RemediesReport(
            T=max(one.T for one, _ in found.values()),
            gain=e.gain,
            threshold=view.threshold,
            treated={name: one for name, (one, _) in found.items()},
            units=units_of(found["ReLU"][1], found["tanh"][1]),
            sweep=swept,
        )
    )
