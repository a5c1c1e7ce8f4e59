"""How much of a gradient at step t is left when it reaches step k, for every pair of steps."""

from dataclasses import dataclass, replace

import numpy as np

from explorer import maps, measures
from explorer.arrays import Array, Integers, freeze, log
from explorer.experiment import Experiment, View
from explorer.pairs import PairMap
from explorer.reports.pair_curves import Ribbon, back_from, blocks_of, chain_curve
from explorer.run import Run
from explorer.spectrum import log_spectrum_of
from explorer.wording import number, percent, power

SHOWS = ("norm", "block", "target", "source")
LN10 = float(np.log(10.0))
NOISE = 1e-13  # of a matrix's largest singular value; smaller ones drown in its rounding errors


def pair_map(run: Run, norm: str, block: str) -> PairMap:
    """The map of one run in the norm and block of a View; cells without c have the block h←h only."""
    block = block if block in blocks_of(run.experiment) else "h←h"
    if norm == "spectral":
        return freeze(maps.spectral_map(run, block))
    found = maps.frobenius_maps(run)[block]
    return freeze(maps.averaged(found, run.weights.H) if norm == "rms" else found)


def shortened(found: PairMap, T: int) -> PairMap:
    """The map of the first T steps: a corner of the longer one's."""
    kept = found.steps <= T
    if kept.all():
        return found
    return replace(found, log_norm=found.log_norm[kept][:, kept], steps=found.steps[kept])


@dataclass(frozen=True)
class Selection:
    """One chosen pair (t, k), opened up."""

    t: int
    k: int
    matrix: Array  # (H, H), ∂h_t/∂h_k divided by 10**decades
    decades: float  # log₁₀ of the factor taken out of the matrix
    log_sigma: Array  # (H,), ln of its singular values, descending; −inf for exact zeros

    def matrix_alt(self) -> str:
        """The matrix in words."""
        H = len(self.matrix)
        return (
            f"Heat map of the {H} by {H} derivatives of step {self.t} by step {self.k}; "
            f"the largest entry is {power(self.decades * LN10)} in size."
        )

    def sigma_alt(self) -> str:
        """The singular values in words."""
        sigma = self.log_sigma
        zero = int(np.isneginf(sigma).sum())
        return (
            f"Singular values from {power(float(sigma[0]))} down to {power(float(sigma[-1]))}"
            f"{f', {zero} of them exactly zero' if zero else ''}."
        )


def selection(run: Run, view: View, *, rough: bool = False) -> Selection:
    """The matrix ∂h_t/∂h_k of the chosen pair and its singular values.

    A rough one is for a hand on the slider: it has those singular values alone that a decomposition of the
    matrix itself can tell from rounding, which takes a tenth of the time.
    """
    t, k = view.pair(run.T)
    block = view.block if view.block in blocks_of(run.experiment) else "h←h"
    rows, columns = maps.block_slices(run, block)
    product = run.chain.product(t, k)
    matrix = product.mantissa[rows, columns]
    log_largest = np.max(np.abs(matrix))
    scale = log_largest if log_largest > 0 else 1.0
    decades = float(product.exponent * np.log10(2.0) + np.log10(scale))
    if rough:
        log_sigma = told_apart(matrix / scale) + decades * LN10
    else:
        log_sigma = log_spectrum_of(run.chain, t, k, rows=rows, columns=columns)
    return freeze(Selection(t, k, matrix / scale, decades, log_sigma))


def told_apart(matrix: Array) -> Array:
    """ln of the singular values that stand above a matrix's rounding errors, descending, at least one."""
    sigma = np.asarray(np.linalg.svd(matrix, compute_uv=False), dtype=np.float64)
    return log(sigma[: max(1, int((sigma > NOISE * sigma[0]).sum()))])


@dataclass(frozen=True)
class FlowReport:
    """What the gradient flow page shows."""

    T: int
    t: int  # the chosen pair
    k: int
    asked: int  # the length asked for; the run is shorter where the state outgrew float64
    steps: Integers  # (n,), the steps of the map's rows and columns
    log_map: Array  # (n, n), ln‖∂h_t/∂h_k‖
    row: Array  # (t + 1,), from step t back, by lag
    column: Array  # (T − k + 1,), from step k on, by lag
    log_bound: float | None  # ln of Pascanu's bound per step, where it holds
    log_rate: float  # ln of the growth per step of the row
    horizon: int | None  # smallest lag from which the row stays below 10⁻³
    error: float  # certified relative error of every entry of the map
    ribbon: Ribbon | None

    def finding(self) -> str:
        """What became of the gradient on its way from step t to step k, in one sentence."""
        t, k, left = self.t, self.k, float(self.row[self.t - self.k])
        way = f"From step {t} back to step {k} the gradient"
        if t == k:
            return f"At step {t} itself the gradient is 1: choose a source step before the target."
        if np.isinf(left):
            return f"{way} is exactly zero: every path back is cut."
        size = power(left)
        rate = f"{number(float(np.exp(left / (t - k))))} times per step"
        if left < measures.LOST:
            return f"{way} vanishes: {size} of it is left, {rate}"
        if left > -measures.LOST:
            return f"{way} explodes: it grows {size} times, {rate}"
        kept = f"it grows {size} times" if left > 0.05 else f"{size} of it is left"
        return f"{way} survives: {kept}, {rate}"

    def arriving(self) -> Array:
        """ln of what is left at each step 1..t of the gradient from step t, (t,)."""
        return self.row[::-1][1:] if self.t else self.row

    def map_alt(self) -> str:
        """The map in words."""
        inside = self.log_map[np.tri(len(self.steps), k=-1, dtype=bool)]
        if not inside.size:
            return "Map of a single step."
        lost, grown = float(np.mean(inside < measures.LOST)), float(np.mean(inside > measures.GROWN))
        return (
            f"Map of all pairs of {self.T} steps. Below a thousandth: {percent(lost)} of the pairs, above a "
            f"thousandfold: {percent(grown)}. From the last step to the first: "
            f"{power(float(self.log_map[-1, 0]))}."
        )

    def lag_alt(self) -> str:
        """The curve in words."""
        reach = "never falls below a thousandth" if self.horizon is None else (
            f"stays below a thousandth from lag {self.horizon} on"
        )
        return f"{self.finding()}. The curve {reach}."

    def lag_caption(self) -> str:
        """What each line of the curves is."""
        parts = [f"Solid: back from step {self.t}. Dashed: on from step {self.k}."]
        if self.ribbon:
            parts.append(f"Grey: 10 to 90 % of {self.ribbon.seeds} seeds.")
        if self.log_bound is not None:
            parts.append("Dash-dot: upper bound.")
        return " ".join(parts)

    def certified(self) -> str:
        """What the map's numbers are worth, and whether the run was cut short."""
        cut = (
            f" The state passes 10¹⁵⁰ after step {self.T}, where the run ends ({self.asked} asked for)."
            if self.T < self.asked
            else ""
        )
        return f"Every pair is certified to a relative error of {number(self.error, 2)} or less.{cut}"

    def table(self) -> dict[str, Array | Integers]:
        """The curves as columns: lag, and log₁₀ of the gradient left by lag, from t back and from k on."""
        longest = max(len(self.row), len(self.column))

        def padded(curve: Array) -> Array:
            return np.concatenate([curve / LN10, np.full(longest - len(curve), np.nan)])

        return {
            "lag": np.arange(longest),
            f"log10 from t = {self.t} back": padded(self.row),
            f"log10 from k = {self.k} on": padded(self.column),
        }


@dataclass(frozen=True)
class Names:
    """How the quantities of one view are called."""

    quantity: str
    norm: str
    matrix: str
    network: str


def names(e: Experiment, view: View) -> Names:
    """The words of the titles."""
    of, by = (view.block if view.block in blocks_of(e) else "h←h").split("←")
    quantity = f"∂{of}<sub>t</sub>/∂{by}<sub>k</sub>"
    norm = {"rms": "average gain", "frobenius": "Frobenius norm", "spectral": "largest gain"}[view.norm]
    return Names(f"‖{quantity}‖", norm, f"{quantity} itself", e.network)


def sliders(e: Experiment) -> tuple[str, ...]:
    """The fields most worth dragging for this cell."""
    return ("steps", "gain", e.turned)


def flow_report(run: Run, found: PairMap, band: Ribbon | None, view: View) -> FlowReport:
    """The report of a run, given its map in the view's norm and block and its ribbon."""
    t, k = view.pair(run.T)
    row = row_back(run, found, t, view)
    at_k = int(np.argmin(np.abs(found.steps - k)))
    return FlowReport(
        T=run.T,
        t=t,
        k=k,
        asked=run.experiment.T,
        steps=found.steps,
        log_map=found.log_norm,
        row=row,
        column=found.log_norm[at_k:, at_k],
        log_bound=measures.log_bound(run.cell, run.weights),
        log_rate=measures.log_rate_per_step(row),
        horizon=measures.horizon(row),
        error=found.error,
        ribbon=band,
    )


def row_back(run: Run, found: PairMap, t: int, view: View) -> Array:
    """The curve from step t back, by lag: the map's own row where it has every step, else computed anew.

    The largest gain's map is good to 10⁻⁸; its curve, to rounding.
    """
    e = run.experiment
    if view.norm != "spectral" and len(found.steps) == run.T + 1:
        return found.log_norm[t, t::-1] if t else found.log_norm[0, :1]
    return back_from(chain_curve(run.chain, t, e, view.norm, view.block), e.hidden_size, view.norm)
