"""What clipping changes, step by step and in sum, and what it leaves as it was."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer import clipping, flow, thresholds
from explorer.arrays import Array, Integers, Values, freeze, log, log_norm
from explorer.clipping import CLIPPINGS, Clipped, Outcome
from explorer.experiment import CLIP_MODES, FIELDS, Experiment
from explorer.flow import Backward, pull
from explorer.readout import Readout, carrying, cross_entropy
from explorer.run import Run, run_ensemble
from explorer.wording import number, percent, power

SAMPLE_SEEDS = 40
SAMPLE_WORK = 1e9  # multiplications; beyond it fewer seeds are drawn
LEAST = float(np.log(FIELDS["threshold"].metadata["control"].low))  # ln of the slider's smallest threshold
HELD = {"placement": "last"}  # one error, so that what reaches each step is its own way back
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class Mode:
    """One way of clipping, applied."""

    name: str
    by_step: Array  # (T + 1,), ln‖part of ∂E/∂W through step k‖ afterwards; −inf at k = 0
    clipped: Outcome


@dataclass(frozen=True)
class ClippingReport:
    """What the clipping page shows; sizes as natural logarithms."""

    T: int
    threshold: float
    before: Array  # (T + 1,), ln‖part of ∂E/∂W through step k‖
    modes: dict[str, Mode]
    chosen: str
    most_cut: Array  # (T + 1,), ln of what the slider's smallest threshold leaves of each part, or less

    @property
    def mode(self) -> Mode:
        """The way chosen."""
        return self.modes[self.chosen]

    def spread(self, by_step: Array) -> float:
        """log₁₀ between the largest and the smallest part of any step; the length of the gradient's tail."""
        alive = by_step[np.isfinite(by_step)]
        return float((alive.max() - alive.min()) / LN10) if alive.size else 0.0

    def finding(self) -> str:
        """What clipping did to this gradient, and what it did not do."""
        done, words = self.mode.clipped, CLIP_MODES[self.chosen]
        if done.unchanged:
            size = power(done.log_before)
            return f"Clipping {words} at {number(self.threshold)} does nothing here: ‖g‖ is {size}"
        turned = self.angle(self.chosen)
        angle = "direction kept" if turned < 0.05 else f"turned by {number(turned, 2)}°"
        goes = f"{'falls' if done.log_factor < 0 else 'grows'} from {power(done.log_before)}"
        return f"Clipping {words}: ‖g‖ {goes} to {power(done.log_after)}, {angle}{self.tail()}"

    def tail(self) -> str:
        """How far the steps still differ."""
        alive = np.flatnonzero(np.isfinite(self.before))
        if len(alive) < 2:
            return f"; ∂E/∂W comes through step {alive[0]} alone" if len(alive) else ""
        left = self.spread(self.mode.by_step)
        if left <= 1:
            return "; steps differ little"
        now, was = decades_apart(left), decades_apart(self.spread(self.before))
        return f"; steps still differ {now} times, {'as before' if now == was else f'before {was}'}"

    def said(self) -> str:
        """The same in a few words, for who moves the threshold and hears every position."""
        done = self.mode.clipped
        return f"‖g‖ {power(done.log_after)}, turned by {number(self.angle(self.chosen), 2)}°"

    def angle(self, mode: str) -> float:
        """Degrees between the gradient before and after, to a thousandth: a cosine near 1 tells no more."""
        return round(math.degrees(math.acos(min(max(self.modes[mode].clipped.cosine, -1.0), 1.0))), 3)

    def steps_alt(self) -> str:
        """The curves by step in words."""
        return (
            f"Size of the part of the gradient through each step up to {self.T}, before and after clipping. "
            f"{self.finding()}."
        )

    def sizes_alt(self) -> str:
        """Norms before and after in words."""
        parts = [
            f"{CLIP_MODES[name]}: {power(mode.clipped.log_after)} at {number(self.angle(name), 2)}°"
            for name, mode in self.modes.items()
        ]
        return f"Gradient norm before: {power(self.mode.clipped.log_before)}; after, {'; '.join(parts)}."

    def quiet(self) -> str:
        """The chosen mode's numbers in one line."""
        done = self.mode.clipped
        share = f", {percent(done.share_cut)} of the entries changed" if isinstance(done, Clipped) else ""
        return (
            f"Before ‖g‖ = {power(done.log_before)}, after {power(done.log_after)}: factor "
            f"{power(done.log_factor)}, cosine {number(done.cosine, 4)}{share}. "
            "Clipping bounds the step; what has vanished stays vanished."
        )

    def table(self) -> dict[str, Array]:
        """Parts by step as columns, log₁₀."""
        columns = {"step k": np.arange(1, self.T + 1).astype(float), "log10 before": self.before[1:] / LN10}
        return columns | {
            f"log10 {CLIP_MODES[name]}": mode.by_step[1:] / LN10 for name, mode in self.modes.items()
        }


def decades_apart(decades: float) -> str:
    """A factor of so many decades: "10³", "4"."""
    return power(round(decades) * LN10 if decades >= 2 else decades * LN10)


def local_signals(run: Run, back: Backward) -> Values:
    """dE/dv of every block of W at each step, mantissas of `back.exponent`, (T, H) each."""
    D = run.trace.partials(run.cell)
    after = {k: a[1:] for k, a in back.signals.items()}
    return {k: pull(D, after, k) for k in run.cell.v_blocks}


def parts_by_step(run: Run, back: Backward) -> Array:
    """ln‖part of ∂E/∂W through step k‖, (T + 1,), all blocks together; rank one, so no matrix is formed."""
    local = np.concatenate(list(local_signals(run, back).values()), axis=-1)
    sizes = log_norm(local) + back.exponent[1:] * np.log(2.0) + log_norm(run.trace.s["h"][:-1])
    return np.concatenate([[-np.inf], sizes])


def parts_scaled(run: Run, back: Backward, log_ratio: Mapping[str, Array]) -> Array:
    """The same where every entry of ∂E/∂W was multiplied by its own ratio, ln in {block: (..., H, H)}.

    (..., T + 1). By value, an entry is cut by one factor whichever step it comes from, so the parts still
    add up.
    """
    local, h = local_signals(run, back), run.trace.s["h"][:-1]
    shift = np.max([log_norm(a) for a in local.values()], axis=0)
    shift = np.where(np.isfinite(shift), shift, 0.0)
    top = np.max([np.max(a, axis=(-2, -1)) for a in log_ratio.values()], axis=0)[..., None]
    squares = np.zeros(())
    for block, d in local.items():
        scaled, ratio = d * np.exp(-shift)[:, None], np.exp(log_ratio[block] - top[..., None])
        squares = squares + np.sum((scaled**2 @ ratio**2) * h**2, axis=-1)
    sizes: Array = 0.5 * log(squares) + shift + top + back.exponent[1:] * np.log(2.0)
    return np.concatenate([np.full_like(sizes[..., :1], -np.inf), sizes], axis=-1)


def log_ratios(before: Values, after: Values, exponent: Integers) -> Values:
    """ln(after / before) entry by entry, 0 where the entry was zero; before is to be times 2**exponent."""
    shift = float(exponent) * np.log(2.0)
    found = {}
    for block, g in before.items():
        change = log(np.abs(after[block])) - log(np.abs(np.where(g != 0, g, 1.0)))
        found[block] = np.where(g != 0, change - shift, 0.0)
    return found


def clipping_report(run: Run, mode: str, threshold: float) -> ClippingReport:
    """The report of one run for one threshold; nothing of the network is computed anew."""
    back, direct = run.back, {"h": run.loss.direct()}
    before = parts_by_step(run, back)
    exponent = back.gradient_exponent
    norm = CLIPPINGS["norm"](back.gradient, threshold, exponent=exponent)
    value = CLIPPINGS["value"](back.gradient, threshold, exponent=exponent)
    inside, _ = clipping.clipped_backward(run.cell, run.weights, run.trace, direct, threshold=threshold)
    compared = clipping.compared(
        back.gradient, inside.gradient, exponent=exponent, exponent_after=inside.gradient_exponent
    )
    modes = {
        "norm": Mode("norm", before + min(norm.log_factor, 0.0), norm),
        "value": Mode("value", by_value_parts(run, back, value), value),
        "inside": Mode("inside", parts_by_step(run, inside), compared),
    }
    return freeze(ClippingReport(run.T, threshold, before, modes, mode, most_cut(back, norm.log_before)))


def most_cut(back: Backward, log_before: float) -> Array:
    """ln of what the slider's smallest threshold leaves of each part, by norm or inside BPTT, (T + 1,).

    By value no part is cut more than by norm: no entry is larger than the norm.
    """
    inside = thresholds.factors_inside(back, np.array([LEAST]))[0]
    least: Array = np.minimum(min(0.0, LEAST - log_before), inside)
    return least


def by_value_parts(run: Run, back: Backward, value: Clipped) -> Array:
    """Parts by step after clipping by value; as before where nothing was cut."""
    if value.share_cut == 0:
        return parts_by_step(run, back)
    return parts_scaled(run, back, log_ratios(back.gradient.W, value.after.W, back.gradient_exponent))


@dataclass(frozen=True)
class Sample:
    """Gradient norms of the same experiment under many seeds."""

    log_norms: Array  # (seeds,), ascending

    def engaged(self, threshold: float) -> float:
        """The share of seeds whose gradient the threshold cuts."""
        return float(np.mean(self.log_norms > np.log(threshold)))

    def alt(self, threshold: float) -> str:
        """The distribution in words."""
        low, high = power(float(self.log_norms[0])), power(float(self.log_norms[-1]))
        return (
            f"Gradient norms of {len(self.log_norms)} seeds from {low} to {high}; the threshold "
            f"{number(threshold)} engages on {percent(self.engaged(threshold))}."
        )


def sample(e: Experiment) -> Sample:
    """‖g‖ under seeds 0, 1, ..., each with its own weights, sequence and readout."""
    blocks = {"rnn": 1, "gru": 3, "lstm": 4}[e.cell]
    fit = int(SAMPLE_WORK // (6.0 * e.T * blocks * e.hidden_size**2))
    seeds = tuple(range(min(SAMPLE_SEEDS, max(2, fit))))
    members = run_ensemble(e, seeds)
    T = members.trace.T
    carries = carrying(e.placement, T, min(e.first_error, T))
    readout = Readout(members.V, np.zeros(members.V.shape[-2]))
    loss = cross_entropy(readout, members.trace.s["h"][1:], members.targets[:T], carries)
    back = flow.backward(members.cell, members.weights, members.trace, {"h": loss.direct()})
    parts = (back.gradient.W, back.gradient.U, back.gradient.b)
    flat = [a.reshape(len(seeds), -1) for part in parts for a in part.values()]
    logs = log_norm(np.concatenate(flat, axis=1)) + back.gradient_exponent * np.log(2.0)
    return freeze(Sample(np.sort(logs)))
