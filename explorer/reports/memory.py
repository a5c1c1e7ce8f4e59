"""One step of a network that reads a sentence: every number of the forward pass, and what it expects next."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer.arrays import Array
from explorer.edits import Typed
from explorer.reports import latex
from explorer.run import Run
from explorer.wording import number

SLIDERS = ("updates", "rate")
PHI = {"tanh": r"\tanh", "sigmoid": r"\sigma", "relu": r"\max(0,\cdot)", "identity": r"\phi"}


@dataclass(frozen=True)
class MemoryReport:
    """What the page shows of step t."""

    run: Run
    t: int
    updates: int  # made before what is shown

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words read at steps 1..T, then the last one asked for."""
        return self.run.sequence.tokens[: self.run.T + 1]

    @property
    def right(self) -> int:
        """The index of the word that does come next."""
        return int(self.run.sequence.targets[self.t - 1])

    @cached_property
    def probabilities(self) -> Array:
        """P(next word | words so far), (K,)."""
        p: Array = self.run.loss.probabilities[self.t - 1]
        return p

    @property
    def chance(self) -> Array:
        """The probability given to the word that came next, at each step, (T,)."""
        rows: Array = np.exp(-self.run.loss.E)
        return rows

    def so_far(self) -> str:
        """The words read up to step t, the oldest left out where there are many."""
        read = self.tokens[: self.t]
        return " ".join(read if len(read) <= 8 else ("…", *read[-7:]))

    def finding(self) -> str:
        """The page's heading."""
        best = int(np.argmax(self.probabilities))
        vocabulary, p = self.run.sequence.vocabulary, self.probabilities
        chance = number(float(p[best]), 2)
        told = f"After “{self.so_far()}” it expects “{vocabulary[best]}” with probability {chance}"
        if best == self.right:
            return f"{told}, and that is the word that comes"
        return f"{told}; “{vocabulary[self.right]}” comes, with {number(float(p[self.right]), 2)}"

    def quiet(self) -> str:
        """The loss, and how far the network is trained."""
        E = float(self.run.loss.total())
        each = number(E / self.run.T, 3)
        return f"After {self.updates} updates the loss is E = {number(E)}, {each} a word."

    def equations(self) -> str:
        """The forward pass of step t in LaTeX, each symbol with its value."""
        z, s, t = self.run.trace.z, self.run.trace.s, self.t
        w, readout, loss = self.run.weights, self.run.readout, self.run.loss
        column = w.U["a"] @ self.run.trace.x[t - 1]
        o = readout.c + readout.V @ s["h"][t]
        phi = PHI[self.run.experiment.activation]
        v = latex.vector
        rows = [
            rf"x_{{{t}}} &= {latex.word(self.tokens[t - 1])} = {one_hot(self.run.trace.x[t - 1])}",
            rf"a_{{{t}}} &= b + W h_{{{t - 1}}} + U x_{{{t}}} = {v(w.b['a'])} + {latex.matrix(w.W['a'])}"
            rf"{v(s['h'][t - 1])} + {v(column)}",
            rf"h_{{{t}}} &= {phi}(a_{{{t}}}) = {phi}{v(z['a'][t - 1])} = {v(s['h'][t])}",
            rf"o_{{{t}}} &= c + V h_{{{t}}} = {v(readout.c, 6)} + {latex.matrix(readout.V, 6)}{v(s['h'][t])}"
            rf" = {v(o, 6)}",
            rf"\hat y_{{{t}}} &= \mathrm{{softmax}}(o_{{{t}}}) = {latex.row(loss.probabilities[t - 1])}",
            rf"E_{{{t}}} &= -\ln \hat y_{{{t}}}[{latex.word(self.tokens[t])}] = "
            rf"-\ln {latex.value(float(self.probabilities[self.right]))}"
            rf" = {latex.value(float(loss.E[t - 1]))}",
        ]
        return latex.aligned(rows)

    def equations_of_steps(self) -> dict[int, tuple[str]]:
        """{step: its equations} of every step."""
        return {t: (replace(self, t=t).equations(),) for t in range(1, self.run.T + 1)}

    def next_alt(self) -> str:
        """The bars in words."""
        order = np.argsort(-self.probabilities)[:3]
        vocabulary, p = self.run.sequence.vocabulary, self.probabilities
        words = [f"{vocabulary[i]} {number(float(p[i]), 2)}" for i in order]
        return f"Probability of each word to come next after step {self.t}: {', '.join(words)} first."

    def states_alt(self) -> str:
        """The states in words."""
        h = self.run.trace.s["h"][self.t]
        low, high = number(float(h.min()), 2), number(float(h.max()), 2)
        return f"State h of {len(h)} units over steps 0 to {self.t}; at step {self.t} from {low} to {high}."

    def table(self) -> dict[str, object]:
        """What was read, asked for and given, step by step."""
        T = self.run.T
        columns: dict[str, object] = {"step": np.arange(1, T + 1), "read": self.tokens[:T]}
        columns |= {"next": self.tokens[1:], "probability": self.chance, "E": self.run.loss.E}
        return columns | {f"h{i + 1}": self.run.trace.s["h"][1:, i] for i in range(self.run.weights.H)}


def one_hot(x: Array) -> str:
    """A one-hot input as a row: where the 1 stands."""
    cells = [r"\cdots" if i < 0 else f"{x[i]:.0f}" for i in latex.kept(len(x), 12)]
    return r"[\," + r"\;".join(cells) + r"\,]^\top"


def memory_report(found: tuple[Run, int], own: Typed) -> MemoryReport:
    """The report of one step of an edited and trained network."""
    run, updates = found
    return MemoryReport(run, min(own.step, run.T), updates)
