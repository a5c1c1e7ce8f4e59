"""Which errors, from how far away, make up the gradient of the recurrent weights."""

from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array, freeze, log_norm
from explorer.cells import Cell
from explorer.errors import LagTerms
from explorer.experiment import Experiment
from explorer.run import Run
from explorer.sequences import SENTENCE
from explorer.wording import number, percent, power, steps

MOST_STEPS = 200  # the sum over lags is drawn bar by bar
MOST_GROUPS = 12  # colours that can still be told apart
HELD = {"input": SENTENCE}  # the page is about a text, each token predicting the next
SHOWS = ("first_error", "gate", "target")
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class WeightsReport:
    """What the page on the weights' gradient shows; sizes as natural logarithms."""

    T: int
    tokens: tuple[str, ...]  # T + 1, read at steps 1..T, then the last one asked for
    block: str  # the row block of W shown: "a", or a gate
    signal: Array  # (T + 1, T + 1), ln‖∂E_t/∂h_k‖ at [t, k]
    contribution: Array  # (T + 1, T + 1), ln‖part of ∂E/∂W_block that E_t sends through step k‖
    share: Array  # (T + 1, T + 1), the pair's part of ∂E/∂W along ∂E/∂W; adds up to 1
    immediate: Array  # (T + 1,), ln‖∂E_k/∂h_k‖ of the step's own error alone
    total: Array  # (T + 1,), ln‖dE/dh_k‖ of all errors together
    lags: LagTerms
    chosen: int  # the loss step whose signal the strip shows
    sizes: dict[str, float]  # parameter -> ln of the norm of its gradient
    loss: float  # E

    def finding(self) -> str:
        """How far back the gradient of W reaches, in one sentence."""
        if not np.isfinite(self.sizes["W"]):
            return "Nothing reaches the weights: the gradient of W is exactly zero."
        reach = self.reach(0.99)
        own = float(self.shares_by_lag()[0])
        return (
            f"Of the gradient of W {share_in_words(own)} comes from each step’s own error; "
            f"errors up to {steps(reach)} away make up 99 % of it"
        )

    def shares_by_lag(self) -> Array:
        """The projected shares of ∂E/∂W summed over the pairs of each lag, (T,); they add up to 1."""
        return np.array([np.trace(self.share, -lag) for lag in range(self.T)])

    def reach(self, part: float) -> int:
        """The smallest lag whose truncated gradient is within 1 − part of the whole."""
        return int(np.argmax(self.lags.relative_error <= 1.0 - part))

    def arriving(self) -> Array:
        """ln‖∂E_t/∂h_k‖ of the chosen loss step relative to its own step, for k = 1..t, (t,)."""
        row = self.signal[self.chosen, 1 : self.chosen + 1]
        own = row[-1] if np.isfinite(row[-1]) else 0.0
        relative: Array = row - own
        return relative

    def map_alt(self) -> str:
        """The map in words."""
        first, own = self.signal[self.T, 1], self.signal[self.T, self.T]
        left = power(float(first - own)) if np.isfinite(own) else "0"
        return (
            f"Map of the error signals of {steps(self.T)}: of the last error {left} is left at step 1. "
            f"{self.finding()}."
        )

    def lag_alt(self) -> str:
        """The bars by lag in words."""
        terms = self.lags.log_norm
        return (
            f"Contribution to the gradient of W by lag, from {power(float(terms[0]))} at lag 0 to "
            f"{power(float(terms[-1]))} at lag {self.T - 1}."
        )

    def partial_alt(self) -> str:
        """The running sum in words."""
        half = self.T // 2
        return (
            f"After lag {half} the running sum differs from the whole gradient by "
            f"{percent(float(self.lags.relative_error[half]))} of its norm, "
            f"at a cosine of {number(float(self.lags.cosine[half]))}."
        )

    def step_alt(self) -> str:
        """Immediate against total in words."""
        k = int(np.argmax(self.total))
        return (
            f"Error signal at each step: largest in total at step {k}, {power(float(self.total[k]))}, "
            f"where the step’s own error gives {power(float(self.immediate[k]))}."
        )

    def itemised(self) -> tuple[Array, list[str]]:
        """Sizes of the contributions to the chosen block of W through each step k, by loss steps.

        (groups, T) as shares of their sum, and each group's name; at most MOST_GROUPS groups of loss steps.
        """
        largest = np.max(self.contribution)
        sizes = np.exp(self.contribution[1:, 1:] - (largest if np.isfinite(largest) else 0.0))
        groups = np.array_split(np.arange(self.T), min(self.T, MOST_GROUPS))
        summed = np.stack([sizes[rows].sum(axis=0) for rows in groups])
        total = summed.sum()
        names = [
            f"E at step {rows[0] + 1}" if len(rows) == 1 else f"E at steps {rows[0] + 1} to {rows[-1] + 1}"
            for rows in groups
        ]
        return (summed / total if total > 0 else summed), names

    def itemised_alt(self) -> str:
        """The itemised bars in words."""
        bars, _ = self.itemised()
        k = int(np.argmax(bars.sum(axis=0))) + 1
        return (
            f"Stacked contributions to the gradient by step: the largest, "
            f"{percent(float(bars[:, k - 1].sum()))} of all, goes through step {k}."
        )

    def quiet(self) -> str:
        """The loss and the gradients' sizes, in one line."""
        sizes = ", ".join(f"‖∂E/∂{name}‖ = {power(size)}" for name, size in self.sizes.items())
        added = number(float(self.share.sum()), 6)
        return f"E = {number(self.loss)}; {sizes}. The shares of all pairs add up to {added}."

    def table(self) -> dict[str, Array]:
        """The sum over lags as columns."""
        return {
            "lag": np.arange(self.T).astype(float),
            "log10 size of the term": self.lags.log_norm / LN10,
            "share of the gradient": self.shares_by_lag(),
            "cosine of the sum so far": self.lags.cosine,
            "relative error of the sum so far": self.lags.relative_error,
        }


def share_in_words(share: float) -> str:
    """A projected share, which may lie outside 0 to 1 where contributions cancel."""
    if share < 0:
        return f"{number(share, 2)} (against the sum)"
    return percent(share) if share <= 1 else f"{number(share, 2)} times the sum"


def sliders(e: Experiment) -> tuple[str, ...]:
    """The fields most worth dragging for this cell."""
    return ("gain", e.turned)


def items_title(block: str, cell: Cell) -> str:
    """The title of the itemised bars: which rows of W they speak of."""
    if len(cell.v_blocks) == 1:
        return "Whose error comes through step k"
    return f"… through step k, rows of W<sub>{block}</sub>"


def weights_report(run: Run, gate: str, target: int) -> WeightsReport:
    """The report of one run, for one block of W and one loss step."""
    T, maps, back, loss = run.T, run.error_maps, run.back, run.loss
    block = gate if gate in run.cell.v_blocks else run.cell.v_blocks[0]
    h = run.trace.s["h"]
    contribution = maps.contribution(block, log_norm(h[:-1]))
    chosen = min(max(target, 1), T)
    if not loss.carries[chosen - 1]:
        chosen = T
    immediate = np.where(np.arange(T + 1) > 0, log_norm(loss.direct()), -np.inf)
    return freeze(
        WeightsReport(
            T=T,
            tokens=run.sequence.tokens[: T + 1],
            block=block,
            signal=maps.signal["h"],
            contribution=contribution,
            share=maps.share,
            immediate=immediate,
            total=back.log_signals(),
            lags=run.lag_terms,
            chosen=chosen,
            sizes=gradient_sizes(run),
            loss=float(loss.total()),
        )
    )


def gradient_sizes(run: Run) -> dict[str, float]:
    """ln of the norm of each parameter's gradient, all blocks together."""
    gradient, shift = run.back.gradient, run.back.gradient_exponent * np.log(2.0)
    sizes = {}
    for part in ("W", "U", "b"):
        flat = np.concatenate([a.ravel() for a in getattr(gradient, part).values()])
        sizes[part] = float(log_norm(flat)) + shift
    sizes["V"] = float(log_norm(run.readout_gradient.V.ravel()))
    sizes["c"] = float(log_norm(run.readout_gradient.c))
    return sizes
