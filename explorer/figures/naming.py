"""Names on a log axis: its bands' in a corner that the curves leave free, and its curves' beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.arrays import Array
from explorer.figures.parts import LN10, Scale, band_names, label
from explorer.figures.placing import Box, beside
from explorer.figures.theme import Look

PLACES = 241  # along the plot, at which the curves' heights are looked at
LETTER = 0.027, 0.1  # width and height of one letter in a narrow panel, as shares of the plot
BAND = 0.25, 0.13  # the same of a band's name
RULE = 0.014  # half the room that a straight line takes, as a share of the plot
FAINT = 0.02  # a name rather crosses a straight line than a curve


@dataclass(frozen=True)
class Named:
    """A curve and its name: places x (n,), ln sizes (n,), lines of text, colour."""

    x: Array
    ln: Array
    text: tuple[str, ...]
    colour: str

    def size(self) -> tuple[float, float]:
        """Width and height of the name."""
        return LETTER[0] * max(map(len, self.text)), LETTER[1] * len(self.text)


@dataclass(frozen=True)
class Plot:
    """A plot with a log axis: its scale, and the ends of its other axis."""

    scale: Scale
    ends: tuple[float, float]

    def heights(self, x: Array, ln: Array) -> Array:
        """A curve's height as a share of the plot's, (PLACES,), held where it begins and ends."""
        low, high = self.scale.low, self.scale.high
        decades = np.clip(np.nan_to_num(ln / LN10, neginf=low, posinf=high), low, high)
        return np.asarray(np.interp(np.linspace(*self.ends, PLACES), x, (decades - low) / (high - low)))


def names(look: Look, plot: Plot, curves: Sequence[Named], marked: float) -> list[dict[str, Any]]:
    """The bands' names and the curves', on no curve, not on the line at 1 and not on the one at `marked`."""
    lines = [plot.heights(curve.x, curve.ln) for curve in curves]
    made, taken = corners(look, plot.scale, lines)
    (left, right), (low, high) = plot.ends, (plot.scale.low, plot.scale.high)
    mark = (marked - left) / (right - left)
    one = -low / (high - low)
    taken += [Box(mark - RULE, 0.0, 2 * RULE, 1.0, FAINT), Box(0.0, one - RULE, 1.0, 2 * RULE, FAINT)]
    for i, curve in enumerate(curves):
        box = beside(lines, i, curve.size(), taken)
        taken.append(box)
        x, y = left + (box.left + box.width / 2) * (right - left), box.bottom + box.height / 2
        made.append(
            label(look, "<br>".join(curve.text), x, low + y * (high - low), curve.colour, xanchor="center",
                  yanchor="middle")
        )  # fmt: skip
    return made


def corners(look: Look, scale: Scale, lines: Sequence[Array]) -> tuple[list[dict[str, Any]], list[Box]]:
    """The bands' names and the room they take, on the right where curves run through the left corner."""
    made, taken = [], []
    across = round(BAND[0] * PLACES)
    for word in band_names(look, scale.low, scale.high):
        bottom = 0.0 if word["yanchor"] == "bottom" else 1.0 - BAND[1]
        left, right = (
            sum(int(((line[part] > bottom - 0.02) & (line[part] < bottom + BAND[1] + 0.02)).sum())
                for line in lines)
            for part in (slice(0, across), slice(-across, None))
        )  # fmt: skip
        moved = {"x": 0.988, "xanchor": "right"} if left > right else {}
        made.append({**word, **moved})
        taken.append(Box(1.0 - BAND[0] if moved else 0.0, bottom, *BAND))
    return made, taken
