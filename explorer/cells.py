"""Recurrent cells: the equations of one step and their elementwise derivatives.

A cell is handed u = b + U x_t and v = W h_{t-1}, cut into named blocks of H units, and works on them unit
by unit; every matrix product belongs to explorer.flow. From `step` and `partials` the engine derives the
one-step Jacobians, their products and backpropagation through time, so each derivative is written once.
To add a cell, write one class and name it in CELLS.

Shapes: every array is (..., H). A block that stands in `v_blocks` only (the GRU's m) carries its bias
inside v.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from explorer.activations import ACTIVATIONS, Activation, dsigmoid, dtanh, sigmoid
from explorer.arrays import Array, Values

Partials = dict[str, Values]  # state block -> what it depends on -> d block / d that


class Cell(Protocol):
    """What the engine asks of a cell."""

    name: ClassVar[str]
    label: ClassVar[str]
    state: ClassVar[tuple[str, ...]]  # blocks of the state s, h first
    u_blocks: ClassVar[tuple[str, ...]]  # row blocks of U
    v_blocks: ClassVar[tuple[str, ...]]  # row blocks of W
    gates: ClassVar[dict[str, str]]  # gate symbol -> its name in words
    settings: ClassVar[tuple[str, ...]]  # the settings that only some cells have, of those it has
    equations: ClassVar[dict[str, str]]  # symbol -> right-hand side in LaTeX
    derivatives: ClassVar[dict[str, str]]  # "c|c" -> right-hand side of dc_t/dc_{t-1} in LaTeX, for the slide

    def step(self, u: Values, v: Values, s: Values) -> Values:
        """Every value of step t, the new state included, from u, v and the state s_{t-1}."""

    def partials(self, z: Values, s: Values) -> Partials:
        """The derivatives of each block of s_t by u, v and s_{t-1}, block by block; zeros left out."""


LATEX = {"g": r"\tilde{c}"}  # how a symbol is written, where it is not written as itself


def affine(block: str) -> str:
    """The pre-activation b + W h_{t-1} + U x_t of one block, in LaTeX."""
    return rf"b_{block} + W_{block} h_{{t-1}} + U_{block} x_t"


@dataclass(frozen=True)
class RNN:
    """The simple recurrent network of Elman (1990): h_t = φ(b + W h_{t-1} + U x_t)."""

    activation: Activation = ACTIVATIONS["tanh"]

    name: ClassVar[str] = "rnn"
    label: ClassVar[str] = "RNN"
    state: ClassVar[tuple[str, ...]] = ("h",)
    u_blocks: ClassVar[tuple[str, ...]] = ("a",)
    v_blocks: ClassVar[tuple[str, ...]] = ("a",)
    gates: ClassVar[dict[str, str]] = {}
    settings: ClassVar[tuple[str, ...]] = ("activation", "bias")
    equations: ClassVar[dict[str, str]] = {"a": r"b + W h_{t-1} + U x_t", "h": r"\phi(a_t)"}
    derivatives: ClassVar[dict[str, str]] = {"h|a": r"\phi'(a_t)"}

    def step(self, u: Values, v: Values, s: Values) -> Values:
        """a_t and h_t."""
        a = u["a"] + v["a"]
        return {"a": a, "h": self.activation.phi(a)}

    def partials(self, z: Values, s: Values) -> Partials:
        """dh_t/da_t = φ′(a_t)."""
        return {"h": {"a": self.activation.dphi(z["a"])}}


@dataclass(frozen=True)
class LSTM:
    """Hochreiter & Schmidhuber (1997) with the forget gate of Gers, Schmidhuber & Cummins (2000)."""

    name: ClassVar[str] = "lstm"
    label: ClassVar[str] = "LSTM"
    state: ClassVar[tuple[str, ...]] = ("h", "c")
    u_blocks: ClassVar[tuple[str, ...]] = ("f", "i", "g", "o")
    v_blocks: ClassVar[tuple[str, ...]] = ("f", "i", "g", "o")
    gates: ClassVar[dict[str, str]] = {
        "f": "forget gate",
        "i": "input gate",
        "g": "candidate",
        "o": "output gate",
    }
    settings: ClassVar[tuple[str, ...]] = ("forget_bias", "forget_rule", "input_bias")
    equations: ClassVar[dict[str, str]] = {
        **{f"a_{block}": affine(block) for block in "figo"},
        "f": r"\sigma(a_{f,t})",
        "i": r"\sigma(a_{i,t})",
        "g": r"\tanh(a_{g,t})",
        "o": r"\sigma(a_{o,t})",
        "c": r"f_t \odot c_{t-1} + i_t \odot \tilde{c}_t",
        "h": r"o_t \odot \tanh(c_t)",
    }
    derivatives: ClassVar[dict[str, str]] = {
        "c|c": r"f_t",
        "h|c": r"o_t \odot (1-\tanh^2(c_t)) \odot f_t",
        "c|f": r"c_{t-1} \odot \sigma'(a_{f,t})",
        "c|i": r"\tilde{c}_t \odot \sigma'(a_{i,t})",
        "c|g": r"i_t \odot \tanh'(a_{g,t})",
        "h|o": r"\tanh(c_t) \odot \sigma'(a_{o,t})",
    }

    def step(self, u: Values, v: Values, s: Values) -> Values:
        """The gates and the candidate with their pre-activations, then c_t and h_t."""
        a = {f"a_{k}": u[k] + v[k] for k in self.u_blocks}
        f, i, o = (sigmoid(a[f"a_{k}"]) for k in "fio")
        g = np.tanh(a["a_g"])
        c = f * s["c"] + i * g
        return {**a, "f": f, "i": i, "g": g, "o": o, "c": c, "h": o * np.tanh(c)}

    def partials(self, z: Values, s: Values) -> Partials:
        """dc_t, and dh_t through c_t and through the output gate."""
        dc = {
            "f": s["c"] * dsigmoid(z["a_f"]),
            "i": z["g"] * dsigmoid(z["a_i"]),
            "g": z["i"] * dtanh(z["a_g"]),
            "c": z["f"],
        }
        dh = {source: self.exposure(z) * d for source, d in dc.items()}
        return {"h": {**dh, "o": np.tanh(z["c"]) * dsigmoid(z["a_o"])}, "c": dc}

    @staticmethod
    def exposure(z: Values) -> Array:
        """∂h_t/∂c_t = o_t (1 − tanh²(c_t)): how much of the cell state the output shows."""
        shown: Array = z["o"] * dtanh(z["c"])
        return shown


@dataclass(frozen=True)
class GRU:
    """Cho et al. (2014), with the reset gate after the product, as PyTorch and Keras have it."""

    name: ClassVar[str] = "gru"
    label: ClassVar[str] = "GRU"
    state: ClassVar[tuple[str, ...]] = ("h",)
    u_blocks: ClassVar[tuple[str, ...]] = ("r", "z", "n")
    v_blocks: ClassVar[tuple[str, ...]] = ("r", "z", "m")
    gates: ClassVar[dict[str, str]] = {"r": "reset gate", "z": "update gate", "n": "candidate"}
    settings: ClassVar[tuple[str, ...]] = ()
    equations: ClassVar[dict[str, str]] = {
        "a_r": affine("r"),
        "a_z": affine("z"),
        "m": r"b_m + W_m h_{t-1}",
        "a_n": r"b_n + r_t \odot m_t + U_n x_t",
        "r": r"\sigma(a_{r,t})",
        "z": r"\sigma(a_{z,t})",
        "n": r"\tanh(a_{n,t})",
        "h": r"z_t \odot h_{t-1} + (1 - z_t) \odot n_t",
    }
    derivatives: ClassVar[dict[str, str]] = {
        "h|h": r"z_t",
        "h|z": r"(h_{t-1} - n_t) \odot \sigma'(a_{z,t})",
        "h|n": r"(1 - z_t) \odot \tanh'(a_{n,t})",
        "h|m": r"(1 - z_t) \odot \tanh'(a_{n,t}) \odot r_t",
        "h|r": r"(1 - z_t) \odot \tanh'(a_{n,t}) \odot m_t \odot \sigma'(a_{r,t})",
    }

    def step(self, u: Values, v: Values, s: Values) -> Values:
        """The gates and the candidate with their pre-activations, then h_t."""
        a_r, a_z, m = u["r"] + v["r"], u["z"] + v["z"], v["m"]
        r, z = sigmoid(a_r), sigmoid(a_z)
        a_n = u["n"] + r * m
        n = np.tanh(a_n)
        h = z * s["h"] + sigmoid(-a_z) * n  # σ(−a) is 1 − σ(a) without the lost digits
        return {"a_r": a_r, "a_z": a_z, "m": m, "a_n": a_n, "r": r, "z": z, "n": n, "h": h}

    def partials(self, z: Values, s: Values) -> Partials:
        """dh_t by both gates, the candidate, m and h_{t-1}."""
        dn = sigmoid(-z["a_z"]) * dtanh(z["a_n"])
        dr = dn * z["m"] * dsigmoid(z["a_r"])
        dz = (s["h"] - z["n"]) * dsigmoid(z["a_z"])
        return {"h": {"r": dr, "z": dz, "n": dn, "m": dn * z["r"], "h": z["z"]}}


CELLS: dict[str, type[RNN] | type[LSTM] | type[GRU]] = {cell.name: cell for cell in (RNN, LSTM, GRU)}
