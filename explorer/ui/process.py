"""What is done once for the whole server, and the few lines of style every page shares."""

import gc

import streamlit as st

from explorer.figures.theme import DARK
from explorer.ui import hall, state, url

STYLE = """
html { font-size: clamp(16px, 1.32vw, 26px); }
.stMainBlockContainer { padding: 4rem 1.8rem 1rem; }
.stMainBlockContainer h4 { padding: 0; }
.gf-finding { font: 600 1.5rem/1.2 var(--st-heading-font); margin: 0 0 -0.75rem; }
@media (min-width: 761px) { .stMainBlockContainer .katex-display { overflow: visible; } }
[data-testid="stLayoutWrapper"]:has(> .st-key-film, > .st-key-waiting, > .st-key-hall) { position: absolute; }
.st-key-waiting { position: fixed; z-index: 1000; bottom: 1rem; left: calc(50% - 11rem); width: 22rem; }
.st-key-waiting [data-testid="stProgress"] { background: var(--st-background-color, Canvas);
  padding: .5rem 1rem; border-radius: 10px;
  border: 1px solid color-mix(in srgb, currentColor 30%, transparent); }
@media (max-width: 760px) {
  [data-testid="stPageLink"] * { white-space: normal; }
  [data-testid="stButtonGroup"] :is(div, [role="radiogroup"]) { flex-wrap: wrap; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
@media print {
  header, .st-key-toolbar, .st-key-waiting, .stMainBlockContainer .stExpander { display: none !important; }
  .stMainBlockContainer { padding: 0; }
}
"""
# Streamlit writes white on its primary buttons, which the bright green of the dark theme does not carry
DARK_STYLE = f'[data-testid="stBaseButton-primary"] {{ color: {DARK.background} !important; }}'


@st.cache_resource
def frozen_imports() -> bool:
    """Take everything imported so far out of the garbage collector's sight.

    Streamlit collects garbage after every run of a page and holds the interpreter while it does: some 70 ms
    over a hundred thousand objects that will never be garbage.
    """
    gc.collect()
    gc.freeze()
    return True


def settle() -> None:
    """Called on every run, before the page."""
    frozen_imports()
    hidden = "".join(f".st-key-{name} {{ display: none; }}" for name in url.hidden())
    dark = DARK_STYLE if state.dark() else ""
    st.html(f"<style>{STYLE}{dark}{hall.style()}{hidden}</style>")
    hall.keys()
