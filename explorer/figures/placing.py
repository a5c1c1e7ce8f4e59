"""Where a line's name may stand: beside its own line, on no line and on no other word."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array

LEFTS, BOTTOMS = 25, 49  # places tried along and up the plot
CLEAR = 0.02  # of the plot's height that stays free between a name and a line


@dataclass(frozen=True)
class Box:
    """A rectangle as shares of a plot's width and height, from the lower left corner."""

    left: float
    bottom: float
    width: float
    height: float
    weight: float = 1.0  # how much a name keeps off it, against the height it shares with a line


def beside(lines: Sequence[Array], own: int, size: tuple[float, float], taken: Sequence[Box]) -> Box:
    """The box of a size nearest to line `own` that no line crosses and that meets none of those taken.

    Each line is its heights (n,) at places evenly along the plot, as shares of the plot's height. Of all
    free places those nearer to the own line than to any other come first; where none is free, the one
    with least of the lines in it.
    """
    width, height = min(size[0], 1.0), size[1]
    lefts, bottoms = np.linspace(0.0, 1.0 - width, LEFTS), np.linspace(0.0, 1.0 - height, BOTTOMS)
    gaps = np.stack([gap(line, lefts, width, bottoms, height) for line in lines])
    crossed = np.maximum(CLEAR - gaps, 0.0).sum(axis=0)
    for box in taken:
        across = (box.left < lefts + width) & (lefts < box.left + box.width)
        up = (box.bottom < bottoms + height) & (bottoms < box.bottom + box.height)
        crossed += box.weight * (across[:, None] & up)
    elsewhere = gaps[own] > np.delete(gaps, own, axis=0).min(axis=0, initial=np.inf)
    best = np.lexsort((gaps[own].ravel(), elsewhere.ravel(), crossed.ravel()))[0]
    i, j = divmod(int(best), BOTTOMS)
    return Box(float(lefts[i]), float(bottoms[j]), width, height)


def gap(line: Array, lefts: Array, width: float, bottoms: Array, height: float) -> Array:
    """The free height between a line and a box at every place, (LEFTS, BOTTOMS); below 0 where they meet."""
    last = len(line) - 1
    first, end = np.floor(lefts * last).astype(int), np.ceil((lefts + width) * last).astype(int)
    under = [line[a : b + 1] for a, b in zip(first, end, strict=True)]
    low, high = (np.array([pick(part) for part in under])[:, None] for pick in (np.min, np.max))
    return np.asarray(np.maximum(bottoms - high, low - bottoms - height))
