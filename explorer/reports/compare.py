"""Two or three experiments side by side: what each keeps of a gradient, and where their settings differ."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.arrays import Array, Integers
from explorer.experiment import Experiment, View, control_of
from explorer.parameters import Choice
from explorer.reports.gradient_flow import FlowReport
from explorer.rivals import OWN, differing
from explorer.wording import number, percent, power, steps

LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class Rival:
    """One of the experiments, as shown."""

    name: str
    experiment: Experiment
    flow: FlowReport
    log_map: Array  # (n, n), ln‖∂h_t/∂h_k‖, or each row relative to its largest
    left: float  # ln of what is left over the common lag


@dataclass(frozen=True)
class CompareReport:
    """What the comparison shows."""

    rivals: tuple[Rival, ...]
    t: int  # the step all of them start from
    k: int
    relative: bool  # whether each row of the maps is divided by its largest value

    def finding(self) -> str:
        """What each keeps over the same way back, in one sentence with numbers."""
        if self.t == self.k:
            return f"At step {self.t} itself every gradient is 1: choose a source step before the target."
        said = [f"the {rival.name} {fate(rival.left)}" for rival in self.rivals]
        listed = " and ".join([*([", ".join(said[:-1])] if said[1:] else []), said[-1]])
        return f"Over {steps(self.t - self.k)} {listed}"

    def map_title(self, rival: Rival) -> str:
        """The title of one map; it says when rows were divided."""
        added = ", each row divided by its largest value" if self.relative else ""
        return f"{rival.name}{added}"

    def map_caption(self, rival: Rival) -> str:
        """The settings a rival may have for itself."""
        e = rival.experiment
        silent = e.idle()
        return ", ".join(short(name, getattr(e, name)) for name in OWN[1:] if name not in silent)

    def map_alt(self, rival: Rival) -> str:
        """One map in words."""
        log_map = rival.flow.log_map
        inside = log_map[np.tri(len(log_map), k=-1, dtype=bool)]
        lost = percent(float(np.mean(inside < -3 * LN10))) if inside.size else "0 %"
        return (
            f"Map of all pairs of {rival.flow.T} steps of the {rival.name}: {lost} of them below a "
            f"thousandth; from step {self.t} back to {self.k} {power(rival.left)} is left."
        )

    def lag_alt(self) -> str:
        """The curves in words."""
        return f"{self.finding()}. {self.horizons()}"

    def horizons(self) -> str:
        """How far back each still keeps a thousandth."""
        said = [
            f"{rival.name} "
            + ("beyond the run" if rival.flow.horizon is None else f"{steps(rival.flow.horizon)}")
            for rival in self.rivals
        ]
        return f"A thousandth is left up to: {', '.join(said)}."

    def differences(self) -> list[tuple[str, ...]]:
        """Rows (setting, each rival's value) of what differs; a dash where the setting does nothing."""
        rows = differing(tuple(rival.experiment for rival in self.rivals))
        return [
            (control_of(name).label, *(said(name, value) for value in values))
            for name, values in rows.items()
        ]

    def results(self) -> list[tuple[str, ...]]:
        """Rows (quantity, each rival's value) of what came out."""
        rates = (number(float(np.exp(rival.left / max(self.t - self.k, 1)))) for rival in self.rivals)
        reach = ("beyond the run" if r.flow.horizon is None else steps(r.flow.horizon) for r in self.rivals)
        return [
            (f"Left over {steps(self.t - self.k)}", *(power(rival.left) for rival in self.rivals)),
            ("Change per step, times", *rates),
            ("A thousandth is left up to", *reach),
        ]

    def table(self) -> dict[str, Array | Integers]:
        """The curves by lag as columns, log₁₀."""
        longest = max(len(rival.flow.row) for rival in self.rivals)
        columns: dict[str, Array | Integers] = {"lag": np.arange(longest)}
        for rival in self.rivals:
            row = rival.flow.row / LN10
            columns[f"log10, {rival.name}"] = np.concatenate([row, np.full(longest - len(row), np.nan)])
        return columns


def fate(left: float) -> str:
    """What a network makes of the gradient: "keeps 10⁻⁹", "grows it 117 times"."""
    if np.isneginf(left):
        return "keeps nothing at all"
    return f"keeps {power(left)}" if left < np.log(1.05) else f"grows it {power(left)} times"


def said(name: str, value: Any) -> str:
    """A setting's value as the controls show it."""
    if value is None:
        return "–"
    control = control_of(name)
    if isinstance(control, Choice):
        return dict(zip(control.options, control.labels, strict=True))[value]
    return number(value) if isinstance(value, float | int) else str(value)


def network(e: Experiment) -> str:
    """What a network is called."""
    return e.network


def names(rivals: tuple[Experiment, ...]) -> tuple[str, ...]:
    """A name for each, told apart by the settings that differ where the network alone would not do."""
    plain = [network(e) for e in rivals]
    rows = differing(rivals)
    found = []
    for i, name in enumerate(plain):
        if plain.count(name) > 1:
            differ = {field: rows[field][i] for field in OWN[1:] if field in rows}
            added = [short(field, value) for field, value in differ.items() if value is not None]
            name = f"{name} ({', '.join(added)})" if added else name
        found.append(name)
    return tuple(name if found.count(name) == 1 else f"{name} no. {i + 1}" for i, name in enumerate(found))


def short(field: str, value: Any) -> str:
    """One setting within a name."""
    sign = {"gain": "g = ", "forget_bias": "forget bias "}.get(field, "")
    return f"{sign}{said(field, value)}"


def by_row(log_map: Array) -> Array:
    """Each row of a map relative to its largest finite value."""
    largest = np.max(np.where(np.isfinite(log_map), log_map, -np.inf), axis=1, keepdims=True)
    relative: Array = log_map - np.where(np.isfinite(largest), largest, 0.0)
    return relative


def compare_report(
    rivals: tuple[Experiment, ...], flows: tuple[FlowReport, ...], view: View, *, relative: bool
) -> CompareReport:
    """The report of the experiments, given what each one's gradient does back from the common step t."""
    t = min(flow.t for flow in flows)
    k = min(view.source, t)
    shown = tuple(
        Rival(
            name=name,
            experiment=e,
            flow=flow,
            log_map=by_row(flow.log_map) if relative else flow.log_map,
            left=float(flow.row[t - k]),
        )
        for name, e, flow in zip(names(rivals), rivals, flows, strict=True)
    )
    return CompareReport(shown, t, k, relative)
