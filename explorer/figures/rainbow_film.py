"""The rainbow at every checkpoint of a run, for a slider in the browser alone."""

import numpy as np

from explorer.figures.contrast import mixed
from explorer.figures.film import Cursor, Film, Pictures
from explorer.figures.rainbow import FADED, colours, piles, span
from explorer.figures.theme import Look
from explorer.itemised import Itemised
from explorer.reports.rainbow import MOST, RainbowReport, reach

ROWS = 200  # pixels from the bottom of a picture to its top


def film(look: Look, report: RainbowReport) -> Film:
    """The stack at every checkpoint as pictures, for a slider in the browser alone."""
    pictures, (low, high) = report.run.snapshots, span(report)
    k = report.sources
    every = float(k[1] - k[0]) if len(k) > 1 else 1.0
    inks = colours(look, report)
    if report.group is not None:
        inks = [ink if g == report.group else mixed(((0.0, look.background), (1.0, ink)), 2 * FADED)
                for g, ink in enumerate(inks)]  # fmt: skip
    return Film(
        panel="rainbow",
        pictures=np.stack([painted(s.items, report, low, high) for s in pictures]),
        shades=(look.background, *(ink.lower() for ink in inks)),
        positions=tuple(float(i) for i in range(len(pictures))),
        said=tuple(f"update {s.update:,}" for s in pictures),
        cursors=(
            Cursor(
                "distance",
                tuple(float(reach(s.items)) for s in pictures),
                (100 * MOST,) * len(pictures),
            ),
        ),
        extent=(float(k[0]) - every / 2, float(k[-1]) + every / 2, high, low),
    )


def painted(items: Itemised, report: RainbowReport, low: float, high: float) -> Pictures:
    """The stack as shade numbers (ROWS, n): 0 for the background, g + 1 for loss g; empty where T differs."""
    picture = np.zeros((ROWS, len(report.sources)), np.uint8)
    if items.T != report.items.T:
        return picture
    up, down = piles(items, report.sources)
    heights = high - (np.arange(ROWS) + 0.5) * (high - low) / ROWS
    for sign, pile in ((1, up), (-1, -down)):
        rows = sign * heights > 0
        for column in range(len(report.sources)):
            over = np.searchsorted(pile[:, column], sign * heights[rows])
            picture[rows, column] = np.where(over < len(pile), over + 1, 0)
    return picture
