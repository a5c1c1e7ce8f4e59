"""Gate surgery: an LSTM whose gate is held at a value over a span of steps, whatever its inputs say.

Forward, the held gate is that value; backward, nothing passes through it, while what it multiplies still
does. Both follow from one cell, so that Jacobians, error signals and maps are those of the network that
was operated on.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from explorer import flow
from explorer.arrays import Array, Values, freeze
from explorer.cells import LSTM, Partials
from explorer.flow import Trace
from explorer.run import Run
from explorer.weights import Weights

HELD = "held"  # symbol in z: 1 at the steps at which the gate is held, else 0


@dataclass(frozen=True)
class Pin:
    """A gate held at a level from step `first` to step `last`, both included; steps count from 1."""

    gate: str
    level: float  # 0 to 1, or −1 to 1 for the candidate
    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuses what is no gate, no value of it, or no span."""
        if self.gate not in LSTM.gates:
            raise ValueError(f"gate must be one of {', '.join(LSTM.gates)}; got {self.gate!r}")
        low = -1.0 if self.gate == "g" else 0.0
        if not low <= self.level <= 1.0:
            raise ValueError(f"level of {self.gate} must lie in [{low:g}, 1]; got {self.level}")
        if not 1 <= self.first <= self.last:
            raise ValueError(f"first and last must be 1 <= first <= last; got {self.first}, {self.last}")

    @property
    def pre_activation(self) -> float:
        """The pre-activation that gives the level: the logit, or the inverse of tanh; ±∞ at the ends."""
        with np.errstate(divide="ignore"):
            if self.gate == "g":
                return float(np.arctanh(self.level))
            return float(np.log(self.level) - np.log1p(-self.level))


@dataclass(frozen=True)
class HeldLSTM(LSTM):
    """An LSTM with one gate held at every step it makes while `on`; without `on` a plain one that says so."""

    pin: Pin = Pin("f", 1.0, 1, 1)
    on: bool = True

    def step(self, u: Values, v: Values, s: Values) -> Values:
        """As the LSTM's, with the held gate's pre-activation put in place of what u and v say."""
        if self.on:
            gate = self.pin.gate
            u = {**u, gate: np.full_like(u[gate], self.pin.pre_activation)}
            v = {**v, gate: np.zeros_like(v[gate])}
        z = super().step(u, v, s)
        return {**z, HELD: np.full(z["h"].shape, float(self.on))}

    def partials(self, z: Values, s: Values) -> Partials:
        """As the LSTM's, zero by the held gate at the steps at which it is held."""
        free = 1.0 - z[HELD]
        return {
            row: {source: d * free if source == self.pin.gate else d for source, d in of.items()}
            for row, of in super().partials(z, s).items()
        }


def forward(w: Weights, x: Array, s0: Values, pin: Pin) -> Trace:
    """Run an LSTM over x (T, ..., X) from s0 with a gate held; a span beyond T ends there."""
    ends = sorted({0, min(pin.first - 1, len(x)), min(pin.last, len(x)), len(x)})
    parts: list[Trace] = []
    for start, end in pairwise(ends):
        cell = HeldLSTM(pin, on=pin.first <= start + 1 <= pin.last)
        state = {block: a[-1] for block, a in parts[-1].s.items()} if parts else s0
        parts.append(flow.forward(cell, w, x[start:end], state))
    states = {
        block: np.concatenate([parts[0].s[block], *(part.s[block][1:] for part in parts[1:])])
        for block in LSTM.state
    }
    return Trace(x, states, {k: np.concatenate([part.z[k] for part in parts]) for k in parts[0].z})


def operated(run: Run, pin: Pin) -> Run:
    """The run of the same LSTM on the same sequence with a gate held; raises ValueError for another cell."""
    if run.cell.name != LSTM.name:
        raise ValueError(f"cell must be lstm for gate surgery; got {run.cell.name}")
    s0 = {block: a[0] for block, a in run.trace.s.items()}
    trace = forward(run.weights, run.trace.x, s0, pin)
    return freeze(replace(run, cell=HeldLSTM(pin), trace=trace))
