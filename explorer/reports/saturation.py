"""Where the pre-activations of one run fall on φ, how much slope that leaves, and what becomes of J_t."""

from dataclasses import dataclass

import numpy as np

from explorer import flow, measures
from explorer.arrays import Array, Integers, freeze
from explorer.experiment import Experiment, View
from explorer.reports.layers import Layer, SlopeMap, Spread, layer, layers_of, slope_map, spread
from explorer.reports.waterfall import Waterfall, straight_across, waterfall
from explorer.run import Run
from explorer.spectral import Spectral
from explorer.wording import number, percent, power

MOST_JACOBIANS = 100  # steps whose σ_max is computed; beyond, evenly spaced ones
JACOBIANS_WORK = 1.5e9  # S³ of all of them together, about a second; larger states show fewer steps
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class OneStep:
    """The largest singular value of the one-step Jacobians, and what it is without any slope φ′."""

    steps: Integers  # (n,)
    log_sigma_max: Array  # (n,), ln σ_max(J_t)
    log_without: Array  # (n,), the same without φ′: of W alone, or of what goes straight across
    straight: bool  # whether the cell lets something straight across
    log_bound: float | None  # ln(γ σ_max(W)), where the theorem holds

    @property
    def typical(self) -> float:
        """The median of ln σ_max over the steps."""
        return float(np.median(self.log_sigma_max))

    @property
    def typical_without(self) -> float:
        """The median of ln σ_max without φ′."""
        return float(np.median(self.log_without))


def one_step(run: Run) -> OneStep:
    """σ_max(J_t) of the joint state at up to MOST_JACOBIANS evenly spaced steps."""
    count = int(np.clip(JACOBIANS_WORK // run.chain.S**3, 2, MOST_JACOBIANS))
    steps = slice(0, run.T, -(-run.T // count))
    D, across = run.trace.partials(run.cell), straight_across(run.cell, run.trace)
    kept = across or run.cell.v_blocks
    without = {
        block: {k: d[steps] if across else np.ones_like(d[steps]) for k, d in of.items() if k in kept}
        for block, of in D.items()
    }
    return OneStep(
        steps=np.arange(1, run.T + 1)[steps],
        log_sigma_max=Spectral().log_norm(run.chain.take(steps)),
        log_without=Spectral().log_norm(flow.jacobians(run.cell, run.weights, without)),
        straight=bool(across),
        log_bound=measures.log_bound(run.cell, run.weights),
    )


@dataclass(frozen=True)
class SaturationReport:
    """What the saturation page shows."""

    cell: str
    T: int
    asked: int  # the length asked for; the run is shorter where the state outgrew float64
    H: int
    layers: tuple[Layer, ...]
    spread: Spread
    slopes: SlopeMap
    one_step: OneStep
    waterfall: Waterfall

    @property
    def share(self) -> float:
        """The share of units saturated, over all steps and layers."""
        return float(np.mean([one.share for one in self.layers]))

    @property
    def mean_slope(self) -> float:
        """The mean slope over all units, steps and layers."""
        return float(np.mean([one.slope for one in self.layers]))

    def slope_by_step(self) -> Array:
        """The mean slope over units and layers of every step, (T,)."""
        return np.asarray(np.mean([one.slope for one in self.layers], axis=(0, 2)))

    def finding(self) -> str:
        """What reaches step 0 and how much of the units' slope is used up."""
        return f"{self.waterfall.finding()}; {self.used_up()}"

    def used_up(self) -> str:
        """The share of units saturated in words."""
        return f"{percent(self.share)} of units {self.layers[0].word}"

    def diagnosis(self) -> str:
        """Where on its way the error is lost."""
        return f"{self.waterfall.diagnosis(self.slope_by_step())}."

    def spread_alt(self) -> str:
        """The distributions in words."""
        shares = "; ".join(f"{one.name}: {one.sides()}" for one in self.layers)
        limit = number(float(self.spread.edges[-1]))
        return f"Pre-activations of {self.T} steps and {self.H} units from −{limit} to {limit}. {shares}."

    def slopes_alt(self) -> str:
        """The slope map in words."""
        return f"Slope of every unit at every step, {number(self.mean_slope, 2)} on average.{self.never()}"

    def never(self) -> str:
        """How many units have no slope at any step, in words; "" for none."""
        off = sum(int(one.off.sum()) for one in self.layers)
        return f" {off} {'unit has' if off == 1 else 'units have'} no slope at any step." if off else ""

    def jacobian_alt(self) -> str:
        """The one-step Jacobians in words."""
        one = self.one_step
        without = "straight across alone" if one.straight else "of W alone"
        bound = "" if one.log_bound is None else f"; never above the bound {power(one.log_bound)}"
        return (
            f"Largest singular value of the one-step Jacobians: {power(one.typical)} typically, "
            f"{without} {power(one.typical_without)}{bound}."
        )

    def quiet(self) -> str:
        """What counts as saturated, and whether the run was cut short."""
        counted = (
            "Saturated: a gate below 0.1 or above 0.9, a candidate below a tenth of its steepest slope."
            if len(self.layers) > 1
            else f"{self.layers[0].word.capitalize()}: less than a tenth of the steepest slope."
        )
        cut = f" The state passes 10¹⁵⁰ after step {self.T}, where the run ends ({self.asked} asked for)."
        return f"{counted}{self.never()}{cut if self.T < self.asked else ''}"

    def table(self) -> dict[str, Array | Integers]:
        """Step by step: mean slope, shares saturated, σ_max of J_t and what is left of the error."""
        k, fall = np.arange(self.T + 1), self.waterfall

        def column(at: Integers, values: Array) -> Array:
            whole = np.full(self.T + 1, np.nan)
            whole[at] = values
            return whole

        return {
            "step k": k,
            "mean slope": column(k[1:], self.slope_by_step()),
            **{f"share of {one.name} saturated": column(k[1:], one.share) for one in self.layers},
            "log10 sigma_max of J_k": column(self.one_step.steps, self.one_step.log_sigma_max / LN10),
            f"log10 of the error of step {fall.t} left": column(
                np.append(fall.last - fall.width, fall.t), fall.level / LN10
            ),
        }


def sliders(e: Experiment) -> tuple[str, ...]:
    """The fields that move the pre-activations of this cell."""
    return ("gain", "input_scale", {"rnn": "bias", "lstm": "forget_bias"}.get(e.cell, "steps"))


def saturation_report(run: Run, view: View) -> SaturationReport:
    """The report of a run, following the error of the view's target step back."""
    layers = tuple(layer(run, pre_activation) for pre_activation in layers_of(run.cell))
    t = max(view.pair(run.T)[0], 1)
    return freeze(
        SaturationReport(
            cell=run.cell.label,
            T=run.T,
            asked=run.experiment.T,
            H=run.weights.H,
            layers=layers,
            spread=spread(layers),
            slopes=slope_map(layers),
            one_step=one_step(run),
            waterfall=waterfall(run, t),
        )
    )
