"""Gate surgery: an LSTM whose gates are held at values over spans of steps, whatever its inputs say.

Forward, a held gate is that value; backward, nothing passes through it, while what it multiplies still
does. Both follow from one cell, so that Jacobians, error signals and maps are those of the network that
was operated on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from explorer import flow
from explorer.arrays import Array, Values, freeze
from explorer.cells import LSTM, Partials
from explorer.flow import Trace
from explorer.run import Run
from explorer.weights import Weights

HELD = {gate: f"held_{gate}" for gate in LSTM.gates}  # symbols in z: 1 where the gate is held, else 0
ENTRY = re.compile(r"([fiog]):(-?\d(?:\.\d{1,3})?)@(\d{1,4})(?:-(\d{1,4}))?")
Levels = tuple[tuple[str, float], ...]


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



def pre_activation(gate: str, level: float) -> float:
    """The pre-activation that gives the level: the logit, or the inverse of tanh; ±∞ at the ends."""
    with np.errstate(divide="ignore"):
        if gate == "g":
            return float(np.arctanh(level))
        return float(np.log(level) - np.log1p(-level))


@dataclass(frozen=True)
class HeldLSTM(LSTM):
    """An LSTM with gates held at levels at every step it makes; with none, a plain one that says so."""

    held: Levels = ()

    def step(self, u: Values, v: Values, s: Values) -> Values:
        """As the LSTM's, with the held gates' pre-activations put in place of what u and v say."""
        levels = dict(self.held)
        u = {**u, **{k: np.full_like(u[k], pre_activation(k, level)) for k, level in levels.items()}}
        v = {**v, **{k: np.zeros_like(v[k]) for k in levels}}
        z = super().step(u, v, s)
        return {**z, **{mark: np.full(z["h"].shape, float(k in levels)) for k, mark in HELD.items()}}

    def partials(self, z: Values, s: Values) -> Partials:
        """As the LSTM's, zero by a held gate at the steps at which it is held."""
        return {
            row: {k: d * (1.0 - z[HELD[k]]) if k in HELD else d for k, d in of.items()}
            for row, of in super().partials(z, s).items()
        }


def active(pins: Sequence[Pin], step: int) -> Levels:
    """The gates held at a step and their levels; of two pins on one gate the later counts."""
    return tuple({pin.gate: pin.level for pin in pins if pin.first <= step <= pin.last}.items())


def forward(w: Weights, x: Array, s0: Values, *pins: Pin) -> Trace:
    """Run an LSTM over x (T, ..., X) from s0 with gates held; a span beyond T ends there."""
    T = len(x)
    ends = sorted({0, T, *(min(end, T) for pin in pins for end in (pin.first - 1, pin.last))})
    parts: list[Trace] = []
    for start, end in pairwise(ends):
        state = {block: a[-1] for block, a in parts[-1].s.items()} if parts else s0
        parts.append(flow.forward(HeldLSTM(active(pins, start + 1)), w, x[start:end], state))
    states = {
        block: np.concatenate([parts[0].s[block], *(part.s[block][1:] for part in parts[1:])])
        for block in LSTM.state
    }
    return Trace(x, states, {k: np.concatenate([part.z[k] for part in parts]) for k in parts[0].z})


def operated(run: Run, *pins: Pin) -> Run:
    """The run of the same LSTM on the same sequence with gates held; itself where none is.

    Raises ValueError for another cell.
    """
    if run.cell.name != LSTM.name:
        raise ValueError(f"cell must be lstm for gate surgery; got {run.cell.name}")
    if not pins:
        return run
    s0 = {block: a[0] for block, a in run.trace.s.items()}
    trace = forward(run.weights, run.trace.x, s0, *pins)
    return freeze(replace(run, cell=HeldLSTM(), trace=trace))


# Operations as text


def read(text: str) -> tuple[Pin, ...]:
    """The operations a text names, "f:1@6-19 i:0@3"; raises ValueError for anything else."""
    found = []
    for word in text.split():
        match = ENTRY.fullmatch(word)
        if match is None:
            raise ValueError(f"also must be entries such as f:1@6-19 or i:0@3; got {word[:40]!r}")
        found.append(Pin(match[1], float(match[2]), int(match[3]), int(match[4] or match[3])))
    return tuple(found)


def written(pins: Sequence[Pin]) -> str:
    """The text of some operations."""
    words = (f"{p.gate}:{p.level:.3f}".rstrip("0").rstrip(".") + f"@{p.first}-{p.last}" for p in pins)
    return " ".join(words)


def without(pins: Sequence[Pin], gate: str, first: int, last: int) -> tuple[Pin, ...]:
    """The operations with a span of steps of one gate let go; one around it falls into two."""
    left: list[Pin] = []
    for pin in pins:
        if pin.gate != gate or pin.last < first or pin.first > last:
            left.append(pin)
            continue
        left += [replace(pin, last=first - 1)] if pin.first < first else []
        left += [replace(pin, first=last + 1)] if pin.last > last else []
    return tuple(left)


def brushed(pins: Sequence[Pin], brush: Pin) -> tuple[Pin, ...]:
    """The operations after a stroke over a gate's steps: held, or let go where all of them were so held."""
    rest = without(pins, brush.gate, brush.first, brush.last)
    steps = range(brush.first, brush.last + 1)
    already = all(dict(active(pins, t)).get(brush.gate) == brush.level for t in steps)
    return rest if already else (*rest, brush)
