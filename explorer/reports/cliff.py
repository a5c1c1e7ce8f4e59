"""What the cliff does to gradient descent, with and without clipping, and how thin its wall is."""

from dataclasses import dataclass, replace

import numpy as np

from explorer import cliff, descent
from explorer.arrays import Array, freeze
from explorer.cliff import Surface
from explorer.descent import SPACING, B, Descent, Path, W
from explorer.wording import number, steps, ten_to

NAMES = ("without clipping", "clipped")
FINEST, COARSEST = -18, 0  # log₁₀ of the distances to the wall that the close-up shows
THROW = 2.0  # a step so many times longer than any clipped one is called a throw

READY = {
    "Over the cliff, or clipped": (
        Descent(),
        "One unclipped step of 3.6 ends the descent on a plateau; clipped at 0.1 it finds the valley.",
    ),
    "One clipped step is enough": (
        Descent(cliff_threshold=1.0),
        "A threshold of 1 shortens one step of a hundred, the one that would have left the valley.",
    ),
    "A threshold too high": (
        Descent(cliff_threshold=10.0),
        "A threshold of 10 never engages: the clipped descent is thrown out as well.",
    ),
    "The longest throw": (
        Descent(start_b=-2.2, cliff_rate=0.2),
        "Close to the valley from the start, and one step of 13.8 leaves it for good.",
    ),
    "Decided by rounding": (
        Descent(start_w=5.0, start_b=-2.5, cliff_rate=0.1, cliff_threshold=1.0),
        "Both descents touch the wall again and again: the last digit of the start decides their ends.",
    ),
}


@dataclass(frozen=True)
class CloseUp:
    """The gradient along b across the wall, at one w."""

    w: float
    distance: Array  # (n,), from the wall, ascending, symmetric
    log10_norm: Array  # (n,)
    loss: Array  # (n,)
    map_distance: Array  # (m,), the map's own points at this w
    map_log10_norm: Array  # (m,)

    @property
    def peak(self) -> float:
        """log₁₀ of the largest gradient."""
        return float(self.log10_norm.max())

    @property
    def seen(self) -> float:
        """log₁₀ of the largest gradient on a point of the map."""
        return float(self.map_log10_norm.max())

    @property
    def width(self) -> float:
        """log₁₀ of the width of the strip where the gradient is at least a tenth of its largest."""
        inside = self.distance[self.log10_norm >= self.peak - 1.0]
        return float(np.log10(max(inside.max() - inside.min(), 10.0**FINEST)))


@dataclass(frozen=True)
class Origin:
    """Fixed points of the unit over b at one w, and where x_0 = 0.5 has gone after 50 steps."""

    w: float
    x: Array  # (n,)
    b: Array  # (n,), at which x is a fixed point
    slope: Array  # (n,), w σ'(x): below 1 the fixed point attracts
    folds: tuple[tuple[float, float], ...]  # (x, b)
    bs: Array  # (m,)
    last: Array  # (m,), x_50
    wall: float


@dataclass(frozen=True)
class CliffReport:
    """What the cliff page shows."""

    d: Descent
    surface: Surface
    plain: Path
    clipped: Path
    close_up: CloseUp
    origin: Origin

    @property
    def paths(self) -> dict[str, Path]:
        """The two descents by name."""
        return dict(zip(NAMES, (self.plain, self.clipped), strict=True))

    @property
    def height(self) -> Array:
        """What the map shows, (n, m)."""
        return self.surface.loss if self.d.cliff_surface == "loss" else self.surface.log10_norm

    def heights(self, path: Path) -> Array:
        """The same along a path, (steps + 1,)."""
        return path.loss if self.d.cliff_surface == "loss" else path.log10_norm

    def chance(self) -> dict[str, int]:
        """{name of a descent whose end rounding decides: the step at which its companions part}."""
        found = {name: path.chance_from for name, path in self.paths.items() if path.ends_by_chance}
        return {name: step for name, step in found.items() if step is not None}

    def finding(self) -> str:
        """What happened on these two paths."""
        threshold = number(self.d.cliff_threshold)
        ends = [number(float(p.loss[-1]), 2) for p in self.paths.values()]
        if not self.d.cliff_steps:
            norm = number(10.0 ** self.plain.log10_norm[0])
            return f"At the start the loss is {ends[0]} and its gradient {norm}: no step taken yet"
        if self.chance():
            return self.chance_words()
        if not self.clipped.engaged:
            return (
                f"No gradient on the way exceeds {threshold}: clipping never engages, and both descents "
                f"end at a loss of {ends[0]}"
            )
        longest, count = float(self.plain.lengths.max()), self.clipped.engaged
        worse = self.plain.loss[-1] > self.clipped.loss[-1]
        if worse and self.plain.crossings and longest > THROW * float(self.clipped.lengths.max()):
            return (
                f"Unclipped, one step of {number(longest)} ends the descent at a loss of {ends[0]}; with "
                f"{steps(count)} of {self.d.cliff_steps} clipped it reaches {ends[1]}"
            )
        return (
            f"Unclipped, {steps(self.d.cliff_steps)} end at a loss of {ends[0]}; with {count} clipped "
            f"to {threshold}, at {ends[1]}"
        )

    def chance_words(self) -> str:
        """Which of the two ends is decided by rounding, and by how much."""
        found = self.chance()
        away, first = max(float(self.paths[name].apart[-1]) for name in found), min(found.values())
        ends = f"10⁻¹², part{{}} at step {first} and end{{}} {number(away, 2)} away"
        if len(found) == 2:
            return f"Rounding decides where both descents end: moved by {ends.format('', '')}"
        which = "clipped" if "clipped" in found else "unclipped"
        return f"Rounding decides where the {which} descent ends: moved by {ends.format('s', 's')}"

    def thin(self) -> str:
        """How much of the wall a map can show."""
        c = self.close_up
        return (
            f"The wall is thinner than the map’s grid: at w = {number(c.w)} its gradient reaches "
            f"{power_of(c.peak)} on a strip {power_of(c.width)} wide, while the map’s points stand "
            f"{SPACING:g} apart and see {power_of(c.seen)}. Click the map to start elsewhere."
        )

    def map_alt(self) -> str:
        """The map in words."""
        shown = descent.HEIGHTS[self.d.cliff_surface]
        return f"Map of the {shown} over w and b with the cliff line and both descents. {self.finding()}."

    def close_up_alt(self) -> str:
        """The close-up in words."""
        return f"Gradient across the cliff over the distance to it, symmetric-log. {self.thin()}"

    def steps_alt(self) -> str:
        """The course of both descents in words."""
        told = [
            f"{name}: loss {number(p.loss[0])} to {number(p.loss[-1])}, longest step "
            f"{number(float(p.lengths.max(initial=0.0)))}"
            for name, p in self.paths.items()
        ]
        return f"Loss and size of the gradient at every step; {'; '.join(told)}."

    def origin_alt(self) -> str:
        """The bifurcation diagram in words."""
        o = self.origin
        folds = " and ".join(number(b, 7) for _, b in o.folds)
        return (
            f"Fixed points of the unit over b at w = {number(o.w)}: two attracting branches with folds at "
            f"b = {folds}; x₀ = 0.5 lies on the repelling one at b = {number(o.wall, 4)}, where x₅₀ jumps."
        )

    def table(self) -> dict[str, Array]:
        """Both descents as columns."""
        columns = {"step": np.arange(len(self.plain.w), dtype=np.float64)}
        for name, path in self.paths.items():
            columns |= {
                f"w {name}": path.w, f"b {name}": path.b, f"E {name}": path.loss,
                f"log10 gradient {name}": path.log10_norm, f"clipping factor {name}": path.factor,
                f"companions apart {name}": path.apart,
            }  # fmt: skip
        return columns


def power_of(log10: float) -> str:
    """A size of 10**log10 in words: "26", "1.6 × 10⁷" as "10⁷"."""
    return number(10.0**log10, 2) if -2 <= log10 < 4 else ten_to(round(log10))


def whole_surface() -> Surface:
    """The surface over the whole drawn part of the plane."""
    return cliff.surface(SPACING, W, B)


def network(d: Descent) -> Descent:
    """The setting with all that the descents do not depend on at its default; their length rounded up."""
    known = Descent()
    return replace(d, cliff_surface=known.cliff_surface, wall_w=known.wall_w,
                   cliff_steps=descent.rounded_up(d.cliff_steps))  # fmt: skip


def both(d: Descent) -> tuple[Path, Path]:
    """Both descents to at least the steps asked for."""
    return descent.paths((d.start_w, d.start_b), d.cliff_rate, d.cliff_threshold, d.cliff_steps)


def cliff_report(d: Descent, surface: Surface, whole: tuple[Path, Path]) -> CliffReport:
    """The report of one setting, from the surface and the descents that may be longer than asked for."""
    plain, clipped = (path.upto(d.cliff_steps) for path in whole)
    return freeze(CliffReport(d, surface, plain, clipped, close_up(d.wall_w, surface.b), origin(d.wall_w)))


def close_up(w: float, bs: Array) -> CloseUp:
    """The gradient on both sides of the wall, and at the map's own points."""
    one_side = np.logspace(FINEST, COARSEST, 20 * (COARSEST - FINEST) + 1)
    distance = np.concatenate([-one_side[::-1], [0.0], one_side])
    fine, coarse = cliff.beside_the_wall(w, distance), cliff.evaluate(np.array(w), bs)
    away = bs - cliff.wall(np.array(w))
    near = np.abs(away) <= 10.0**COARSEST
    return CloseUp(w, distance, fine.log10_norm, fine.loss, away[near], coarse.log10_norm[near])


def origin(w: float) -> Origin:
    """The bifurcation diagram at w around the wall."""
    x = np.linspace(-7.0, 8.0, 601)
    b, slope = cliff.fixed_points(w, x)
    at = float(cliff.wall(np.array(w)))
    bs = np.linspace(at - 1.5, at + 1.5, 401)
    return Origin(w, x, b, slope, cliff.folds(w), bs, cliff.evaluate(np.array(w), bs).x, at)
