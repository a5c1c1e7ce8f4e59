"""The state before the first step."""

from explorer.arrays import Values
from explorer.cells import Cell
from explorer.flow import initial_state
from explorer.weights import stream

STARTS = {"zero": "zero", "random": "random N(0, 1)"}


def starting_state(cell: Cell, start: str, H: int, *, seed: int) -> Values:
    """s_0 by block, (H,): all zero, or h_0 drawn from N(0, 1) with c_0 = 0."""
    s0 = initial_state(cell, (), H)
    if start == "random":
        s0["h"] = stream(seed, "s0").standard_normal(H)
    return s0
