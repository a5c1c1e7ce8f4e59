"""A slider that runs through a film in the browser; the server follows when it is let go.

The film is a component of its own: Streamlit sends a component's data again only where they have changed,
so that the pictures travel once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

import streamlit as st

from explorer.figures.film import Film
from explorer.figures.moves import Moves
from explorer.ui import state
from explorer.wording import number

MOST_POSITIONS = 1_001

COMPONENT = st.components.v2.component(
    "gradient_flow_film",
    html="",
    js=(Path(__file__).parent / "film.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Scrub:
    """The slider of a field, and how to make the film behind it; without one the server answers it.

    That of a whole-number field goes from 0 to `last`; any other keeps the positions of its control.
    """

    field: str
    film: Callable[[], Film | Moves] | None
    last: int | None = None

    def fitted(self, slider: dict[str, Any]) -> dict[str, Any]:
        """The slider as it is here; evenly spaced positions where there are very many."""
        if self.last is None:
            return slider
        count = min(self.last + 1, MOST_POSITIONS)
        steps = sorted({round(i * self.last / max(count - 1, 1)) for i in range(count)})
        value, shown = min(slider["value"], self.last), [number(step, 5) for step in steps]
        return {**slider, "positions": steps, "shown": shown, "value": value, "text": number(value, 5)}


def place() -> str:
    """Keep the film's place, for what stands below it would else be drawn anew; returns no stamp."""
    if not state.quiet():
        st.container(key="film")
    return ""


def send(key: str, made: Callable[[], Film | Moves]) -> str:
    """Send a film to the browser; returns the stamp by which the board knows it."""
    film = made().packed()
    stamp = md5(film, usedforsecurity=False).hexdigest()
    with st.container(key="film"):
        COMPONENT(key=f"{key}_film", data=stamp.encode() + film)
    return stamp
