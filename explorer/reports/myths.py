"""Myths and surprises: what twenty networks do, what the claim predicts, and whether it holds here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer import claims
from explorer.arrays import Array, freeze
from explorer.claim_measures import work
from explorer.claims import Found, Judgement, Swept, quantile
from explorer.experiment import DEFAULTS, Experiment, control_of
from explorer.lessons import myths
from explorer.lessons.cards import CARDS, Card
from explorer.lessons.myths import WITH_LOSS, Doubted
from explorer.wording import number, power, steps, times

LN10 = float(np.log(10.0))
SMALLEST_TOLD = 0.01  # smaller premises are told as a power of ten
SWEPT_SEEDS = 5
LONGEST_SWEPT = 500  # steps
SWEPT_WORK = 6e9  # multiplications for one setting over all its values
VERDICTS = {True: "True here", False: "False here", None: "The claim says nothing here"}
COUNTS: Mapping[Judgement, str] = {  # what the median of the networks must do for a claim to hold
    claims.explodes_above_one: "the gradient has grown more than a thousandfold after {}",
    claims.vanishes_below_one: "less than a thousandth of the gradient is left after {}",
    claims.vanishes: "less than a thousandth of the gradient is left after {}",
    claims.lasts: "at least a thousandth of the gradient is left after {}",
    claims.stays_bounded: "the gradient has grown at most a thousandfold after {}",
    claims.falls_below: "less of the gradient is left after {} than with inputs ten times smaller",
    claims.shrinks_throughout: "the largest gain is above 1 at no lag from 1 to {}",
    claims.alike: "the two differ by less than a factor of 2 after {}",
    claims.keeps_direction: "the cosine between the gradient before and after is above 0.999",
    claims.cures: "at least a thousandth of the last step’s part is left of the first one’s",
}


@dataclass(frozen=True)
class MythReport:
    """What the page shows of one card."""

    card: str
    e: Experiment  # with what the card holds
    share: float
    found: Found
    swept: Swept | None  # None where the network is too large for it, or the answer is not yet asked for
    covered: bool = False  # whether the answer is not yet to be seen

    @property
    def on_table(self) -> Card:
        """The card itself."""
        return CARDS[self.card]

    @property
    def holds(self) -> bool | None:
        """Whether the claim holds here; None where it says nothing."""
        return self.on_table.holds(self.found)

    @property
    def networks(self) -> int:
        """How many seeds were run."""
        return int(self.found.curves.shape[1])

    @property
    def T(self) -> int:
        """The steps run: the longest lag."""
        return round(float(self.found.x[-1])) if self.card != "direction" else self.e.T

    @property
    def here(self) -> float:
        """The value of the setting that the reader moves."""
        return float(getattr(self.e, self.on_table.control))

    def sliders(self) -> tuple[str, ...]:
        """The fields to move."""
        return ("share", self.on_table.control) if self.card in WITH_LOSS else (self.on_table.control,)

    def band(self) -> tuple[Array, Array, Array]:
        """10 %, 50 % and 90 % of the networks, (n,) each."""
        low, middle, high = (quantile(self.found.curves, q) for q in (0.1, 0.5, 0.9))
        return low, middle, high

    def claimed(self) -> Array:
        """What the claim predicts, median of the networks, (n,)."""
        return quantile(self.found.claimed, 0.5)

    def premise(self) -> str:
        """What the claim starts from here."""
        start = self.found.premise
        told = number(start, 3) if start == 0 or abs(start) >= SMALLEST_TOLD else power(float(np.log(start)))
        return self.on_table.premise.format(told)

    def finding(self) -> str:
        """Whether the claim holds here, and what was measured; before the answer only what is asked."""
        if self.covered:
            return f"Here {self.premise()}: what do you think?"
        link = "yet" if self.holds is False else "and"
        return f"{VERDICTS[self.holds]}: {self.premise()}, {link} {self.outcome()}"

    def under(self) -> str:
        """The line under the finding: what counts as true, and after the answer why it is so."""
        if not self.covered:
            return self.on_table.because
        counts = COUNTS[self.on_table.holds].format(steps(self.T))
        return f"True if, in the median of {self.networks} networks, {counts}."

    def outcome(self) -> str:
        """What was measured, in words: the median of the networks."""
        middle = self.found.middle
        if self.card == "direction":
            return f"the cosine between before and after is {number(middle, 3)}"
        if self.card == "eigenvalues":
            return f"the largest gain {rise(middle)}"
        after = f"after {steps(self.T)}"
        if self.card == "forget_gates":
            return f"{after} the true derivative is {factor(middle)} their product"
        if self.card == "capping":
            return f"clipping the norm to {number(self.share)} of itself leaves it {power(middle)}"
        if self.card == "inputs":
            return f"{after} {remains(middle)}, with inputs ten times smaller {power(self.found.expected)}"
        return f"{after} {remains(middle)}"

    def score_title(self) -> str:
        """What the scores over the setting are."""
        named = {
            "direction": "cosine",
            "eigenvalues": "largest gain at any lag ≥ 1",
            "forget_gates": "∂c<sub>t</sub>/∂c<sub>k</sub> ÷ ∏ f",
            "capping": "first step’s part ÷ last one’s",
        }
        return named.get(self.card, f"left after {steps(self.T)}")

    def curve_title(self) -> str:
        """What the main figure shows."""
        shown = {
            "direction": "Cosine between before and after",
            "eigenvalues": "The largest gain by lag",
            "forget_gates": "∂c<sub>t</sub>/∂c<sub>k</sub> by lag",
            "capping": "Parts of the clipped gradient by lag",
        }
        what = shown.get(self.card, "Gradient left by lag")
        if self.covered:
            return f"{what}: what the claim predicts"
        return f"{what}: {self.networks} networks (band: 80 % of them) and the claim"

    def control_label(self) -> str:
        """How the setting that the reader moves is called."""
        return control_of(self.on_table.control).label

    def curve_alt(self) -> str:
        """The curves in words."""
        end = number(self.found.expected, 3) if self.card == "direction" else power(self.found.expected)
        claim = f"at its end the claim predicts {end}."
        if self.covered:
            return f"{self.finding()} Only the claim is drawn: {claim}"
        return f"{self.finding()}. Median of {self.networks} networks; {claim}"

    def sweep_alt(self) -> str:
        """The scores over the setting in words."""
        if self.swept is None:
            size = f"T = {self.e.T:,} with H = {self.e.hidden_size}"
            return f"{size} is too much to be run for many values; a smaller T or H can be."
        values, label = self.swept.values, self.control_label()
        true = [number(v, 3) for v, holds in zip(values, self.swept.holds, strict=True) if holds]
        where = ", ".join(true) if true else "none of them"
        ends = f"{label} from {number(values[0], 3)} to {number(values[-1], 3)}"
        return f"{len(values)} values of {ends}: the claim is true at {where}."

    def table(self) -> dict[str, Array]:
        """The curves as columns."""
        unit = 1.0 if self.card == "direction" else LN10
        named = ("10 % below", "median", "10 % above")
        first = "threshold share" if self.card == "direction" else "lag"
        prefix = "cosine" if self.card == "direction" else "log10"
        measured = () if self.covered else zip(named, self.band(), strict=True)
        curves = {f"{prefix}, {name}": c / unit for name, c in measured}
        return {first: self.found.x, **curves, f"{prefix}, claimed": self.claimed() / unit}

    def address(self) -> dict[str, Any]:
        """{field: value} of what the card's own page needs to be told, the seed always."""
        known = {**vars(self.e), **self.on_table.view}
        changed = {name: value for name, value in known.items() if value != DEFAULTS.get(name)}
        return {**changed, "seed": self.e.seed}


def remains(ln: float) -> str:
    """What is left of a gradient of 1."""
    if ln > np.log(1.005):
        return f"the gradient has grown {times(ln)}"
    return f"{power(ln)} of the gradient is left"


def rise(ln: float) -> str:
    """How far a gain rises at most, after lag 0."""
    return f"first rises to {number(float(np.exp(ln)), 3)}" if ln > 0 else "falls from the first step on"


def factor(ln: float) -> str:
    """One size as a multiple of another."""
    return f"{power(ln)} times" if abs(ln) > np.log(1.005) else "as large as"


def unswept(e: Experiment, own: Doubted) -> Experiment:
    """The experiment as a key for what is the same for every value of the setting moved, and every seed."""
    settings: dict[str, Any] = {name: DEFAULTS[name] for name in (own.on_table.control, "seed")}
    return replace(e, **settings)


def swept(e: Experiment, own: Doubted) -> Swept | None:
    """The card's score over the setting that the reader moves; None where that would take too long."""
    card = own.on_table
    held = card.experiment(e)
    seeds = int(SWEPT_WORK // (work(held) * len(card.swept)))
    if seeds < 1 or held.T > LONGEST_SWEPT:
        return None
    few = range(min(SWEPT_SEEDS, seeds))
    settings: list[dict[str, Any]] = [{card.control: x} for x in card.swept]
    tried = [card.measure(replace(held, **setting), few, own.share) for setting in settings]
    runs = list(zip(card.swept, tried, strict=True))
    return claims.sweep(runs, card.holds)


def found(e: Experiment, own: Doubted) -> Found:
    """The networks of the card on the table, and what it predicts of them."""
    return freeze(myths.found(e, own))


def myth_report(e: Experiment, own: Doubted, found: Found, swept: Swept | None) -> MythReport:
    """The report of one card, given what was measured."""
    covered = own.verdict == "open"
    return MythReport(own.card, own.on_table.experiment(e), own.share, found, swept, covered)


def claims_of() -> Mapping[str, str]:
    """{card: its claim}."""
    return {name: card.says for name, card in CARDS.items()}
