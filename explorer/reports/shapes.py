"""What each wiring of inputs and errors does to the gradient that reaches step k."""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, freeze
from explorer.cells import CELLS
from explorer.experiment import Experiment
from explorer.lessons.shapes import Shapes
from explorer.run import sequence_of
from explorer.wirings import FEEDS, WIRINGS, Arriving, Wired, arriving, network_of, plan, run_wired
from explorer.wording import number, percent, power, steps

MOST_STEPS = 40
MOST_DRAWN = 16  # columns of the drawing; more are folded with an explicit gap
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class Shape:
    """One wiring, run and differentiated."""

    name: str
    label: str
    run: Wired
    found: Arriving

    @property
    def errors(self) -> int:
        """The number of steps at which an error arises."""
        return int(self.run.plan.errs.sum())

    @property
    def nearest(self) -> int:
        """The first step with an error: what step 1 is told comes from there or later."""
        return int(np.argmax(self.run.plan.errs)) + 1

    @property
    def at_first(self) -> float:
        """ln‖dE/ds_1‖."""
        return float(self.found.total[1])

    @property
    def by_output(self) -> float:
        """The output path's share of the sizes of both paths, averaged over the steps that have it."""
        k = np.flatnonzero(self.run.through_output)
        if not len(k):
            return 0.0
        said, kept = self.found.output_path[k], self.found.state_path[k]
        top = np.maximum(said, kept)
        if np.isneginf(top).any():
            return 0.0
        return float(np.mean(np.exp(said - top) / (np.exp(said - top) + np.exp(kept - top))))


@dataclass(frozen=True)
class ShapesReport:
    """What the page on shapes shows."""

    tokens: tuple[str, ...]  # T + 1
    cell: str
    shapes: dict[str, Shape]
    chosen: str
    other: Array  # (T + 1,), ln‖dE/ds_k‖ of the chosen wiring with its words fed the other way
    settings: Shapes

    @property
    def shape(self) -> Shape:
        """The wiring chosen."""
        return self.shapes[self.chosen]

    @property
    def T(self) -> int:
        """The steps of the wiring chosen."""
        return self.shape.run.T

    @property
    def writes(self) -> bool:
        """Whether the wiring chosen reads words of its own, or those asked for."""
        return bool(self.shape.run.plan.feeds.any())

    def finding(self) -> str:
        """What reaches step 1 under the wiring chosen, in one sentence."""
        shape = self.shape
        away = shape.nearest - 1
        where = "an error at step 1 itself" if away == 0 else f"the nearest error is {steps(away)} away"
        size = "nothing" if np.isneginf(shape.at_first) else f"a gradient of {size_words(shape.at_first)}"
        said = f"{sentence_case(shape.label)}: {where}, step 1 gets {size}"
        if self.writes and shape.run.own:
            return f"{said}; own words carry {percent(shape.by_output)} a step"
        return said

    def drawing_title(self) -> str:
        """The wiring chosen, and an example of it."""
        return f"Unrolled, {self.shape.label}: {WIRINGS[self.chosen].example}"

    def drawing_alt(self) -> str:
        """The drawing in words."""
        chosen = self.shape.run.plan
        reads = f"{int(chosen.reads.sum())} of {steps(self.T)} read an input"
        fed = f", {int(chosen.feeds.sum())} read {FEEDS[self.settings.feed]}" if self.writes else ""
        return f"Unrolled network, {self.shape.label}: {reads}{fed}; errors arise at {self.shape.errors}."

    def reach_alt(self) -> str:
        """The four curves in words."""
        said = ", ".join(f"{shape.label} {power(shape.at_first)}" for shape in self.shapes.values())
        return f"Gradient of all errors at each state under four wirings; at step 1: {said}."

    def paths_alt(self) -> str:
        """Both paths in words."""
        if not self.writes:
            return f"All of the gradient of {steps(self.T)} passes through the state: no words are read back."
        if not self.shape.run.own:
            return f"All of the gradient of {steps(self.T)} passes through the state: given words pass 0 %."
        return (
            f"Between steps that write {percent(self.shape.by_output)} of the gradient goes through the word "
            "said, the rest through the state."
        )

    def paths_caption(self) -> str:
        """What the second path is, and when there is none."""
        if self.writes and self.shape.run.own:
            return "Fed back as expectation ŷ. A sampled or likeliest word passes no gradient."
        if self.writes:
            return "Teacher forcing: a word that is given passes no gradient."
        return "This wiring reads no words of its own: one path."

    def columns(self) -> list[int]:
        """The steps drawn, −1 for a gap: all, or both ends and those about the encoder's end."""
        if self.T <= MOST_DRAWN:
            return list(range(1, self.T + 1))
        near = self.shape.nearest
        wanted = {1, 2, 3, near - 1, near, near + 1, *range(self.T - 3, self.T + 1)}
        drawn: list[int] = []
        for step in sorted(step for step in wanted if 1 <= step <= self.T):
            if drawn and step > drawn[-1] + 1:
                drawn.append(-1)
            drawn.append(step)
        return drawn

    def read_at(self, step: int) -> str:
        """What the network reads at a step: a token, the word it said (ŷ), the word asked for, or nothing."""
        chosen = self.shape.run.plan
        if chosen.reads[step - 1]:
            return self.tokens[step - 1]
        if not chosen.feeds[step - 1]:
            return ""
        return "ŷ" if self.shape.run.own else self.tokens[step - 1]

    def quiet(self) -> str:
        """The losses of all wirings in one line."""
        said = "; ".join(
            f"{shape.label} E = {number(float(shape.run.loss.total()))}" for shape in self.shapes.values()
        )
        return f"One untrained {self.cell}, the same weights in all four: {said}."

    def table(self) -> dict[str, Array]:
        """log₁₀‖dE/ds_k‖ by step under every wiring."""
        longest = max(shape.run.T for shape in self.shapes.values())
        columns = {"step k": np.arange(longest + 1).astype(float)}
        for shape in self.shapes.values():
            gap = np.full(longest - shape.run.T, np.nan)
            columns[f"log10, {shape.label}"] = np.concatenate([shape.found.total / LN10, gap])
        return columns


def sentence_case(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def size_words(ln: float) -> str:
    """A size with two digits, beyond float64 as a power of ten."""
    return number(float(np.exp(ln)), 2) if abs(ln) < 690 else power(ln)


def shapes_report(e: Experiment, settings: Shapes) -> ShapesReport:
    """The report of one experiment under all four wirings."""
    sequence = sequence_of(e)
    net, encoder = network_of(e, sequence.X), min(settings.encoder, e.T)
    shapes = {}
    for name, wiring in WIRINGS.items():
        run = run_wired(net, sequence, plan(name, e.T, encoder), own=settings.feed == "own")
        shapes[name] = Shape(name, wiring.label, run, arriving(net, run))
    other = run_wired(net, sequence, plan(settings.wiring, e.T, encoder), own=settings.feed != "own")
    return freeze(
        ShapesReport(
            tokens=sequence.tokens,
            cell=CELLS[e.cell].label,
            shapes=shapes,
            chosen=settings.wiring,
            other=arriving(net, other).total,
            settings=settings,
        )
    )
