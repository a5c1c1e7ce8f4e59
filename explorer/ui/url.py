"""What a link brings along: every value it holds is made legal, and every change is said.

Streamlit itself keeps widgets and the address in step (`bind="query-params"`), but drops a value outside
its limits without a word, so that a shared link would show another experiment than it says.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

Legal = Callable[[str, str], tuple[Any, str | None]]  # (field, raw text) -> (value, notice or None)
NOTICES = "_url_notices"


def take_in(names: list[str], legal: Legal) -> None:
    """Replace each illegal value in the address by the nearest legal one, and remember what was said.

    Works once per value: afterwards the widget is bound, and the address holds what the widget does.
    """
    for name in names:
        raw = st.query_params.get(name)
        seen = st.session_state.setdefault("_url_seen", {})
        if raw is None or seen.get(name) == raw or name in st.session_state:
            continue
        seen[name] = raw
        value, notice = legal(name, raw)
        if notice is not None:
            st.session_state[name] = value
            said = f"The link asked for {name} = {raw[:40]}. {notice}"
            st.session_state.setdefault(NOTICES, []).append(said)


def notices() -> list[str]:
    """What had to be changed in the address, not yet dismissed."""
    said: list[str] = st.session_state.get(NOTICES, [])
    return said


def dismiss() -> None:
    """Forget the notices."""
    st.session_state[NOTICES] = []
