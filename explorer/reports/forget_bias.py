"""How much of a gradient an LSTM keeps at every forget bias, weights and inputs staying as they are."""

from dataclasses import dataclass, replace

import numpy as np

from explorer import flow, measures
from explorer.arrays import Array, Integers, freeze, log_norm
from explorer.experiment import Experiment
from explorer.flow import Trace, at, rescaled, step_back
from explorer.maps import log_additive_path
from explorer.run import Run, run
from explorer.weights import Weights
from explorer.wording import number, power

LOW, HIGH = -4.0, 8.0
COUNTS = (25, 13, 7)  # biases tried, as many as the budget allows
BUDGET = 4e9  # multiplications, about a second


@dataclass(frozen=True)
class BiasCurve:
    """What is left of a gradient between two steps at each forget bias, ln of average gains."""

    t: int
    k: int
    bias: Array  # (n,)
    h_h: Array  # (n,), the true ∂h_t/∂h_k
    additive: Array  # (n,), ∏ f_j, the cell path alone

    def alt(self, present: float) -> str:
        """The curve in words."""
        ends = [f"{power(float(self.h_h[i]))} at {number(float(self.bias[i]))}" for i in (0, -1)]
        return (
            f"What is left of ∂h/∂h from step {self.t} back to step {self.k} by forget bias: {ends[0]}, "
            f"{ends[1]}; present bias {number(present)}."
        )


def tried(e: Experiment, lag: int) -> Array:
    """The forget biases whose curve fits the budget, ascending; none where not even the fewest do."""
    work = 8.0 * e.hidden_size**3 * lag
    count = next((n for n in COUNTS if n * work <= BUDGET), 0)
    return np.linspace(LOW, HIGH, count)


def biased(recorded: Run, bias: Array) -> tuple[Weights, Trace]:
    """The network of a run at n forget biases at once, as a batch (leading axis: bias), and its traces."""
    w, n = recorded.weights, len(bias)
    shifted = replace(w, b={**w.b, "f": np.broadcast_to(bias[:, None], (n, w.H))})
    x = np.broadcast_to(recorded.trace.x[:, None], (recorded.T, n, recorded.sequence.X))
    s0 = {block: np.broadcast_to(a[0], (n, w.H)) for block, a in recorded.trace.s.items()}
    return shifted, flow.forward(recorded.cell, shifted, x, s0)


def log_gain(recorded: Run, w: Weights, trace: Trace, *, t: int, k: int) -> Array:
    """ln‖∂h_t/∂h_k‖_F of each sequence of a batch (n,): every row of it is carried back by BPTT."""
    H, n = w.H, trace.s["h"].shape[1]
    D = trace.partials(recorded.cell)
    rows = {block: np.zeros((H, n, H)) for block in recorded.cell.state}
    rows["h"] += np.eye(H)[:, None, :]
    exponent: Integers = np.zeros((H, n), np.int64)
    for j in reversed(range(k, t)):
        rows, exponent = rescaled(step_back(recorded.cell, w, at(D, j), rows), exponent)
    common = exponent.max(axis=0)
    sizes = np.ldexp(rows["h"], (exponent - common)[..., None])
    return np.asarray(log_norm(sizes, (0, 2)) + common * np.log(2.0))


def bias_curve(e: Experiment, t: int, k: int) -> BiasCurve | None:
    """The curve of an experiment from step t back to step k; its own forget bias does not enter.

    None where the initialiser draws the biases itself, or the size leaves no time for it.
    """
    plain = neutral(e)
    bias = tried(plain, t - k)
    if "forget_bias" in plain.idle() or len(bias) == 0:
        return None
    recorded = run(plain)
    w, trace = biased(recorded, bias)
    paths = [log_additive_path(trace.z["f"][:, i], t)[k] for i in range(len(bias))]
    h_h = log_gain(recorded, w, trace, t=t, k=k)
    H = w.H
    return freeze(BiasCurve(t, k, bias, measures.normalised(h_h, H), measures.normalised(np.array(paths), H)))


def neutral(e: Experiment) -> Experiment:
    """The experiment without its own forget bias, so that one curve serves all of them."""
    return replace(e, cell="lstm", forget_rule="constant", forget_bias=0.0)
