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
    """The slider of a whole-number field from 0 to `last`, and how to make the film behind it."""

    field: str
    last: int
    film: Callable[[], Film]

    def positions(self) -> dict[str, Any]:
        """The slider's positions and how they read; evenly spaced ones where they are very many."""
        count = min(self.last + 1, MOST_POSITIONS)
        steps = sorted({round(i * self.last / max(count - 1, 1)) for i in range(count)})
        return {"positions": steps, "shown": [number(step, 5) for step in steps]}


def place() -> str:
    """Keep the film's place, for what stands below it would else be drawn anew; returns no stamp."""
    if not state.quiet():
        st.container(key="film")
    return ""


def send(key: str, scrub: Scrub) -> str:
    """Send the film to the browser; returns the stamp by which the board knows it."""
    film = scrub.film().packed()
    stamp = md5(film, usedforsecurity=False).hexdigest()
    with st.container(key="film"):
        COMPONENT(key=f"{key}_film", data=stamp.encode() + film)
    return stamp
