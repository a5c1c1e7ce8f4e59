"""How a page answers a hand on its slider: with the finding and the board alone.

While the slider moves, Streamlit runs not the app but the fragment that holds the two. It runs the page's
own file again, quietly: no control is drawn, and the page ends where its board is complete. When the hand
rests, the whole app runs, and with it everything that was left out.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import streamlit as st

from explorer.ui import bundle, waiting

ALLOWED = "_live"  # session key: whether the page in sight can answer quietly
DRAGGING = "_dragging"  # session key: whether a slider of the board is being moved at this moment
FINDING = "_finding"  # session key: the sentence to be drawn with the board
MOST_WORK = 1e9  # multiplications; what takes longer is computed in sight, with a bar

Draw = Callable[[dict[str, Any]], None]

_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


class Complete(Exception):
    """Ends a quiet page: its board is complete."""

    def __init__(self, data: dict[str, Any]) -> None:
        """What the board is to show."""
        self.data = data


def dragging() -> bool:
    """Whether a slider of the board is being moved: what the eye cannot follow then may wait."""
    return bool(st.session_state.get(DRAGGING))


def quiet() -> bool:
    """Whether the page runs for its board alone, and draws nothing else."""
    return _quiet.get()


def allow(allowed: bool) -> None:
    """Say whether the page can answer quietly: all that it draws before its board are shared controls."""
    st.session_state[ALLOWED] = allowed


def allowed() -> bool:
    """Whether the page can answer quietly."""
    return bool(st.session_state.get(ALLOWED))


def aloud() -> None:
    """End a quiet run, by an exception, and run the whole app instead."""
    if quiet():
        st.rerun()


def shown(draw: Draw, data: dict[str, Any]) -> None:
    """Draw the board, in a fragment of its own where the page can answer quietly."""
    if quiet():
        raise Complete(data)
    if not allowed():
        draw(data)
        return
    fresh = [data]

    @st.fragment
    def board() -> None:
        if not fresh and not dragging():
            st.rerun()
        draw(fresh.pop() if fresh else answer())

    board()


def answer() -> dict[str, Any]:
    """What the board is to show now, from the page's own file; the whole app runs where that fails."""
    token = _quiet.set(True)
    try:
        with waiting.heeded():
            exec(bundle.page_code(), {"__name__": "__main__"})
    except Complete as complete:
        return complete.data
    except Exception:
        st.rerun()
    finally:
        _quiet.reset(token)
    raise RuntimeError("a page that answers quietly ends with its board")
