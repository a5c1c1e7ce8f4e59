"""The names of lines in one row above a plot, for lines too close to one another to be labelled in place."""

from collections.abc import Sequence
from typing import Any

from explorer.figures.parts import note
from explorer.figures.theme import DIRECT, Look

KEY = "key"  # what the row is called; the browser folds it where the plot is narrower than it
GAP = "&nbsp;&nbsp;&nbsp;"
ROOM = 34  # pixels that the row needs above the plot
PLAIN, HEAVY, DASHED = "─", "━", "╌╌"


def legend(look: Look, lines: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """The row of (mark, name, colour)."""
    pieces = [f'<span style="color:{colour}"><b>{mark} {name}</b></span>' for mark, name, colour in lines]
    row = note(look, GAP.join(pieces), 0.0, 1.0, yref="paper", yanchor="bottom")
    return row | {"name": KEY, "font": {"size": DIRECT, "color": look.ink}}
