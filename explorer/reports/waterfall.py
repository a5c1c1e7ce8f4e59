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
from explorer.flow import Backward, Trace, pull
from explorer.measures import joint
from explorer.run import Run

MOST_BARS = 100  # more bars than this cannot be told apart; neighbouring steps are summed
TO_BE_EXPLAINED = 0.5  # the share of a loss that is looked for in few steps
BY_SLOPES = ("slopes φ′", "weights W")
ACROSS = ("straight across", "through the weights")
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

    def concentrated(self) -> tuple[int, int] | None:
        """The shortest stretch of steps (from, to) that holds half of a loss of at least one decade.

        None where there is no such loss, or where it is spread over more than a third of the steps.
        """
        loss = -(self.first + self.second)
        whole, n = float(np.sum(loss)), len(loss)
        if not np.log(10.0) <= whole < np.inf:
            return None
        running = np.concatenate([[0.0], np.cumsum(loss)])
        for count in range(1, int(n * FEW) + 1):
            held = running[count:] - running[:-count]
            if np.max(held) >= TO_BE_EXPLAINED * whole:
                at = int(np.argmax(held))
                begin = int(self.last[at] - self.width[at] + 1)
                return begin, int(self.last[at + count - 1])
        return None


def halfway(run: Run, trace: Trace, back: Backward) -> Values:
    """Every step's signal halfway through the step, (T, H) by block: Dv, or what goes straight across."""
    D, cell = trace.partials(run.cell), run.cell
    after = {block: a[1:] for block, a in back.signals.items()}
    across = [k for k in cell.state if any(k in of for of in D.values())]
    return {k: pull(D, after, k) for k in across or cell.v_blocks}


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
