"""The embedded Reber grammar (Hochreiter & Schmidhuber 1997, experiment 1): B, then T or P, then a string
of Reber's grammar, then the same T or P again, then E. Only the last but one symbol needs memory."""

import numpy as np

from explorer.arrays import Array, Integers

SYMBOLS = ("B", "T", "P", "S", "X", "V", "E")
ARCS = (  # state -> ((symbol, next state), (symbol, next state)); both with probability 1/2
    (("T", 1), ("P", 2)),
    (("S", 1), ("X", 3)),
    (("T", 2), ("V", 4)),
    (("X", 2), ("S", 5)),
    (("P", 3), ("V", 5)),
)
END = 5  # the grammar's last state: E follows for certain
AROUND = 6  # symbols beside those of the arcs: B, T or P, B ... E, T or P, E
SHORTEST = 3  # arcs of the shortest inner string, TXS or PVV; with AROUND the shortest sequence has 9


def walks(rng: np.random.Generator, most: int, count: int) -> list[list[int]]:
    """So many inner strings of at most `most` arcs, as symbols; longer ones are thrown away."""
    found: list[list[int]] = []
    while len(found) < count:
        string: list[int] = []
        state = 0
        while state != END and len(string) < most:
            symbol, state = ARCS[state][int(rng.integers(2))]
            string.append(SYMBOLS.index(symbol))
        if state == END:
            found.append(string)
    return found


def strings(rng: np.random.Generator, T: int, count: int) -> tuple[Integers, Integers]:
    """Sequences of at most T + 1 symbols, E repeated after the end (T + 1, count), and their lengths."""
    first = rng.integers(1, 3, count)
    tokens, lengths = np.full((T + 1, count), SYMBOLS.index("E")), np.empty(count, np.int64)
    for i, inner in enumerate(walks(rng, T + 1 - AROUND, count)):
        whole = [0, int(first[i]), 0, *inner, 6, int(first[i]), 6]
        tokens[: len(whole), i], lengths[i] = whole, len(whole)
    return tokens, lengths


def arcs(most: int) -> Array:
    """Probability of an inner string of n arcs, n = 0..most, among those of at most `most`, (most + 1,)."""
    reach = np.zeros((most + 1, END + 1))
    reach[0, 0] = 1.0
    for n in range(most):
        for state, ways in enumerate(ARCS):
            for _, following in ways:
                reach[n + 1, following] += 0.5 * reach[n, state]
    ended: Array = reach[:, END] / reach[:, END].sum()
    return ended


def mean_arcs(T: int) -> float:
    """The mean number of arcs of the inner string, each of which is a choice between two symbols."""
    probability = arcs(T + 1 - AROUND)
    return float(probability @ np.arange(len(probability)))
