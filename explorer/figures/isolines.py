"""Lines of equal value through a grid, as the straight pieces in which they cross its cells."""

from collections.abc import Sequence

import numpy as np

from explorer.arrays import Array, Flags, Integers

# A cell's corners are (row, column) + CORNERS, in turn; its side i runs from corner i to the next one.
CORNERS = ((0, 0), (0, 1), (1, 1), (1, 0))
DASHES = 70  # to the side of the grid: how often a dashed line begins anew


def isolines(z: Array, level: float) -> Array:
    """The pieces of the line at `level` through the values z (rows, columns): (pieces, 2 ends, x and y).

    Positions are in rows and columns; a cell with a corner that is nan has no line.
    """
    above, known = at_corners(z > level), at_corners(np.isfinite(z)).all(axis=0)
    crossed = (above != np.roll(above, -1, axis=0)) & known
    cells = np.argwhere(crossed.any(axis=0))
    corners = np.stack([z[tuple((cells + corner).T)] for corner in CORNERS])
    crossed = crossed[:, *cells.T]
    sides = np.argsort(~crossed, axis=0, kind="stable")
    saddle = crossed.all(axis=0)  # two of its corners are cut off
    return np.concatenate(
        [
            joined(cells, corners, level, sides[:2]),
            joined(cells[saddle], corners[:, saddle], level, sides[2:, saddle]),
        ]
    )


def at_corners(values: Flags) -> Flags:
    """What holds at the four corners of every cell, from what holds at the points of a grid."""
    rows, columns = values.shape
    return np.stack([values[i : rows - 1 + i, j : columns - 1 + j] for i, j in CORNERS])


def joined(cells: Integers, corners: Array, level: float, sides: Integers) -> Array:
    """The pieces between the crossings of two sides (2, n) of n cells: (n, 2 ends, x and y)."""
    return np.stack([on_side(corners, level, side) + cells[:, ::-1] for side in sides], axis=1)


def on_side(corners: Array, level: float, side: Integers) -> Array:
    """Where sides are crossed, by linear interpolation, as x and y within their cells: (cells, 2)."""
    cells, after = np.arange(corners.shape[1]), (side + 1) % 4
    begin, end = corners[side, cells], corners[after, cells]
    share = (level - begin) / (end - begin)
    places = np.array(CORNERS, dtype=np.float64)[:, ::-1]
    found: Array = places[side] + share[:, None] * (places[after] - places[side])
    return found


def dashed(pieces: Array, size: int) -> Array:
    """Every other stretch of a line through a grid of so many rows; the gaps run across its main diagonal."""
    cells = np.floor(pieces.mean(axis=1)).sum(axis=1)
    kept: Array = pieces[(cells // max(1, round(size / DASHES))) % 2 == 0]
    return kept


def broken(lines: Sequence[Array]) -> tuple[Array, Array]:
    """x and y of all pieces as one line with gaps (nan) between them."""
    pieces = np.concatenate(lines)
    gaps = np.full((len(pieces), 1, 2), np.nan)
    points = np.concatenate([pieces, gaps], axis=1).reshape(-1, 2)
    return points[:, 0], points[:, 1]
