"""Everything that rests on undocumented insides of Streamlit, in one place.

Streamlit ships plotly.js with its front end and sets `window.Plotly` once that file is loaded; the board
draws with it instead of sending megabytes of its own. A test fails loudly when a new version moves it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from streamlit import config, runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import in_cached_function

PATTERN = "static/js/PlotlyChart.*.js"
LOCAL = ("localhost", "127.0.0.1", "::1")
RELOAD = st.components.v2.component(
    "gradient_flow_reload", html="<p>One moment …</p>", js="export default () => window.location.reload();"
)


@cache
def plotly_url() -> str | None:
    """Where the page can load Streamlit's own plotly.js, relative to the app; None if it is not there."""
    root = Path(st.__file__).parent / "static"
    found = sorted(root.glob(PATTERN))
    return found[0].relative_to(root).as_posix() if found else None


def sealed(data: Mapping[str, Any]) -> tuple[Mapping[str, Any]]:
    """What a component is sent, as the one item of a tuple, which its script opens again.

    Streamlit looks whether a list in a plain dict is a data frame, and to know one it loads pandas and
    pyarrow: 70 MB, and a second before the first page stands.
    """
    return (data,)


def page_stem() -> str:
    """Which page this run is of: the stem of its file."""
    context = get_script_run_ctx()
    found = context.pages_manager.get_pages().get(context.page_script_hash) if context else None
    return Path(found["script_path"]).stem if found else ""


def session_id() -> str:
    """Which session this run is of."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def is_present(session: str) -> bool:
    """Whether the session's tab is open; always true without a server, as in Streamlit's test runner."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)


def is_local() -> bool:
    """Whether the app is served to its own computer alone, so that a visitor may name files of the server.

    The server must listen on localhost, and the browser must have asked for it there, with no proxy between.
    """
    forwarded = any(name in st.context.headers for name in ("X-Forwarded-For", "X-Real-Ip", "Forwarded"))
    host = urlsplit(str(st.context.url or "")).hostname
    return config.get_option("server.address") in LOCAL and host in (None, *LOCAL) and not forwarded


def give_way() -> None:
    """End this run, by an exception, if the page has been left, closed or given new settings meanwhile.

    Streamlit looks for that at every use of the session's state. A timer of the page does not end the run:
    what takes longer than its beat would begin anew for ever.
    """
    st.session_state.get("_anything")


@contextmanager
def unrecorded() -> Iterator[None]:
    """What is drawn inside a cached function is not drawn again when its result comes from the cache."""
    token = in_cached_function.set(False)
    try:
        yield
    finally:
        in_cached_function.reset(token)


def enter_through_app() -> None:
    """Send the browser through app.py if Streamlit has started a file of pages/ by itself.

    It does so once in a server's life, where the very first visit is a link to a page other than the main
    one: until app.py has called st.navigation, the folder's name alone makes its files an app. (Streamlit's
    test runner forgets that app.py has, at every run, and has no browser to send.)
    """
    if PagesManager.uses_pages_directory and not config.get_option("global.appTest"):
        PagesManager.uses_pages_directory = False
        RELOAD(key="reload")
        st.stop()
