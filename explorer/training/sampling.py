"""Letting a trained network speak: its own words are read back to it, one at a time."""

from collections.abc import Iterator, Sequence

import numpy as np

from explorer import flow
from explorer.arrays import Array
from explorer.cells import Cell
from explorer.training.layout import Floats, Layout


def probabilities(o: Array, temperature: float) -> Array:
    """softmax(o / temperature), (K,); at 0 the largest output has it all."""
    if temperature == 0:
        return np.asarray(np.eye(len(o))[np.argmax(o)])
    weights = np.exp((o - o.max()) / temperature)
    return np.asarray(weights / weights.sum())


def spoken(cell: Cell, layout: Layout, row: Floats, prompt: Sequence[int], draw: "Voice") -> Iterator[int]:
    """Symbols without end, drawn from the network (P,) after it has read the prompt.

    Raises ValueError for an empty prompt, or a network whose outputs are not its inputs.
    """
    if not prompt or layout.X != layout.K:
        raise ValueError("sampling needs a first symbol, and a network that predicts what it reads")
    w, out = layout.unpack(row)
    s = flow.initial_state(cell, (), layout.H)
    waiting = list(prompt)
    while True:
        x = np.eye(layout.X)[waiting]
        trace = flow.forward(cell, w, x, s)
        s = {k: a[-1] for k, a in trace.s.items()}
        waiting = [draw.next(out.c + out.V @ s["h"])]
        yield waiting[0]


class Voice:
    """A temperature and a random stream: 0 is the most likely symbol every time, 1 the network as it is."""

    def __init__(self, temperature: float, seed: int) -> None:
        """Raises ValueError unless the temperature is at least 0 and finite."""
        if not (np.isfinite(temperature) and temperature >= 0):
            raise ValueError(f"temperature must be at least 0; got {temperature}")
        self.temperature, self.rng = temperature, np.random.default_rng(seed)

    def next(self, o: Array) -> int:
        """One symbol from the outputs o (K,)."""
        return int(self.rng.choice(len(o), p=probabilities(o, self.temperature)))
