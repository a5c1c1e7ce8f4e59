"""The error of one step on its way back: the product opened, the sum of its terms, the window, the update."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explorer import edits
from explorer.arrays import Array, log_norm
from explorer.lessons.backwards import Back
from explorer.reports import latex
from explorer.run import Run
from explorer.wording import number, percent, power, steps, times

SLIDERS = {"terms": ("updates",), "window": ("window", "updates"), "update": ("rate", "updates")}
PANELS = {"terms": ("factors", "sum"), "window": ("window",), "update": ("loss",)}
SIGN = "Descent goes against the gradient: it is subtracted. The lecture’s slide adds it, which would climb."
RATES = np.linspace(-1.0, 1.0, 41)  # of the largest step shown, backwards first
LEAST_RATE = 0.1  # the loss is drawn at least so far to both sides


@dataclass(frozen=True)
class BackReport:
    """What the page shows of the error at step t, sent back as far as step k."""

    run: Run
    own: Back

    @property
    def t(self) -> int:
        """The step whose error is sent back."""
        return min(self.own.step, self.run.T)

    @property
    def k(self) -> int:
        """The step it has reached, 1 to t."""
        return min(self.own.reached, self.t)

    @cached_property
    def factors(self) -> Array:
        """∂h_j/∂h_{j-1} for j = 1..t, (t, H, H)."""
        J: Array = self.run.chain.take(slice(0, self.t))
        return J

    @cached_property
    def products(self) -> Array:
        """∂h_t/∂h_k for k = t..0, (t + 1, H, H): [0] is the identity."""
        found = [np.eye(self.run.weights.H)]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for J in self.factors[::-1]:
                found.append(found[-1] @ J)
        return np.stack(found)

    @cached_property
    def signals(self) -> Array:
        """∂E_t/∂h_k for k = t..1, (t, H)."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            rows: Array = self.run.loss.dE_dh[self.t - 1] @ self.products[: self.t]
        return rows

    @cached_property
    def terms(self) -> Array:
        """The terms of ∂E_t by W or U for k = t..1, (t, H, H or X); by V there is only one, (1, K, H)."""
        h = self.run.trace.s["h"]
        if self.own.matrix == "V":
            return np.asarray(self.run.loss.dE_do[self.t - 1][None, :, None] * h[self.t])
        slope = self.run.trace.partials(self.run.cell)["h"]["a"][: self.t][::-1]
        partner = h[: self.t][::-1] if self.own.matrix == "W" else self.run.trace.x[: self.t][::-1]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return np.asarray((self.signals * slope)[:, :, None] * partner[:, None, :])

    @property
    def added(self) -> int:
        """How many terms are in the running sum, from k = t down to the step reached."""
        return 1 if self.own.matrix == "V" else self.t - self.k + 1

    @cached_property
    def partial(self) -> Array:
        """The sum of the terms from t down to k."""
        return np.asarray(self.terms[: self.added].sum(axis=0))

    @cached_property
    def whole(self) -> Array:
        """∂E_t by the chosen matrix."""
        return np.asarray(self.terms.sum(axis=0))

    def left(self) -> Array:
        """ln‖∂E_t/∂h_k‖ / ‖∂E_t/∂h_t‖ for k = 1..t, (t,)."""
        sizes = log_norm(self.signals)[::-1]
        relative: Array = sizes - (sizes[-1] if np.isfinite(sizes[-1]) else 0.0)
        return relative

    # The window of truncated backpropagation, over all errors

    @property
    def tau(self) -> int:
        """The window τ, 0 to T − 1: how many steps back each error is followed."""
        return min(self.own.window, self.run.T - 1)

    @cached_property
    def norm_share(self) -> Array:
        """‖gradient truncated after τ steps‖ / ‖gradient‖ for τ = 0..T − 1, (T,)."""
        partial = self.run.lag_terms.log_partial
        shares: Array = np.exp(partial - partial[-1]) if np.isfinite(partial[-1]) else np.ones(len(partial))
        return shares

    @cached_property
    def angle(self) -> Array:
        """Degrees between truncated and whole gradient for τ = 0..T − 1, (T,)."""
        degrees: Array = np.degrees(np.arccos(np.clip(self.run.lag_terms.cosine, -1.0, 1.0)))
        return degrees

    # One update

    @cached_property
    def slope(self) -> tuple[Array, Array]:
        """Step sizes α, negative where the gradient is added, and the loss after each; nan beyond 1e150."""
        sizes = RATES * max(self.own.rate, LEAST_RATE)
        return sizes, np.array([self.after(float(size)) for size in sizes])

    def after(self, rate: float) -> float:
        """The loss after one update W − rate ∂E/∂W of all weights."""
        try:
            later = edits.updated(self.run, rate)
        except OverflowError:
            return float("nan")
        return float(later.loss.total()) if later.T == self.run.T else float("nan")

    @cached_property
    def losses(self) -> tuple[float, float, float]:
        """The loss before, after subtracting α times the gradient, and after adding it."""
        return float(self.run.loss.total()), self.after(self.own.rate), self.after(-self.own.rate)

    # Words

    def finding(self) -> str:
        """The page's heading."""
        if self.own.part == "window":
            norm, angle = float(self.norm_share[self.tau]), number(float(self.angle[self.tau]), 2)
            return (
                f"Following each error {steps(self.tau)} back gives {percent(norm)} of the gradient’s norm, "
                f"{angle}° off its direction"
            )
        if self.own.part == "update":
            before, after, added = (number(x, 4) for x in self.losses)
            down = f"Subtracting α times the gradient takes the loss from {before} to {after}"
            return f"{down}; adding it, to {added}"
        if self.own.matrix == "V":
            size = self.norm(self.whole)
            return f"∂E/∂V at step {self.t} needs no way back: one outer product, of norm {size}"
        if self.k == self.t:
            sum_so_far = "its one term is" if self.t == 1 else f"1 of {self.t} terms is"
            return f"At step {self.t} itself the error is whole; {sum_so_far} added"
        size = times(float(self.left()[self.k - 1]))
        way = f"From step {self.t} to step {self.k} the error keeps {size}"
        return f"{way}; {self.added} of {self.t} terms are added"

    @staticmethod
    def norm(M: Array) -> str:
        """A matrix's norm in words."""
        return number(float(np.linalg.norm(M)), 2)

    def equations(self) -> str:
        """Where the gradients come from, with the norms of the present factors under them."""
        t, k = self.t, self.k
        opened = [
            rf"\underbrace{{{slope_of(j, j - 1)}}}_{{{self.size(self.factors[j - 1])}}}"
            for j in range(t, k, -1)
        ]
        if len(opened) > 4:
            opened = [*opened[:2], r"\cdots", opened[-1]]
        product = r"\,".join(opened) or "I"
        way = (
            rf"\sum_{{k=1}}^{{{t}}} \Big(\frac{{\partial E_{{{t}}}}}{{\partial h_{{{t}}}}}"
            rf" \boxed{{{slope_of(t, 'k')}}} \odot \phi'(a_k)\Big)"
        )
        return latex.aligned(
            [
                rf"\frac{{\partial E_{{{t}}}}}{{\partial V}} &= "
                rf"(\hat y_{{{t}}} - y_{{{t}}}) \otimes h_{{{t}}}",
                rf"\frac{{\partial E_{{{t}}}}}{{\partial W}} &= {way} \otimes h_{{k-1}}",
                rf"\frac{{\partial E_{{{t}}}}}{{\partial U}} &= {way} \otimes x_k",
                rf"\boxed{{{slope_of(t, k)}}} &= {product}"
                rf" \quad \text{{of norm }} {self.size(self.products[t - k])}",
                r"W &\leftarrow W - \alpha\, \frac{\partial E}{\partial W} \quad"
                rf"\text{{with }} \alpha = {latex.value(self.own.rate)}",
            ]
        )

    def equations_of_steps(self) -> dict[int, tuple[str]]:
        """{step reached: the equations then} of every step on the way back."""
        own = (replace(self.own, reached=k) for k in range(self.t, 0, -1))
        return {at.reached: (replace(self, own=at).equations(),) for at in own}

    @staticmethod
    def size(M: Array) -> str:
        """A matrix's Frobenius norm in LaTeX."""
        return latex.value(float(np.linalg.norm(M)))

    def factors_alt(self) -> str:
        """The factors in words."""
        sizes = [number(float(np.linalg.norm(J)), 2) for J in self.factors[self.k : self.t]]
        return (
            f"Factors from step {self.t} back to step {self.k}, norms in order of time: "
            f"{', '.join(sizes[:8]) or 'none, 0 steps'}; their product has norm "
            f"{self.norm(self.products[self.t - self.k])}."
        )

    def sum_alt(self) -> str:
        """The running sum in words."""
        return (
            f"The sum of {self.added} terms of the gradient by {self.own.matrix} has norm "
            f"{self.norm(self.partial)}, the whole {self.norm(self.whole)}."
        )

    def window_alt(self) -> str:
        """Window and errors in words."""
        return (
            f"Share of the norm and angle of the truncated gradient for windows 0 to {self.run.T - 1}: "
            f"{percent(float(self.norm_share[0]))} and {number(float(self.angle[0]), 2)} degrees at 0."
        )

    def loss_alt(self) -> str:
        """The losses around the present weights in words."""
        before, after, added = (number(x, 4) for x in self.losses)
        return f"Loss {before} now, {after} after subtracting the gradient, {added} after adding it."

    def tile_alt(self) -> str:
        """How far the error came, for the strip."""
        return f"At step {self.k}: {power(float(self.left()[self.k - 1]))}."

    def table(self) -> dict[str, object]:
        """Term by term: its size, and that of the running sum."""
        sums = np.cumsum(self.terms, axis=0)
        n = len(self.terms)
        return {
            "k": np.arange(self.t, self.t - n, -1),
            "norm_of_term": np.linalg.norm(self.terms, axis=(1, 2)),
            "norm_of_sum": np.linalg.norm(sums, axis=(1, 2)),
        }


def slope_of(t: int | str, k: int | str) -> str:
    """∂h_t/∂h_k in LaTeX."""
    return rf"\frac{{\partial h_{{{t}}}}}{{\partial h_{{{k}}}}}"


def back_report(found: tuple[Run, int], own: Back) -> BackReport:
    """The report of an edited and trained network's error at one step."""
    return BackReport(found[0], own)
