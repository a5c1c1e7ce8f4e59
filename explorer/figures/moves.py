"""Films of figures: what a slider moves in them, sent once for all its positions.

Only what moves is sent. The browser puts it into the figures that it has, and draws them as any other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.figures.parts import typed
from explorer.figures.theme import Figure

Moving = Mapping[str, Any]  # a path in a figure, as "layout.shapes.0.y0", -> what stands there
LEVELS = 65_534  # heights of a curve are told in so many parts of their range; the next number is "no value"
Heights = NDArray[np.uint16]


@dataclass(frozen=True)
class Moment:
    """A board as it is at one position of a slider."""

    finding: str
    said: str  # what is said of the position beside its number
    panels: Mapping[str, Moving]  # by panel id


@dataclass(frozen=True)
class Moves:
    """What a slider moves in the figures of a board, packed: words and single numbers, and all curves."""

    header: str
    heights: Heights  # of every curve that moves, for one position after the other

    def packed(self) -> bytes:
        """The film as the browser reads it: length of the header, header as JSON, heights."""
        words = self.header.encode()
        return len(words).to_bytes(4, "little") + words + self.heights.astype("<u2").tobytes()


def moved(figure: Figure, moving: Moving) -> Figure:
    """The figure with its moving parts where they belong; it is changed itself."""
    for path, value in moving.items():
        *way, last = path.split(".")
        part: Any = figure
        for step in way:
            part = part[int(step) if step.isdecimal() else step]
        part[last] = typed(value) if isinstance(value, np.ndarray) else value
    return figure


def moves(positions: Sequence[float], moments: Sequence[Moment]) -> Moves:
    """The film of these moments, one for each position; the same parts of the same panels move in all."""
    tracks, stacks, at = [], [np.zeros(0, np.uint16)], 0
    for panel, first in moments[0].panels.items():
        for path, sample in first.items():
            values = [moment.panels[panel][path] for moment in moments]
            track = {"panel": panel, "path": path.split(".")}
            if isinstance(sample, np.ndarray):
                heights, low, high = levels(np.stack(values))
                tracks.append({**track, "from": at, "size": sample.size, "low": low, "high": high})
                stacks.append(heights.ravel())
                at += heights.size
            else:
                tracks.append({**track, "values": values})
    header = {
        "positions": list(positions),
        "said": [moment.said for moment in moments],
        "findings": [moment.finding for moment in moments],
        "levels": LEVELS,
        "tracks": tracks,
    }
    return Moves(json.dumps(header, ensure_ascii=False), np.concatenate(stacks))


def levels(values: NDArray[np.floating]) -> tuple[Heights, float, float]:
    """Values as whole parts of their range from low to high, and that range; nan becomes LEVELS + 1."""
    there = np.isfinite(values)
    low, high = (float(end(values, where=there, initial=0.0)) for end in (np.min, np.max))
    share = np.where(there, values - low, 0.0) / ((high - low) or 1.0)
    return np.where(there, np.rint(LEVELS * share), LEVELS + 1).astype(np.uint16), low, high
