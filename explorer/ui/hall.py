"""The lecture view: read from the last row, nothing to click by accident, and the keys of the hall.

It shows the finding, the figures and the live sliders, and fills the screen with them; what stands under
the board is left out. L enters and leaves it, F is full screen, G keeps the present curves as ghosts.
"""

from pathlib import Path

import streamlit as st

from explorer.figures import contrast
from explorer.ui import state, url

HERE = Path(__file__).parent
LEAST = 20  # pixels of the smallest letters
KEYS = st.components.v2.component(
    "gradient_flow_hall",
    html="<i></i>",
    js="".join((HERE / name).read_text(encoding="utf-8") for name in ("typing.js", "hall.js")),
)
STYLE = f"""
html {{ font-size: clamp({LEAST}px, 1.62vw, 32px); }}
.stMainBlockContainer {{ padding: 0.4rem 1.4rem 0.3rem; }}
.stMainBlockContainer > [data-testid="stVerticalBlock"] {{ gap: 0.5rem; }}
.stMainBlockContainer h4 {{ font-size: 1.25rem; line-height: 1.25; padding-bottom: 0.55rem; }}
.stAppHeader, .st-key-toolbar, .st-key-notes, [data-testid="stExpander"], .gf-numbers,
.gf-tools:not(.gf-player), .st-key-training [data-testid="stPopover"] {{ display: none !important; }}
:is([data-testid="stElementContainer"], [data-testid="stLayoutWrapper"]):has(.gf) ~ * {{ display: none; }}
.stMainBlockContainer :is(p, button, label, [data-testid="stCaptionContainer"]) {{ font-size: 1rem; }}
[data-testid="stCaptionContainer"] {{ color: inherit; }}
.stMainBlockContainer .st-key-worked {{ margin: -0.7rem 0 -0.2rem; }}
.stMainBlockContainer .st-key-worked :is(.st-key-now, [class*="st-key-played_"]) {{ gap: 0.4rem 2rem; }}
.stMainBlockContainer .st-key-worked .katex-display {{ margin: 0.3rem 0; padding: 0; }}
.gf {{ --gf-fit: 1; }}
.gf .gf-sliders {{ order: 9; }}
.gf .gf-panel p {{ font-size: 1rem; opacity: 1; }}
.gf .gf-panel h3 {{ padding-right: 0 !important; }}
.gf .gf-player button {{ font-size: 1rem; }}
.gf .gf-strip {{ height: clamp(120px, 18vh, 220px); }}
.gf .gf-strip.gf-lanes {{ height: clamp(186px, 27vh, 330px); }}
.gf .gf-slider.idle {{ opacity: 1; }}
"""
# Streamlit writes white on its primary buttons in the light theme
LIGHT_STYLE = f"""
[data-testid="stBaseButton-primary"] {{ background: {contrast.STRONG_LIGHT.cells["lstm"]}; }}
"""


def style() -> str:
    """The style of the lecture view, nothing outside it."""
    if not url.lecture():
        return ""
    return STYLE if state.dark() else STYLE + LIGHT_STYLE


def keys() -> None:
    """The keys of the hall, on every page."""
    with st.container(key="hall"):
        KEYS(key="hall_keys", on_lecture_change=url.turn_lecture)
