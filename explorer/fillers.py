"""One sentence with more and more filler words before its last word, and what its error still reaches.

The network is the same for every number of fillers, since the vocabulary always holds all of them. Two
sentences that differ in fillers share their beginning, so that one forward pass and one backward sweep
serve them all: row n of a result is the sentence with n fillers.

Shapes: T steps of the sentence itself, N fillers at most, H hidden units.
"""

from dataclasses import dataclass

import numpy as np

from explorer import flow
from explorer.arrays import Array, Integers, Values, freeze
from explorer.cells import Cell, Partials
from explorer.errors import log_sizes
from explorer.experiment import Experiment
from explorer.flow import Trace, at, pull, rescaled, step_back, times, transposed
from explorer.initial import starting_state
from explorer.readout import Readout, cross_entropy, draw_readout
from explorer.run import Run, cell_of, weights_of
from explorer.sequences import Sequence, encode, tokens_of
from explorer.weights import Weights

FILLER = "as I may have told you on many an evening when we sat together"
MOST_FILLERS = 60


def place(T: int) -> int:
    """After which of the words read the fillers stand: before the last one, if there are two."""
    return max(T - 1, 1)


def filled(text: str, level: str, count: int) -> Sequence:
    """The text with `count` filler tokens before the last one it reads, in a vocabulary that holds all.

    Raises ValueError as `tokens_of` does.
    """
    tokens = tokens_of(text, level)
    cycle = tokens_of(FILLER, level)
    vocabulary = tuple(dict.fromkeys((*tokens, *cycle)))
    p = place(len(tokens) - 1)
    fillers = tuple(cycle[i % len(cycle)] for i in range(count))
    whole = (*tokens[:p], *fillers, *tokens[p:])
    indices = encode(whole, vocabulary)
    return Sequence(np.eye(len(vocabulary))[indices[:-1]], indices[1:], whole, vocabulary)


def filled_run(e: Experiment, count: int) -> Run:
    """The run of the experiment's sentence with `count` fillers; its weights are the same for every count."""
    sequence = filled(e.text, e.level, count)
    cell, w, readout, s0 = network_of(e, sequence.X)
    return freeze(Run(e, cell, w, readout, sequence, flow.forward(cell, w, sequence.x, s0)))


def network_of(e: Experiment, X: int) -> tuple[Cell, Weights, Readout, Values]:
    """The experiment's cell, weights, readout and starting state for X words."""
    cell = cell_of(e)
    readout = draw_readout(X, e.hidden_size, seed=e.seed)
    return cell, weights_of(e, X, e.seed), readout, starting_state(cell, e.start, e.hidden_size, seed=e.seed)


@dataclass(frozen=True)
class Reach:
    """What the error of the last word brings back to every step, for every number of fillers n.

    Natural logarithms at [n, k]; row n has T + n steps, −inf beyond.
    """

    T: int  # steps without fillers
    state: Array  # (N + 1, T + N + 1), ln‖∂E/∂s_k‖ of the joint state
    word: Array  # (N + 1, T + N + 1), ln‖∂E/∂x_k‖; −inf at k = 0
    loss: Array  # (N + 1,), E

    @property
    def N(self) -> int:
        """The most fillers that were tried."""
        return len(self.state) - 1

    def gain(self, sizes: Array, k: int) -> Array:
        """ln of the part of the last step's size that step k <= T − 1 has, for every n, (N + 1,)."""
        n = np.arange(self.N + 1)
        own = sizes[n, self.T + n]
        return np.asarray(sizes[:, k] - np.where(np.isfinite(own), own, 0.0))


def reach(e: Experiment) -> Reach:
    """The reach of the last word's error in the experiment's sentence, for 0 to MOST_FILLERS fillers.

    Where the state passes 1e150, the sentence ends there, as a run does, and fewer fillers fit or none.
    Raises OverflowError if that is at step 1.
    """
    longest = filled(e.text, e.level, MOST_FILLERS)
    cell, w, readout, s0 = network_of(e, longest.X)
    p = place(len(longest.x) - MOST_FILLERS)
    shared = flow.forward(cell, w, longest.x[: p + MOST_FILLERS], s0)
    if p < shared.T < p + MOST_FILLERS:  # room for the last word after the last filler
        shared = shared.upto(max(p, shared.T - 2))
    ended, p = shared.T < p, min(p, shared.T)
    ends = {k: a[p:] for k, a in shared.s.items()}  # (N + 1, H), the states after 0..N fillers
    N, last = shared.T - p, None if ended else last_step(cell, w, longest, ends)
    h = last.s["h"][-1] if last else ends["h"]
    loss = cross_entropy(readout, h[None], asked(longest, shared, last)[None], np.ones(1, bool))
    own = {k: np.zeros_like(h) for k in cell.state} | {"h": loss.dE_dh[0]}
    signals, exponent = rescaled(own, np.zeros(N + 1, np.int64))
    sized = Sizes.empty(p + int(last is not None), N)
    if last:
        signals, exponent = sized.through(cell, w, last, signals, exponent)
    sweep(cell, w, shared, (signals, exponent), sized)
    return freeze(Reach(sized.T, sized.state, sized.word, loss.E[0]))


def last_step(cell: Cell, w: Weights, longest: Sequence, ends: Values) -> Trace | None:
    """The last word read after each of the states {block: (N + 1, H)}.

    None where there is no further word, or the run has ended before it.
    """
    T, n = len(longest.x) - MOST_FILLERS, len(ends["h"])
    if T == place(T):
        return None
    try:
        return flow.forward(cell, w, np.broadcast_to(longest.x[-1], (1, n, longest.X)), ends)
    except OverflowError:
        return None


def asked(longest: Sequence, shared: Trace, last: Trace | None) -> Integers:
    """The word that each row is asked for, (N + 1,): the sentence's last, or the next where the run ended."""
    T = len(longest.x) - MOST_FILLERS
    p = min(place(T), shared.T)
    ended = shared.T if p < place(T) else len(longest.x) - 1
    complete = last is not None or (T == place(T) and p == T)
    return np.full(shared.T - p + 1, longest.targets[-1] if complete else longest.targets[ended - 1])


@dataclass(frozen=True)
class Sizes:
    """The sizes of signals at [n, k], filled in as a sweep meets them."""

    T: int
    state: Array  # (N + 1, T + N + 1)
    word: Array  # (N + 1, T + N + 1)

    @classmethod
    def empty(cls, T: int, N: int) -> "Sizes":
        """No signal anywhere yet."""
        return cls(T, np.full((N + 1, T + N + 1), -np.inf), np.full((N + 1, T + N + 1), -np.inf))

    def take(self, n: Integers, k: Integers, signals: Values, exponent: Integers) -> None:
        """Keep the sizes of the joint signals of rows n at steps k."""
        self.state[n, k] = log_sizes(np.concatenate(list(signals.values()), axis=-1), exponent)

    def take_words(self, n: Integers, k: Integers, dx: Array, exponent: Integers) -> None:
        """Keep the sizes of ∂E/∂x of rows n at steps k."""
        self.word[n, k] = log_sizes(dx, exponent)

    def through(
        self, cell: Cell, w: Weights, last: Trace, signals: Values, exponent: Integers
    ) -> tuple[Values, Integers]:
        """The signals of all rows taken back through their last word."""
        n, D = np.arange(len(exponent)), at(last.partials(cell), 0)
        self.take(n, self.T + n, signals, exponent)
        self.take_words(n, self.T + n, input_signal(cell, w, D, signals), exponent)
        return rescaled(step_back(cell, w, D, signals), exponent)


def input_signal(cell: Cell, w: Weights, D: Partials, signals: Values) -> Array:
    """∂E/∂x_k (..., X) from ∂E/∂s_k {block: (..., H)} and the partials of step k."""
    parts = [times(transposed(w.U[k]), pull(D, signals, k)) for k in cell.u_blocks]
    return np.asarray(np.sum(parts, axis=0))


def sweep(cell: Cell, w: Weights, shared: Trace, arrived: tuple[Values, Integers], sized: Sizes) -> None:
    """Carry all rows' signals back over the steps they share; row n begins at the n-th step from the end."""
    partials = shared.partials(cell)
    signals, exponent = {k: a.copy() for k, a in arrived[0].items()}, arrived[1].copy()
    p = shared.T - (len(exponent) - 1)
    for k in range(shared.T, 0, -1):
        n = np.arange(max(k - p, 0), len(exponent))
        D, some = at(partials, k - 1), {block: a[n] for block, a in signals.items()}
        sized.take(n, np.full(len(n), k), some, exponent[n])
        sized.take_words(n, np.full(len(n), k), input_signal(cell, w, D, some), exponent[n])
        back, exponent[n] = rescaled(step_back(cell, w, D, some), exponent[n])
        for block, a in back.items():
            signals[block][n] = a
    n = np.arange(len(exponent))
    sized.take(n, 0 * n, signals, exponent)


def half_life(gain: Array) -> float:
    """The fillers after which ln gains by n (N + 1,) have halved: ln 2 over the slope of the best line.

    inf where they do not shrink, 0 where every one, or every one but the first, is an exact zero.
    """
    alive = np.isfinite(gain)
    if not alive[1:].any() and (len(gain) > 1 or not alive.any()):
        return 0.0
    if alive.sum() < 2:
        return float("inf")
    slope = float(np.polyfit(np.flatnonzero(alive), gain[alive], 1)[0])
    return float(np.log(2.0) / -slope) if slope < 0 else float("inf")
