"""Where an error signal is lost on its way back: every step's change of ln‖∂E_t/∂s_k‖, split in two.

Backpropagation through one step does two things in turn. In an RNN it multiplies by the slopes φ′(a_k) and
then by Wᵀ. In a gated cell part of the signal goes straight across (by f_k in the LSTM, z_k in the GRU), and
what comes through the recurrent weights is added. The two parts add up to the change of the signal's
logarithm by construction.
"""

from dataclasses import dataclass

import numpy as np

from explorer import flow
from explorer.arrays import Array, Integers, Values, log_norm
from explorer.cells import Cell
from explorer.flow import Backward, Trace, pull
from explorer.measures import joint
from explorer.run import Run
from explorer.wording import number, percent, power, times

MOST_BARS = 100  # more bars than this cannot be told apart; neighbouring steps are summed
TO_BE_EXPLAINED = 0.5  # the share of a loss that is looked for in few steps
BY_SLOPES = ("slopes φ′", "weights W")
ACROSS = ("straight across", "through the weights")
PARTS = {
    BY_SLOPES: "slopes multiply it by {}, weights by {}",
    ACROSS: "straight across multiplies it by {}, weights by {}",
}
KILLS = {
    BY_SLOPES: ("no unit it could pass has any slope", "W lets nothing through"),
    ACROSS: ("nothing goes straight across", "nothing comes through the weights"),
}
TAKERS = {
    BY_SLOPES: ("by the slopes φ′", "by the weights W"),
    ACROSS: ("on the way straight across", "where parts through the weights cancel"),
}
LN10 = float(np.log(10.0))
FEW = 1 / 3  # of the steps: a loss spread wider than this happens everywhere


@dataclass(frozen=True)
class Waterfall:
    """The error of step t on its way back to step 0, in n bars of neighbouring steps.

    Bar i takes the signal from step last[i] back to step last[i] − width[i], first by `first[i]`, then by
    `second[i]`.
    """

    t: int  # the step whose error is followed
    names: tuple[str, str]  # what the two parts are
    last: Integers  # (n,), the step each bar starts from
    width: Integers  # (n,), the steps each bar covers
    level: Array  # (n + 1,), ln(‖∂E_t/∂s_k‖ / ‖∂E_t/∂s_t‖) at each bar's far end, [n] at step t itself
    first: Array  # (n,), ln of the factor by the slopes, or straight across
    second: Array  # (n,), ln of the factor by the weights, or by what comes through them
    log_error: float  # ln‖∂E_t/∂s_t‖, −inf where the step has no error

    @property
    def totals(self) -> tuple[float, float]:
        """ln of the two factors over the whole way."""
        return float(np.sum(self.first)), float(np.sum(self.second))

    @property
    def left(self) -> float:
        """ln of what reaches step 0."""
        return float(self.level[0])

    @property
    def dead_from(self) -> int | None:
        """The last step k at which ∂E_t/∂s_k is exactly zero; None where something reaches step 0."""
        dead = np.isneginf(self.level[:-1])
        return int(np.max((self.last - self.width)[dead])) if dead.any() else None

    def finding(self) -> str:
        """What reaches step 0, and which of the two parts takes it."""
        if np.isneginf(self.log_error):
            return f"The error of step {self.t} is exactly zero: there is nothing to follow"
        if self.dead_from is not None:
            kills = KILLS[self.names][0 if np.isneginf(self.totals[0]) else 1]
            return f"The error is exactly zero from step {self.dead_from} on back: {kills}"
        first, second = (power(total) for total in self.totals)
        parts = PARTS[self.names].format(first, second)
        left = "All" if abs(self.left) < 1e-9 else power(self.left)
        size = f"{left} times the error" if self.left > 1e-9 else f"{left} of the error"
        return f"{size} reaches step 0: {parts}"

    def diagnosis(self, slope: Array) -> str:
        """Where the loss lies, and how steep the units are there, from the mean slope of every step (T,)."""
        if np.isneginf(self.log_error) or self.dead_from is not None:
            return self.finding()
        rate = f"{number(float(np.exp(self.left / self.t)))} times per step"
        stretch = self.concentrated()
        if stretch is None:
            kept = self.left > -LN10
            lost = "No decade is lost on the way" if kept else "The loss is spread over the steps"
            return f"{lost}: {rate}{self.steepness(slope[: self.t])}"
        begin, end = stretch
        inside = (self.last >= begin) & (self.last <= end)
        first, second = float(self.first[inside].sum()), float(self.second[inside].sum())
        share, taker = percent((first + second) / self.left), TAKERS[self.names][int(second < first)]
        where = f"Step {begin} takes" if begin == end else f"Steps {begin} to {end} take"
        return f"{where} {share} of the loss, mostly {taker}{self.steepness(slope[begin - 1 : end])}"

    def steepness(self, slope: Array) -> str:
        """The mean of slopes in words, where slopes are one of the two parts."""
        return f"; mean slope {number(float(slope.mean()), 2)}" if self.names == BY_SLOPES else ""

    def alt(self) -> str:
        """The bars in words."""
        smallest = int(np.argmin(self.first + self.second))
        return (
            f"{self.finding()}. Factor of every step back to step 0 in two parts, {self.names[0]} and "
            f"{self.names[1]}; the smallest is at step {self.last[smallest]}: "
            f"{times(float(self.first[smallest] + self.second[smallest]))}."
        )

    def concentrated(self) -> tuple[int, int] | None:
        """The shortest stretch of steps (from, to) that holds half of a loss of at least one decade.

        None where there is no such loss, or where it is spread over more than a third of the steps.
        """
        loss = -(self.first + self.second)
        whole, n = float(np.sum(loss)), len(loss)
        if not LN10 <= whole < np.inf:
            return None
        running = np.concatenate([[0.0], np.cumsum(loss)])
        for count in range(1, int(n * FEW) + 1):
            held = running[count:] - running[:-count]
            if np.max(held) >= TO_BE_EXPLAINED * whole:
                at = int(np.argmax(held))
                begin = int(self.last[at] - self.width[at] + 1)
                return begin, int(self.last[at + count - 1])
        return None


def straight_across(cell: Cell, trace: Trace) -> tuple[str, ...]:
    """The state blocks that the next state depends on without passing through weights; () for an RNN."""
    D = trace.partials(cell)
    return tuple(k for k in cell.state if any(k in of for of in D.values()))


def halfway(run: Run, trace: Trace, back: Backward) -> Values:
    """Every step's signal halfway through the step, (T, H) by block: Dv, or what goes straight across."""
    after = {block: a[1:] for block, a in back.signals.items()}
    through = straight_across(run.cell, trace) or run.cell.v_blocks
    return {k: pull(trace.partials(run.cell), after, k) for k in through}


def change(to: Array, start: Array) -> Array:
    """to − start of logarithms; 0 where nothing was left to lose."""
    return np.where(np.isneginf(start), 0.0, to - np.where(np.isneginf(start), 0.0, start))


def summed(parts: Array, width: int) -> Array:
    """Sums over neighbouring steps, `width` at a time."""
    return np.asarray(np.add.reduceat(parts, np.arange(0, len(parts), width)))


def waterfall(run: Run, t: int) -> Waterfall:
    """The way of the error of step t >= 1 alone back to step 0, whichever steps the loss counts."""
    trace = run.trace.upto(t)
    direct = np.zeros_like(trace.s["h"])
    direct[t] = run.loss.dE_dh[t - 1]
    back = flow.backward(run.cell, run.weights, trace, {"h": direct})
    sizes = log_norm(joint(back.signals)) + back.exponent * np.log(2.0)
    middle = halfway(run, trace, back)
    between = log_norm(joint(middle)) + back.exponent[1:] * np.log(2.0)
    # nothing straight across, yet something through the weights: all of the change is theirs
    between = np.where(np.isneginf(between) & np.isfinite(sizes[:-1]), sizes[1:], between)
    width = -(-t // MOST_BARS)
    ends = np.arange(0, t, width)
    last = np.minimum(ends + width, t)
    return Waterfall(
        t=t,
        names=ACROSS if set(middle) <= set(run.cell.state) else BY_SLOPES,
        last=last,
        width=last - ends,
        level=change(np.append(sizes[ends], sizes[t]), np.full(len(ends) + 1, sizes[t])),
        first=summed(change(between, sizes[1:]), width),
        second=summed(change(sizes[:-1], between), width),
        log_error=float(sizes[t]),
    )
