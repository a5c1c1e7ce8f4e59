"""What one number, one matrix or a network's Jacobians become when they are repeated."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.arrays import Array, freeze, log_norm
from explorer.lessons.one_number import Repeated
from explorer.precision import FORMATS, INFINITE, SUBNORMAL, ZERO, Product, exact, product
from explorer.run import Run
from explorer.wording import number, power, steps

LN10 = float(np.log(10.0))
TITLES = {
    "number": "The number multiplied by itself, n times",
    "matrix": "The matrix multiplied by itself, n times",
    "network": "The last error, sent back through the network’s Jacobians",
}
SLIDERS = {
    "number": ("number", "steps"),
    "matrix": ("w11", "w12", "w21", "w22", "steps"),
    "network": ("gain", "steps"),
}
WORDS = {SUBNORMAL: "subnormal", ZERO: "exactly 0", INFINITE: "∞"}


@dataclass(frozen=True)
class RepeatedReport:
    """What the page shows of one chain of factors."""

    stage: str
    log_size: Array  # (n + 1,), ln of the true size after 0, 1, 2 ... factors
    formats: dict[str, Product]  # name -> the same through that format
    promises: dict[str, Array]  # how a line is named -> (n + 1,), ln of what a single number would promise
    number: float  # the number, or the spectral radius

    @property
    def n(self) -> int:
        """How many factors were multiplied."""
        return len(self.log_size) - 1

    @cached_property
    def factors(self) -> Array:
        """ln of what each single step multiplied the size by, (n,); nan after an exact zero."""
        with np.errstate(invalid="ignore"):
            gained: Array = np.diff(self.log_size)
        return gained

    def finding(self) -> str:
        """The page's heading: the end, and what a machine makes of it."""
        told = {"number": self.of_number, "matrix": self.of_matrix, "network": self.of_network}[self.stage]()
        return f"{told}{self.machine()}"

    def of_number(self) -> str:
        """What is left of one number."""
        end = float(self.log_size[-1])
        size = "exactly 0" if end == -np.inf else size_words(end)
        often = "once" if self.n == 1 else f"{self.n:,} times"
        return f"{number(self.number)} multiplied by itself {often} is {size}"

    def of_matrix(self) -> str:
        """What the powers of a matrix do before the eigenvalue has its way."""
        top = int(np.argmax(self.log_size))
        end = left(float(self.log_size[-1]))
        if self.number < 1 and self.log_size[top] > np.log(1.05):
            peak = size_words(float(self.log_size[top]))
            return (
                f"The largest eigenvalue is {number(self.number)}, yet Wⁿ grows to {peak} at n = {top}; "
                f"after {self.n:,} steps {end}"
            )
        return f"The largest eigenvalue is {number(self.number)}; after {self.n:,} steps {end}"

    def of_network(self) -> str:
        """What is left of the error sent back through a network."""
        end = float(self.log_size[-1])
        each = f", {number(float(np.exp(end / self.n)), 2)} times a step" if np.isfinite(end) else ""
        return f"After {steps(self.n)} back {left(end, 'the error signal')}{each}"

    def machine(self) -> str:
        """The first format that fails, if any does, as the end of a sentence."""
        failed = [
            (first, FORMATS[name].label, kind)
            for name, found in self.formats.items()
            for kind in (ZERO, INFINITE)
            if (first := found.first(kind)) is not None and np.isfinite(self.log_size[first])
        ]
        if not failed:
            return ""
        first, label, kind = min(failed)
        return f"; {label} holds {WORDS[kind]} from n = {first}"

    def size_alt(self) -> str:
        """The curve in words."""
        top = int(np.argmax(self.log_size))
        most, end = power(float(self.log_size[top])), power(float(self.log_size[-1]))
        return f"Size after 0 to {self.n} factors: largest {most} at n = {top}, at the end {end}."

    def formats_alt(self) -> str:
        """What each format makes of it, in words."""
        return "; ".join(self.format_words(name) for name in self.formats)

    def format_words(self, name: str) -> str:
        """One format's fate: "float16: subnormal from n = 15, exactly 0 from n = 25"."""
        found = self.formats[name]
        said = [
            f"{word} from n = {first}"
            for kind, word in WORDS.items()
            if (first := found.first(kind)) is not None
        ]
        return f"{FORMATS[name].label}: {', '.join(said) or 'holds every one'}"

    def factors_alt(self) -> str:
        """The single factors in words."""
        known = self.factors[np.isfinite(self.factors)]
        if not known.size:
            return "No factor is left after an exact zero."
        low, high = (number(float(np.exp(x))) for x in (known.min(), known.max()))
        return f"Each step multiplies the size by {low} to {high}."

    def table(self) -> dict[str, Array]:
        """The curves' numbers."""
        columns = {"n": np.arange(self.n + 1.0), "log10_true": self.log_size / LN10}
        return columns | {f"log10_{name}": found.log_size / LN10 for name, found in self.formats.items()}


def left(ln: float, of: str = "its size") -> str:
    """What has become of a size of 1, as half a sentence."""
    if ln > 0:
        return f"{'it' if of == 'its size' else of} is {power(ln)} times as large"
    return f"{'nothing' if np.isneginf(ln) else power(ln)} of {of} is left"


def size_words(ln: float) -> str:
    """The size itself with three digits, beyond float64 as a power of ten."""
    return number(float(np.exp(ln))) if abs(ln) < 690 else power(ln)


def repeated_report(run: Run, own: Repeated) -> RepeatedReport:
    """The report of the stage chosen: T factors of the number or the matrix, or the run's Jacobians."""
    start, factors = chain_of(run, own)
    n = len(factors)
    if own.stage == "number":
        promises, factor = {}, own.number
    else:
        W = own.matrix if own.stage == "matrix" else run.weights.W[run.cell.v_blocks[0]]
        radius, gain = float(np.max(np.abs(np.linalg.eigvals(W)))), float(np.linalg.norm(W, 2))
        promises = {"ρ(W)ⁿ": line(radius, n)}
        promises |= {"σₘₐₓⁿ": line(gain, n)} if own.stage == "matrix" else {}
        factor = radius
    found = {name: product(start, factors, form) for name, form in FORMATS.items()}
    return freeze(RepeatedReport(own.stage, exact(start, factors), found, promises, factor))


def line(factor: float, n: int) -> Array:
    """ln of factor⁰ ... factorⁿ, (n + 1,)."""
    return exact(np.eye(1), [np.array([[factor]])] * n)


def chain_of(run: Run, own: Repeated) -> tuple[Array, list[Array]]:
    """What is multiplied: the start (m, S) and the factors (S, S) in order.

    For a network the start is the direction of the last step's own error signal, and the factors are
    J_T, J_{T-1}, ..., J_1.
    """
    if own.stage != "network":
        factor = own.matrix
        return np.eye(len(factor)), [factor] * run.experiment.steps
    signal = np.zeros((1, run.chain.S))
    signal[0, : run.weights.H] = run.loss.dE_dh[-1]
    signal = signal / np.exp(log_norm(signal, (0, 1)))
    return signal, [run.chain.take(slice(k, k + 1))[0] for k in reversed(range(run.T))]
