"""Playing without the server: the board and the equations at every step, sent once, when Play is pressed."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from explorer.figures.film import Frame
from explorer.ui import state

MOST_BYTES = 4_000_000
MOST_SET = 8_000  # letters of LaTeX set beforehand for all steps; the browser stands still while it sets them
Formulas = tuple[str, ...]  # LaTeX, side by side


def packed(frames: Callable[[], Sequence[Frame]] | None, asked: Any) -> list[dict[str, Any]]:
    """The frames as the browser reads them, if it has just asked for them; none where they are too much."""
    if frames is None or asked is None:
        return []
    made = [packed_frame(frame) for frame in frames()]
    size = sum(len(figure) for _, figures in made for figure in figures)
    return [frame for frame, _ in made] if size <= MOST_BYTES else []


def followed(key: str, formulas: Callable[[], Mapping[int, Formulas]]) -> Mapping[int, Formulas]:
    """{step: its formulas} that the player of a board is to show, if it has just asked for its frames.

    None where they are so many that the browser would stop to set them; then they stand still.
    """
    sent = state.session().get(key) or {}
    found = {} if sent.get("played") is None else formulas()
    letters = sum(len(one) for step in found.values() for one in step)
    return found if letters <= MOST_SET else {}


def packed_frame(frame: Frame) -> tuple[dict[str, Any], list[str]]:
    """One frame as the browser reads it, and its figures as JSON."""
    figures = {id: json.dumps(one.figure) for id, one in frame.panels.items()}
    panels = {id: {**asdict(one), "figure": figures[id]} for id, one in frame.panels.items()}
    return {"strip": asdict(frame.strip), "says": frame.says, "panels": panels}, list(figures.values())
