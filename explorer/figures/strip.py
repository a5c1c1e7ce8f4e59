"""The unrolled network: one circle per step, edges as wide and as coloured as the gradient they carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.arrays import Array
from explorer.figures.contrast import contrasting, mixed
from explorer.figures.theme import DECADES, Look
from explorer.wording import power

MOST_SHOWN = 20  # steps drawn; more are folded with an explicit "…"
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class Node:
    """One step as drawn."""

    step: int  # −1 stands for the steps folded away
    token: str
    value: str  # the number under it
    fill: str
    text: str  # the colour of a letter on the fill
    width: float  # of the edge to the next step, 0 to 1
    edge: str  # the colour of that edge
    bold: bool


@dataclass(frozen=True)
class Row:
    """One network's steps, where a strip holds several."""

    name: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Strip:
    """The whole strip, and its text alternative."""

    nodes: tuple[Node, ...]
    alt: str
    picked: int  # the step drawn with a heavy rim
    rows: tuple[Row, ...] = ()  # several networks reading the same tokens; `nodes` are the first one's
    player: str = ""  # what the next step will do, for buttons that step and play; "" for none
    start: int = 1  # where playing begins
    end: int = 0  # where it ends; 0 for the last step


def folded(T: int, keep: Sequence[int]) -> list[int]:
    """The steps 1..T to draw, −1 for a gap: all up to MOST_SHOWN, else both ends and those of `keep`."""
    if T <= MOST_SHOWN:
        return list(range(1, T + 1))
    wanted = {1, 2, 3, *range(T - 5, T + 1)}
    for step in keep:
        wanted |= set(range(max(1, step - 1), min(T, step + 1) + 1))
    chosen: list[int] = []
    for step in sorted(wanted):
        if chosen and step > chosen[-1] + 1:
            chosen.append(-1)
        chosen.append(step)
    return chosen


def strip(look: Look, tokens: Sequence[str], ln: Array, picked: int, *, bold: Sequence[int] = ()) -> Strip:
    """The strip of tokens read at steps 1..T with the sizes ln (T,), natural log, that reach each of them.

    `picked` is the step with a heavy rim, `bold` names further steps to stress.
    """
    T = len(ln)
    nodes = [
        node(look, tokens, ln, step, bold=step in bold or step == picked)
        for step in folded(T, (picked, *bold))
    ]
    least, most = int(np.argmin(ln)) + 1, int(np.argmax(ln)) + 1
    ends = [f"{tokens[step - 1]} at step {step}: {power(float(ln[step - 1]))}" for step in (most, least)]
    alt = f"Unrolled network of {T} steps. Largest, {ends[0]}; smallest, {ends[1]}."
    return Strip(tuple(nodes), alt, picked)


def lanes(look: Look, tokens: Sequence[str], sizes: Mapping[str, Array], picked: int) -> Strip:
    """A strip of several networks over tokens read at steps 1..T, the T + 1st the one asked for at the end.

    `sizes` are {name: ln of what reaches each step (T,)}.
    """
    strips = {name: strip(look, tokens, ln, picked) for name, ln in sizes.items()}
    asked = Node(-1, f"{tokens[-1]}?", "", look.background, look.ink, 0.0, look.muted, True)
    rows = tuple(Row(name, (*one.nodes, asked)) for name, one in strips.items())
    alt = " ".join(f"{name}: {one.alt}" for name, one in strips.items())
    return Strip(rows[0].nodes, alt, picked, rows)


def node(look: Look, tokens: Sequence[str], ln: Array, step: int, *, bold: bool) -> Node:
    """One step, or the gap −1."""
    if step == -1:
        return Node(-1, "…", "", look.background, look.ink, 0.1, look.muted, False)
    size = float(ln[step - 1])
    fill = colour_at(look, size / LN10)
    width = float(np.clip((size / LN10 + DECADES) / (2 * DECADES), 0.04, 1.0))
    return Node(step, tokens[step - 1], power(size), fill, contrasting(fill), width, fill, bold)


def colour_at(look: Look, decades: float) -> str:
    """The diverging colour of a size of 10**decades."""
    return mixed(look.diverging, (decades + DECADES) / (2 * DECADES))
