"""One sigmoid unit whose loss has a wall: x_t = w σ(x_{t-1}) + b, x_0 = 0.5, E = (σ(x_50) − 0.7)².

The model of Pascanu, Mikolov and Bengio (2013). Where x_0 sits on the unstable fixed point, on the line
b = 0.5 − σ(0.5) w, it moves neither way; a hair beside it the unit runs off to one side or the other, and the
loss jumps. Distances to that line are kept as numbers of their own: b itself cannot hold them.
"""

from dataclasses import dataclass

import numpy as np

from explorer.activations import ACTIVATIONS
from explorer.arrays import Array, freeze

SIGMOID = ACTIVATIONS["sigmoid"]
X0, TARGET, STEPS = 0.5, 0.7, 50
S0 = float(SIGMOID.phi(np.array(X0)))  # σ(0.5), minus the slope of the wall in the plane of w and b
SLOPE0 = float(SIGMOID.dphi(np.array(X0)))
EQUATIONS = {
    "x": r"w\,\sigma(x_{t-1}) + b,\qquad x_0 = 0.5,\qquad E = (\sigma(x_{50}) - 0.7)^2",
    "step": r"(w, b) \leftarrow (w, b) - \eta\, g\, \min(1,\, \theta/\lVert g\rVert),\qquad "
    r"g = (\partial E/\partial w,\; \partial E/\partial b)",
}


@dataclass(frozen=True)
class Point:
    """The loss and its gradient at some w and b, each (...)."""

    x: Array  # (...), x_50
    loss: Array  # (...)
    dw: Array  # (...)
    db: Array  # (...)

    @property
    def log10_norm(self) -> Array:
        """log₁₀‖(∂E/∂w, ∂E/∂b)‖; −inf where it is exactly zero."""
        with np.errstate(divide="ignore"):
            return np.log10(np.hypot(self.dw, self.db))


def evaluate(w: Array, b: Array) -> Point:
    """The loss at w and b (any shape that broadcasts), and its gradient carried forward with the unit."""
    w, b = np.broadcast_arrays(np.asarray(w, dtype=np.float64), np.asarray(b, dtype=np.float64))
    x, xw, xb = np.full(w.shape, X0), np.zeros(w.shape), np.zeros(w.shape)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for _ in range(STEPS):
            s, back = sigmoid_and_slope(x)
            back *= w
            xw = s + back * xw
            xb = 1.0 + back * xb
            x = w * s + b
        return finished(x, xw, xb)


def sigmoid_and_slope(x: Array) -> tuple[Array, Array]:
    """σ(x) and σ'(x), both to full relative precision, from one exponential."""
    u = np.exp(-np.abs(x))
    once = 1.0 / (1.0 + u)
    slope: Array = u * once * once
    return np.where(x < 0, u, 1.0) * once, slope


def finished(x: Array, xw: Array, xb: Array) -> Point:
    """The loss and its gradient from x_50 and its derivatives by w and b."""
    s, slope = sigmoid_and_slope(x)
    outer = 2.0 * (s - TARGET) * slope
    return Point(x, (s - TARGET) ** 2, outer * xw, outer * xb)


def wall(w: Array) -> Array:
    """b on the cliff line, for any w."""
    return X0 - S0 * w


def growth(w: float) -> float:
    """λ = w σ'(0.5), by which a deviation from the unstable fixed point grows at every step on the line."""
    return w * SLOPE0


def on_the_wall(w: float) -> tuple[float, float]:
    """(∂E/∂w, ∂E/∂b) exactly on the line, in closed form."""
    lam = growth(w)
    terms = STEPS if lam == 1.0 else (lam**STEPS - 1.0) / (lam - 1.0)
    db = 2.0 * (S0 - TARGET) * SLOPE0 * terms
    return S0 * db, db


def beside_the_wall(w: float, distance: Array) -> Point:
    """The loss at b = wall(w) + distance, for distances far below the spacing of float64 around b.

    The deviation y_t = x_t − 0.5 follows y_t = w (σ(0.5 + y) − σ(0.5)) + distance, and the difference of the
    two σ is sinh(y/2) / (2 cosh(x/2) cosh(0.25)), which cancels nothing.
    """
    d = np.asarray(distance, dtype=np.float64)
    y, xw, xb = np.zeros(d.shape), np.zeros(d.shape), np.zeros(d.shape)
    for _ in range(STEPS):
        s, slope = sigmoid_and_slope(X0 + y)
        xw = s + w * slope * xw
        xb = 1.0 + w * slope * xb
        half = np.clip(y / 2.0, -300.0, 300.0)
        difference = np.sinh(half) / (2.0 * np.cosh(half + X0 / 2.0) * np.cosh(X0 / 2.0))
        y = w * difference + d
    return finished(X0 + y, xw, xb)


@dataclass(frozen=True)
class Surface:
    """The loss over a rectangle of w and b."""

    w: Array  # (m,)
    b: Array  # (n,)
    loss: Array  # (n, m)
    log10_norm: Array  # (n, m)


def surface(spacing: float, w: tuple[float, float], b: tuple[float, float]) -> Surface:
    """The loss and the size of its gradient on a grid of that spacing, both ends included."""
    ws, bs = (np.round(np.arange(low, high + spacing / 2, spacing), 9) for low, high in (w, b))
    point = evaluate(ws[None, :], bs[:, None])
    return freeze(Surface(ws, bs, point.loss, point.log10_norm))


def folds(w: float) -> tuple[tuple[float, float], ...]:
    """(x, b) where two fixed points meet, w σ'(x) = 1; none for w <= 4."""
    if w <= 4.0:
        return ()
    root = np.sqrt(1.0 - 4.0 / w)
    found = []
    for s in ((1.0 + root) / 2.0, (1.0 - root) / 2.0):
        x = float(np.log(s / (1.0 - s)))
        found.append((x, x - w * float(s)))
    return tuple(found)


def fixed_points(w: float, x: Array) -> tuple[Array, Array]:
    """The b at which each x is a fixed point, and the slope w σ'(x) there: it attracts below 1."""
    s, slope = sigmoid_and_slope(x)
    return x - w * s, w * slope
