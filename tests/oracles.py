"""Independent ways to the numbers of the engine, shared by its tests.

* complex step: f(p + ih d) has the imaginary part h f′(p) d, with no difference taken and so no digit
  lost; at h = 1e-30 it sees derivatives of 1e-100 as well as those of 1.
* plain loops: one step and one pair at a time, as the definitions read.

Random small networks for every cell and activation come from `problem`; networks whose pre-activations
are prescribed, so that W may be 1e7 or 1e-7 without the state following it, from `steered`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer import flow
from explorer.activations import ACTIVATIONS
from explorer.arrays import Array, Integers, Values
from explorer.cells import CELLS, RNN, Cell
from explorer.chain import Chain
from explorer.flow import Backward, Trace
from explorer.readout import Loss, Readout, carrying, cross_entropy
from explorer.weights import Biases, Recipe, Weights, blocks, draw, ensemble

STEP = 1e-30
PARTS = ("W", "U", "b")
LENGTHS = (1, 10, 200)

CELL: dict[str, Cell] = {
    **{f"rnn {name}": RNN(activation) for name, activation in ACTIVATIONS.items()},
    **{name: build() for name, build in CELLS.items() if name != RNN.name},
}


@dataclass(frozen=True)
class Problem:
    """All that a loss E depends on."""

    cell: Cell
    w: Weights
    x: Array  # (T, ..., X)
    s0: Values  # state block -> (..., H)
    readout: Readout
    targets: Integers  # (T, ...)
    placement: str = "every"

    def trace(self) -> Trace:
        """The forward pass."""
        return flow.forward(self.cell, self.w, self.x, self.s0)

    def loss(self, trace: Trace) -> Loss:
        """The cross-entropy of the states, errors where the placement puts them."""
        carries = carrying(self.placement, len(self.x), (len(self.x) + 1) // 2)
        return cross_entropy(self.readout, trace.s["h"][1:], self.targets, carries)

    def back(self, trace: Trace) -> Backward:
        """Backpropagation of the whole loss."""
        return flow.backward(self.cell, self.w, trace, {"h": self.loss(trace).direct()})


def problem(
    name: str, T: int, *, initialiser: str = "gaussian", placement: str = "every", seed: int = 0
) -> Problem:
    """A random network of H = 4 units, X = 3 inputs and symbols; every bias and the start non-zero."""
    cell, rng, H, X = CELL[name], np.random.default_rng(seed), 4, 3
    w = draw(cell, H, X, Recipe(initialiser, 0.75, 1.0, Biases({})), seed=seed)
    awake = 1.5 if name == "rnn relu" else 0.0  # some units die on the way, not all
    w = replace(w, b={k: b + awake + 0.3 * rng.standard_normal(H) for k, b in w.b.items()})
    return Problem(
        cell=cell,
        w=w,
        x=rng.standard_normal((T, X)),
        s0={k: rng.standard_normal(H) for k in cell.state},
        readout=Readout(rng.standard_normal((X, H)), rng.standard_normal(X)),
        targets=rng.integers(0, X, T),
        placement=placement,
    )


# Complex step


def stepped(values: Values, block: str, direction: Array) -> Values:
    """The values with a complex step of one block, all of them complex."""
    return {k: np.asarray(a + 1j * STEP * (direction if k == block else 0.0)) for k, a in values.items()}


@dataclass(frozen=True)
class Nudge:
    """One direction in which one block of the weights or of the start is moved."""

    part: str  # "W", "U", "b" or "s0"
    block: str
    direction: Array

    def weights(self, w: Weights) -> Weights:
        """The weights with their complex step."""
        parts = {part: stepped(getattr(w, part), "", self.direction) for part in PARTS}
        if self.part in PARTS:
            parts[self.part] = stepped(getattr(w, self.part), self.block, self.direction)
        return Weights(**parts)

    def start(self, s0: Values) -> Values:
        """The start with its complex step."""
        return stepped(s0, self.block if self.part == "s0" else "", self.direction)


def nudges(p: Problem, seed: int = 1) -> list[Nudge]:
    """A random direction for every block of W, U, b and s_0."""
    rng = np.random.default_rng(seed)
    sources = {**{part: getattr(p.w, part) for part in PARTS}, "s0": p.s0}
    return [
        Nudge(part, block, rng.standard_normal(a.shape))
        for part, values in sources.items()
        for block, a in values.items()
    ]


def nudged_trace(p: Problem, moved: list[Nudge]) -> Trace:
    """One forward pass of an ensemble: the same network, each member nudged its own way."""
    w = ensemble([nudge.weights(p.w) for nudge in moved])
    starts = [nudge.start(p.s0) for nudge in moved]
    s0 = {k: np.stack([start[k] for start in starts]) for k in p.cell.state}
    T, X = p.x.shape
    return flow.forward(p.cell, w, np.broadcast_to(p.x[:, None], (T, len(moved), X)), s0)


def plain_loss(p: Problem, h: Array) -> Array:
    """E (...) of the states h (T, ..., H): the sum over the steps with an error of ln(1 + Σ e^(o_j − o_y)).

    The sum runs over the symbols j other than y; no difference of almost equal numbers is taken.
    """
    o = p.readout.c + np.einsum("kh,t...h->t...k", p.readout.V, h)
    total = np.zeros(h.shape[1:-1], dtype=o.dtype)
    first = {"every": 0, "last": len(h) - 1, "from": (len(h) + 1) // 2 - 1}[p.placement]
    for t in range(first, len(h)):
        others = np.delete(o[t], p.targets[t], axis=-1) - o[t][..., p.targets[t], None]
        total = total + np.log1p(np.exp(others).sum(axis=-1))
    return total


def loss_derivatives(p: Problem, moved: list[Nudge]) -> Array:
    """dE along each nudge, by the complex step."""
    return plain_loss(p, nudged_trace(p, moved).s["h"][1:]).imag / STEP


def gradient_values(back: Backward, part: str) -> Values:
    """{block: dE/dW, dE/dU or dE/db} with the exponent in it; of an ensemble, each network's own."""
    exponent = np.asarray(back.gradient_exponent)
    return {
        k: np.ldexp(a, exponent.reshape(*exponent.shape, *[1] * (a.ndim - exponent.ndim)))
        for k, a in getattr(back.gradient, part).items()
    }


def along(back: Backward, nudge: Nudge) -> float:
    """What the engine's gradient says of the same derivative."""
    if nudge.part == "s0":
        gradient = np.ldexp(back.signals[nudge.block][0], back.exponent[0])
    else:
        gradient = gradient_values(back, nudge.part)[nudge.block]
    return float(np.sum(gradient * nudge.direction))


def with_readout_complex(p: Problem, part: str, direction: Array) -> Problem:
    """The problem with a complex step of V or c."""
    step = 1j * STEP * direction
    return replace(p, readout=replace(p.readout, **{part: getattr(p.readout, part) + step}))


def joint(values: Values) -> Array:
    """The blocks side by side, (..., S)."""
    return np.concatenate(list(values.values()), axis=-1)


def state_derivatives(p: Problem, T: int) -> Array:
    """∂s_T/∂s_0 (S, S), column by column, by the complex step."""
    H, size = p.w.H, len(p.cell.state) * p.w.H
    steps = 1j * STEP * np.eye(size)
    s0 = {k: p.s0[k] + steps[:, i * H : (i + 1) * H] for i, k in enumerate(p.cell.state)}
    x = np.broadcast_to(p.x[:T, None], (T, size, p.x.shape[-1]))
    trace = flow.forward(p.cell, p.w, x, s0)
    return joint({k: trace.s[k][T] for k in p.cell.state}).T.imag / STEP


# Plain loops, for float64 and for mpmath's numbers (`exact`) alike

Pairs = dict[tuple[int, int], dict[str, Any]]  # (t, k) -> block -> value


def plain_signals(cell: Cell, J: Any, direct: Any) -> Pairs:
    """{(t, k): {state block: ∂E_t/∂s_k (H,)}}, each loss step by its own walk back from ∂E_t/∂h_t.

    `direct` is (T + 1, H); loss steps without an error are left out.
    """
    H, signals = direct.shape[-1], {}
    others = np.zeros((len(cell.state) - 1) * H)
    for t in range(1, len(J) + 1):
        d = np.concatenate([direct[t], others])
        for k in range(t, -1, -1) if d.any() else []:
            signals[t, k] = {block: d[i * H : (i + 1) * H] for i, block in enumerate(cell.state)}
            d = J[k - 1].T @ d
    return signals


def plain_contributions(p: Problem, trace: Trace, signals: Pairs, part: str) -> Pairs:
    """{(t, k): {block: the pair's contribution to dE/dW, dE/dU or dE/db}}, k >= 1, as outer products."""
    cell, D = p.cell, trace.partials(p.cell)
    inputs = {"W": trace.s["h"][:-1], "U": trace.x, "b": np.ones((trace.T, 1))}[part]
    found: Pairs = {}
    for (t, k), ds in signals.items():
        for block in getattr(p.w, part) if k else []:
            d = sum(ds[row] * D[row][block][k - 1] for row in cell.state if block in D[row])
            outer = np.asarray(d)[:, None] * inputs[k - 1][None, :]
            found.setdefault((t, k), {})[block] = outer if part != "b" else outer[:, 0]
    return found


def summed(pairs: Pairs) -> dict[str, Any]:
    """{block: the sum over all pairs}."""
    total: dict[str, Any] = {}
    for values in pairs.values():
        for block, value in values.items():
            total[block] = total.get(block, 0) + value
    return total


# Networks whose pre-activations are prescribed


def steered(name: str, a: Values, W: Values, *, seed: int = 0) -> Problem:
    """A network that has the pre-activations a {u block: (T, H)} whatever W {v block: (H, H)} is.

    Each u block reads its own H inputs, and the input cancels W h_{t-1}: the state stays of order one
    while the Jacobians are as large or small as W.
    """
    cell, rng = CELL[name], np.random.default_rng(seed)
    T, H = next(iter(a.values())).shape
    size = len(cell.u_blocks) * H
    w = Weights(
        W=W,
        U={k: np.eye(size)[i * H : (i + 1) * H] for i, k in enumerate(cell.u_blocks)},
        b={k: np.zeros(H) for k in blocks(cell)},
    )
    s0: Values = {k: rng.standard_normal((H,)) for k in cell.state}
    s, rows = s0, []
    for t in range(T):
        v = {k: W[k] @ s["h"] for k in cell.v_blocks}
        u = {k: a[k][t] - v.get(k, 0.0) for k in cell.u_blocks}
        if "m" in v:  # the GRU's candidate reads r_t ⊙ m_t
            u["n"] = u["n"] - v["m"] / (1.0 + np.exp(-a["r"][t]))
        s = cell.step(u, v, s)
        rows.append(np.concatenate([u[k] for k in cell.u_blocks]))
    readout = Readout(rng.standard_normal((3, H)), np.zeros(3))
    return Problem(cell, w, np.array(rows), s0, readout, rng.integers(0, 3, size=(T,)))


def extreme(name: str, T: int, *, decades: float) -> Problem:
    """A steered network whose gradient grows by about 10**decades per step (shrinks where negative).

    Only the last step carries an error, for the errors of others would drown what has vanished.
    """
    cell, rng, H = CELL[name], np.random.default_rng(5), 3
    W = {k: 10.0**decades * rng.standard_normal((H, H)) for k in cell.v_blocks}
    a = {k: 0.3 + np.abs(rng.standard_normal((T, H))) for k in cell.u_blocks}
    for gate in {"f", "z"} & set(a) if decades < 0 else set():
        a[gate] = a[gate] + decades * np.log(10.0)  # the path past the weights has to shrink as well
    return replace(steered(name, a, W), placement="last")


def stacked(problems: list[Problem]) -> tuple[Weights, Array, Values, Array]:
    """Several problems as one ensemble: weights, inputs, starts and each step's own error signals."""
    w = ensemble([p.w for p in problems])
    s0 = {k: np.stack([p.s0[k] for p in problems]) for k in problems[0].cell.state}
    direct = np.stack([p.loss(p.trace()).direct() for p in problems], axis=1)
    return w, np.stack([p.x for p in problems], axis=1), s0, direct


# Networks small enough for closed forms


def scalar(w: float, T: int, *, activation: str = "identity") -> tuple[Cell, Weights, Trace]:
    """One unit with the weight w, no input and h_0 = 1, run for T steps."""
    cell = RNN(ACTIVATIONS[activation])
    weights = Weights({"a": np.array([[w]])}, {"a": np.zeros((1, 1))}, {"a": np.zeros(1)})
    return cell, weights, flow.forward(cell, weights, np.zeros((T, 1)), {"h": np.ones(1)})


def linear_chain(W: Any, T: int) -> Chain:
    """The chain of a linear network at rest, without input."""
    H, cell = len(W), RNN(ACTIVATIONS["identity"])
    weights = Weights({"a": np.array(W, dtype=float)}, {"a": np.zeros((H, 1))}, {"a": np.zeros(H)})
    return flow.chain(cell, weights, flow.forward(cell, weights, np.zeros((T, 1)), {"h": np.zeros(H)}))


def last_step_only(T: int, H: int = 1) -> Array:
    """∂E_t/∂h_t (T + 1, H) for E = Σ h_T: ones at the last step."""
    direct = np.zeros((T + 1, H))
    direct[-1] = 1.0
    return direct
