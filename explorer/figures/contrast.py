"""Colours as numbers: mixing, contrast, and a look whose every word can be read from the last row."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.figures.theme import DARK, LIGHT, Look

INK, PAPER = "#14181D", "#FFFFFF"  # letters on a fill
ENHANCED = 7.0  # contrast of text that WCAG 2 asks for at level AAA


def mixed(scale: Sequence[tuple[float, str]], place: float) -> str:
    """The colour at a place from 0 to 1 of a colour scale; the ends' own beyond."""
    places = [stop for stop, _ in scale]
    channels = np.array([rgb(colour) for _, colour in scale])
    found = [round(float(np.interp(place, places, channels[:, i]))) for i in range(3)]
    return "#" + "".join(f"{channel:02X}" for channel in found)


def rgb(colour: str) -> tuple[int, int, int]:
    """The three channels of #RRGGBB, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """The relative luminance of #RRGGBB, 0 to 1, as WCAG 2 defines it."""
    c = np.array(rgb(colour)) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrasting(fill: str) -> str:
    """Black or white, whichever reads better on the fill."""
    dark, light, between = luminance(INK), luminance(PAPER), luminance(fill) + 0.05
    return PAPER if (light + 0.05) / between > between / (dark + 0.05) else INK


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours #RRGGBB, 1 to 21, as WCAG 2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def grounds(look: Look) -> tuple[str, ...]:
    """What words stand on in a figure: the background, and the two bands over it."""
    return (look.background, over(look.vanish, look.background), over(look.explode, look.background))


def over(veil: str, background: str) -> str:
    """The colour of a veil "rgba(r,g,b,opacity)" over a background #RRGGBB."""
    *channels, opacity = (float(part) for part in veil.removeprefix("rgba(").rstrip(")").split(","))
    veiled = "#" + "".join(f"{round(channel):02X}" for channel in channels)
    return mixed(((0.0, background), (1.0, veiled)), opacity)


def readable(look: Look, colour: str) -> str:
    """The colour with just as much ink in it as makes it readable at ENHANCED contrast."""
    steps = (mixed(((0.0, colour), (1.0, look.ink)), share) for share in np.linspace(0.0, 1.0, 41))
    return next(c for c in steps if all(contrast(c, ground) >= ENHANCED for ground in grounds(look)))


def strong(look: Look) -> Look:
    """The look of the lecture view: every colour that words may have is readable at ENHANCED contrast."""
    return replace(
        look,
        muted=readable(look, look.muted),
        cells={name: readable(look, colour) for name, colour in look.cells.items()},
        symbols={name: readable(look, colour) for name, colour in look.symbols.items()},
        accents=tuple(readable(look, colour) for colour in look.accents),
        threshold=readable(look, look.threshold),
        vanish_ink=readable(look, look.vanish_ink),
        explode_ink=readable(look, look.explode_ink),
    )


STRONG_LIGHT, STRONG_DARK = strong(LIGHT), strong(DARK)
