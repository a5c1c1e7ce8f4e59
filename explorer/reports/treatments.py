"""The networks that remedies are measured on: run, differentiated and capped, for one gain and for many."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer import clipping, flow, measures
from explorer.arrays import Array, freeze, log_norm
from explorer.cells import RNN
from explorer.clipping import CLIPPINGS, Clipped
from explorer.experiment import DEFAULTS, Experiment
from explorer.readout import Readout, carrying, cross_entropy
from explorer.reports.clipping import by_value_parts, parts_by_step
from explorer.run import Run, run, run_members

NETWORKS = {
    "tanh": {"cell": "rnn", "activation": "tanh"},
    "ReLU": {"cell": "rnn", "activation": "relu"},
    "LSTM": {"cell": "lstm"},
}
SWEPT = tuple(float(g) for g in np.round(np.arange(0.4, 3.21, 0.4), 2))  # gains of the comparison
SWEPT_SEEDS = (0, 1, 2, 3, 4)
MOST_SWEPT = 50  # steps; the comparison over gains runs each network for no longer


def experiment(e: Experiment, name: str) -> Experiment:
    """The experiment of one of the compared networks, its error at the last step."""
    return replace(e, **NETWORKS[name], placement="last")  # type: ignore[arg-type]


@dataclass(frozen=True)
class Treated:
    """One network: what its last error brings back, and what capping makes of it."""

    name: str
    left: Array  # (T + 1,), ln(‖∂E/∂s_k‖ / ‖∂E/∂s_T‖)
    parts: Array  # (T + 1,), ln‖part of ∂E/∂W through step k‖; −inf at k = 0
    capped: Array  # (T + 1,), the same after capping
    clipped: Clipped

    @property
    def T(self) -> int:
        """The steps run."""
        return len(self.left) - 1

    @property
    def norms(self) -> tuple[float, float]:
        """ln‖g‖ before and after capping."""
        return self.clipped.log_before, self.clipped.log_after

    @property
    def spread(self) -> float:
        """ln between the largest and the smallest part of any step after capping."""
        alive = self.capped[np.isfinite(self.capped)]
        return float(alive.max() - alive.min()) if alive.size else 0.0


@dataclass(frozen=True)
class Units:
    """How many units pass nothing, at each step."""

    off: Array  # (T,), share of ReLU units whose slope is 0
    never: NDArray[np.bool_]  # (H,), ReLU units that are off at every step
    saturated: Array  # (T,), share of tanh units with less than a tenth of their slope


@dataclass(frozen=True)
class Sweep:
    """What is left of the last error at step 1 over the gain, by network."""

    gains: Array  # (n,)
    left: dict[str, Array]  # network -> (n,), median of the seeds' ln
    seeds: int
    T: int


def left_of(signals: Array) -> Array:
    """ln of what is left of the last signal, from ln signals (T + 1, ...); −inf where there was none."""
    last = signals[-1]
    return np.asarray(signals - np.where(np.isfinite(last), last, 0.0))


def joint_signals(back: flow.Backward) -> Array:
    """ln‖dE/ds_k‖ of the joint state, (T + 1, ...)."""
    sizes: Array = log_norm(measures.joint(back.signals)) + back.exponent * np.log(2.0)
    return sizes


def treated(e: Experiment, name: str, mode: str, threshold: float) -> tuple[Treated, Run]:
    """One network, run and capped."""
    found = run(experiment(e, name))
    parts = parts_by_step(found, found.back)
    capped, clipped = CAPPED[mode](found, parts, threshold)
    return Treated(name, left_of(joint_signals(found.back)), parts, capped, clipped), found


def by_norm(found: Run, parts: Array, threshold: float) -> tuple[Array, Clipped]:
    """The parts by step after capping the whole gradient's norm."""
    back = found.back
    done = CLIPPINGS["norm"](back.gradient, threshold, exponent=back.gradient_exponent)
    return parts + min(done.log_factor, 0.0), done


def by_value(found: Run, parts: Array, threshold: float) -> tuple[Array, Clipped]:
    """The parts by step after capping every entry."""
    back = found.back
    done = CLIPPINGS["value"](back.gradient, threshold, exponent=back.gradient_exponent)
    return by_value_parts(found, back, done), done


def inside(found: Run, parts: Array, threshold: float) -> tuple[Array, Clipped]:
    """The parts by step after capping the error signal at every step of backpropagation."""
    back, direct = found.back, {"h": found.loss.direct()}
    cut, _ = clipping.clipped_backward(found.cell, found.weights, found.trace, direct, threshold=threshold)
    done = clipping.compared(
        back.gradient, cut.gradient, exponent=back.gradient_exponent, exponent_after=cut.gradient_exponent
    )
    return parts_by_step(found, cut), done


CAPPED = {"norm": by_norm, "value": by_value, "inside": inside}


def units_of(relu: Run, tanh: Run) -> Units:
    """The units of both RNNs."""
    slope = drelu_of(relu)
    saturation = measures.saturation(cell_of(tanh), tanh.trace)
    return Units(np.mean(slope == 0, axis=-1), np.all(slope == 0, axis=0), saturation.share)


def drelu_of(relu: Run) -> Array:
    """φ′ of every unit at every step, (T, H)."""
    return cell_of(relu).activation.dphi(relu.trace.z["a"])


def cell_of(found: Run) -> RNN:
    """The run's cell, known to be an RNN; raises TypeError otherwise."""
    if not isinstance(found.cell, RNN):
        raise TypeError(f"an RNN is needed; got {found.cell.label}")
    return found.cell


def ungained(e: Experiment) -> Experiment:
    """The experiment as a key for what is the same for every gain and seed."""
    return replace(e, gain=DEFAULTS["gain"], seed=DEFAULTS["seed"])


def sweep(e: Experiment) -> Sweep:
    """What all networks leave at step 1 for every gain of SWEPT; the experiment's own gain is not in it."""
    short = replace(e, steps=min(e.steps, MOST_SWEPT))
    left = {name: median_left(experiment(short, name)) for name in NETWORKS}
    return freeze(Sweep(np.array(SWEPT), left, len(SWEPT_SEEDS), short.T))


def median_left(e: Experiment) -> Array:
    """The median over the seeds of ln of what is left at step 1 of the last error, for every gain (n,)."""
    members = run_members([replace(e, gain=gain, seed=seed) for gain in SWEPT for seed in SWEPT_SEEDS])
    h = members.trace.s["h"][1:]
    readout = Readout(members.V, np.zeros(members.V.shape[-2]))
    loss = cross_entropy(readout, h, members.targets[: len(h)], carrying("last", len(h)))
    back = flow.backward(members.cell, members.weights, members.trace, {"h": loss.direct()})
    ordered = np.sort(left_of(joint_signals(back))[1].reshape(len(SWEPT), -1), axis=1)
    return np.asarray(ordered[:, ordered.shape[1] // 2])
