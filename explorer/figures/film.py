"""Films: a bounded stack of pictures, sent once, through which a slider runs in the browser alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Array
from explorer.figures.contrast import rgb
from explorer.figures.parts import LN10
from explorer.figures.strip import Strip
from explorer.figures.theme import Figure, Look
from explorer.reports.gradient_flow import FlowReport
from explorer.reports.matrix_stack import MatrixStack
from explorer.wording import power

MOST_FRAMES = 60  # more steps than this are played by the server, one at a time
SHADES = 255  # colours of a picture, an odd number so that one of them is exactly neutral
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Cursor:
    """A mark that moves over the plot of one panel: its place on the axes for every picture."""

    panel: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Drawn:
    """One panel as it is at one step of playing."""

    title: str
    figure: Figure
    alt: str


@dataclass(frozen=True)
class Frame:
    """The board as it is at one step of playing; panels that are left out stay as they were."""

    strip: Strip
    panels: Mapping[str, Drawn]  # by panel id
    says: str  # the finding of that step


@dataclass(frozen=True)
class Film:
    """Pictures (n, rows, columns) of shade numbers, one for each of n positions of a slider."""

    panel: str  # whose plot the pictures cover while the slider is held
    pictures: Pictures
    shades: tuple[str, ...]  # at most 256, the colour of each shade number
    positions: tuple[float, ...]  # (n,)
    said: tuple[str, ...]  # (n,), what is said of each picture
    cursors: tuple[Cursor, ...]
    extent: tuple[float, ...] = ()  # left, right, top and bottom edge on the axes; () for rows and columns

    def packed(self) -> bytes:
        """The film as the browser reads it: length of the header, header as JSON, pictures."""
        n, rows, columns = self.pictures.shape
        header = {
            "panel": self.panel,
            "shape": [n, rows, columns],
            "shades": self.shades,
            "positions": self.positions,
            "said": self.said,
            "cursors": [asdict(cursor) for cursor in self.cursors],
            "extent": self.extent or (-0.5, columns - 0.5, -0.5, rows - 0.5),
        }
        words = json.dumps(header, ensure_ascii=False).encode()
        return len(words).to_bytes(4, "little") + words + self.pictures.tobytes()


def shades(look: Look) -> tuple[str, ...]:
    """The diverging scale in SHADES steps."""
    places = [place for place, _ in look.diverging]
    channels = np.array([rgb(colour) for _, colour in look.diverging])
    steps = np.linspace(0.0, 1.0, SHADES)
    mixed = np.stack([np.interp(steps, places, channel) for channel in channels.T], axis=1)
    return tuple("#" + bytes(row).hex() for row in np.rint(mixed).astype(np.uint8))


def shaded(values: Array) -> Pictures:
    """Values from −1 to 1 as shade numbers."""
    half = (SHADES - 1) / 2
    return np.rint(half + half * np.clip(values, -1.0, 1.0)).astype(np.uint8)


def pairs_film(look: Look, stack: MatrixStack, report: FlowReport) -> Film:
    """∂h_t/∂h_k for every k before the chosen t, with marks on the map and on the curve by lag."""
    k = tuple(float(step) for step in stack.k)
    lag = stack.t - stack.k
    decades = report.row[lag] / LN10
    heights = np.where(np.isfinite(decades), decades, -1e6)
    return Film(
        panel="matrix",
        pictures=shaded(stack.matrices),
        shades=shades(look),
        positions=k,
        said=tuple(power(float(ln)) for ln in report.row[lag]),
        cursors=(
            Cursor("map", k, (float(stack.t),) * len(k)),
            Cursor("lag", tuple(float(n) for n in lag), tuple(float(y) for y in heights)),
        ),
    )
