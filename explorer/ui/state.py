"""What a page may know of who looks at it: the session's values, the address, the theme, which page it is.

All of it comes from Streamlit, unless the page runs for its board alone, to answer a request that the
browser made beside Streamlit: then it comes from that request, and nothing is remembered.
"""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

import streamlit as st

from explorer.ui import bundle

DRAGGING = "_dragging"  # session key: whether a slider of the board is being moved at this moment


@dataclass(frozen=True)
class Request:
    """A request for the board of one page under the settings of one address."""

    page: str  # file stem in pages/
    address: dict[str, str]
    dark: bool
    held: bool  # whether a hand moves a slider at this moment
    session: dict[str, Any] = field(default_factory=dict)


_request: ContextVar[Request | None] = ContextVar("request", default=None)


@contextmanager
def answering(request: Request) -> Iterator[None]:
    """What runs inside is asked by this request and not by Streamlit."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def quiet() -> bool:
    """Whether the page runs for its board alone, and draws nothing else."""
    return _request.get() is not None


def session() -> MutableMapping[str, Any]:
    """The values that last as long as the session, or the request."""
    request = _request.get()
    return cast("MutableMapping[str, Any]", st.session_state) if request is None else request.session


def address() -> dict[str, str]:
    """The parameters of the address."""
    request = _request.get()
    return st.query_params.to_dict() if request is None else request.address


def amend(name: str, text: str) -> None:
    """Set one parameter of the address."""
    request = _request.get()
    if request is None:
        st.query_params[name] = text
    else:
        request.address[name] = text


def dark() -> bool:
    """Whether the page is shown in the dark theme."""
    request = _request.get()
    return st.context.theme.type == "dark" if request is None else request.dark


def page() -> str:
    """Which page it is: the stem of its file in pages/."""
    request = _request.get()
    return bundle.page_stem() if request is None else request.page


def held() -> bool:
    """Whether a slider of the board is being moved: what the eye cannot follow then may wait."""
    request = _request.get()
    return bool(st.session_state.get(DRAGGING)) if request is None else request.held
