"""Everything that rests on undocumented insides of Streamlit, in one place.

Streamlit ships plotly.js with its front end and sets `window.Plotly` once that file is loaded; the board
draws with it instead of sending megabytes of its own. A test fails loudly when a new version moves it.
"""

from pathlib import Path

import streamlit as st

PATTERN = "static/js/PlotlyChart.*.js"


def plotly_url() -> str | None:
    """Where the page can load Streamlit's own plotly.js, relative to the app; None if it is not there."""
    root = Path(st.__file__).parent / "static"
    found = sorted(root.glob(PATTERN))
    return found[0].relative_to(root).as_posix() if found else None
