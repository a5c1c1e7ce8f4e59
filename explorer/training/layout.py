"""The parameters of a network as one row of numbers, for optimisers, clipping and checkpoints.

Every part is a view into the row, transposed as the fast passes want it (x U + h W + b, gates side by
side), so that a change of the row is a change of the network and nothing is copied. M networks of one shape
are trained together: the leading axis.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Values
from explorer.readout import Readout
from explorer.weights import Weights

Floats = NDArray[Any]  # float32 or float64, as the training asks
Views = dict[str, Floats]

GATES = {  # cell -> the order of its blocks side by side in U, and in W; sigmoids first
    "rnn": (("a",), ("a",)),
    "lstm": (("i", "f", "o", "g"), ("i", "f", "o", "g")),
    "gru": (("r", "z", "n"), ("r", "z", "m")),
}


@dataclass(frozen=True)
class Layout:
    """What stands where in the row: U (X, G), W (H, G), b (G,), the GRU's m (H,), V (H, K) and c (K,)."""

    cell: str  # a key of GATES
    H: int  # hidden units
    X: int  # input features, or symbols
    K: int  # outputs

    @property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """{part: its shape}, in order; G = H times the number of blocks."""
        G = self.H * len(GATES[self.cell][0])
        inner = {"m": (self.H,)} if self.cell == "gru" else {}
        return {
            "U": (self.X, G), "W": (self.H, G), "b": (G,), **inner, "V": (self.H, self.K), "c": (self.K,)
        }  # fmt: skip

    @property
    def size(self) -> int:
        """P, the number of parameters."""
        return sum(int(np.prod(shape)) for shape in self.parts.values())

    def views(self, rows: Floats) -> Views:
        """The parts of rows (M, P) as (M, ...) each, without copying."""
        found, start = {}, 0
        for name, shape in self.parts.items():
            end = start + int(np.prod(shape))
            found[name] = rows[:, start:end].reshape(len(rows), *shape)
            start = end
        return found

    def pack(self, w: Weights, readout: Readout) -> Floats:
        """One network as a row (P,), in float64."""
        of_u, of_v = GATES[self.cell]
        row = np.empty((1, self.size))
        parts = self.views(row)
        parts["U"][0] = np.concatenate([w.U[k] for k in of_u]).T
        parts["W"][0] = np.concatenate([w.W[k] for k in of_v]).T
        parts["b"][0] = np.concatenate([w.b[k] for k in of_u])
        if "m" in parts:
            parts["m"][0] = w.b["m"]
        parts["V"][0], parts["c"][0] = readout.V.T, readout.c
        return np.asarray(row[0])

    def unpack(self, row: Floats) -> tuple[Weights, Readout]:
        """The network of one row (P,), in float64 and in the shapes of the equations."""
        of_u, of_v = GATES[self.cell]
        parts = {name: a[0] for name, a in self.views(np.asarray(row, np.float64)[None]).items()}
        b = self._cut(parts["b"], of_u) | ({"m": parts["m"]} if "m" in parts else {})
        w = Weights(self._cut(parts["W"].T, of_v), self._cut(parts["U"].T, of_u), b)
        return w, Readout(parts["V"].T.copy(), parts["c"].copy())

    def _cut(self, stacked: Floats, blocks: tuple[str, ...]) -> Values:
        H = self.H
        return {k: stacked[i * H : (i + 1) * H].copy() for i, k in enumerate(blocks)}
