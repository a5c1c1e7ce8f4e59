"""The rank that the zeros of a matrix certify, whatever its other entries are.

Zeros are exact where everything else is rounded. If all non-zero entries lie in r rows and columns, no more
than r singular values can differ from zero; and the fewest such lines are as many as the most non-zero
entries of which no two share a line (König 1931), which are found by matching rows with columns.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Array


def narrowed(M: Array) -> tuple[Array, ...]:
    """M (m, n) as two factors, first applied first, that meet in as few dimensions as lines cover M.

    M alone where only whole rows and columns of zeros lower its rank, or nothing does.
    """
    filled = M != 0
    if filled.all() or (len(M) == M.shape[1] and filled.diagonal().all()):
        return (M,)
    rows, columns = covering_lines(filled)
    if np.count_nonzero(rows) + np.count_nonzero(columns) >= min(filled.any(1).sum(), filled.any(0).sum()):
        return (M,)
    first = np.concatenate([M[rows], np.eye(M.shape[1])[columns]])
    rest = np.where(rows[:, None], 0.0, M[:, columns])
    return first, np.concatenate([np.eye(len(M))[:, rows], rest], axis=1)


def covering_lines(filled: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The fewest rows (m,) and columns (n,) that hold every entry of `filled` (m, n)."""
    matching = Matching.of(filled)
    reached_rows, reached_columns = matching.reached(matching.single)
    rows, columns = (np.zeros(n, np.bool_) for n in filled.shape)
    rows[list(matching.columns)] = True
    rows[reached_rows] = False
    columns[reached_columns] = True
    return rows, columns


@dataclass
class Matching:
    """Rows and columns in pairs that share an entry, as many as there can be."""

    entries: list[int]  # each row as one number, whose bit j says whether it has an entry in column j
    columns: dict[int, int] = field(default_factory=dict)  # row -> its column
    rows: dict[int, int] = field(default_factory=dict)  # column -> its row
    single: list[int] = field(default_factory=list)  # rows without a column

    @classmethod
    def of(cls, filled: NDArray[np.bool_]) -> "Matching":
        """The largest matching of `filled` (m, n)."""
        packed = np.packbits(filled, axis=1, bitorder="little")
        matching = cls([int.from_bytes(row.tobytes(), "little") for row in packed])
        for row in range(len(filled)):
            matching.add(row)
        return matching

    def add(self, row: int) -> None:
        """Find a column for one more row, others moving to other columns where they must."""
        came = self.search([row])
        last = next(reversed(came), None)
        if last is None or last in self.rows:
            self.single.append(row)
            return
        while True:
            mover = came[last]
            left = self.columns.get(mover)
            self.columns[mover], self.rows[last] = last, mover
            if left is None:
                return
            last = left

    def reached(self, starts: list[int]) -> tuple[list[int], list[int]]:
        """Rows and columns on the alternating ways from some rows."""
        came = self.search(starts)
        return [*starts, *(self.rows[j] for j in came if j in self.rows)], list(came)

    def search(self, starts: list[int]) -> dict[int, int]:
        """Column -> the row it was reached from, breadth first, up to the first that is free, if any is."""
        came: dict[int, int] = {}
        unseen, waiting = -1, list(starts)
        for row in waiting:
            fresh = self.entries[row] & unseen
            unseen &= ~fresh
            while fresh:
                column = fresh.bit_length() - 1
                fresh ^= 1 << column
                came[column] = row
                if column not in self.rows:
                    return came
                waiting.append(self.rows[column])
        return came
