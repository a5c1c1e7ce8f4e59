"""What pages share: the finding as heading, numbers, equations and the code behind them."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import streamlit as st

from explorer.cells import LATEX
from explorer.figures import contrast, theme
from explorer.ui import live, state, url
from explorer.ui.playing import Formulas

HEADING = st.components.v2.component(
    "gradient_flow_finding",
    html='<h4 class="gf-finding"></h4>',
    js="export default ({ data, parentElement: parent }) =>\n"
    "  { parent.querySelector('.gf-finding').textContent = data.finding; };",
    isolate_styles=False,
)
WORKED = """
.gf { height: max(430px, calc(100vh - 18rem)); }
.st-key-worked { margin: -0.8rem 0 -0.7rem; }
"""


def look() -> theme.Look:
    """The colours of the theme the page is shown in, stronger ones in the lecture view."""
    if url.lecture():
        return contrast.STRONG_DARK if state.dark() else contrast.STRONG_LIGHT
    return theme.look(state.dark())


def finding(sentence: str) -> None:
    """What this run shows, as the page's heading, which the board keeps up to date while a hand moves."""
    state.session()[live.FINDING] = sentence
    if not state.quiet():
        HEADING(key="finding", data={"finding": sentence})


def heading(sentence: str) -> None:
    """A sentence as the heading of a page that has no board."""
    live.aloud()
    st.markdown(f"#### {escaped(sentence)}", anchors=False)


def escaped(text: str) -> str:
    """Text as Markdown shows it literally, for words may come from a typed sentence."""
    for mark in "\\`*_{}[]()<>#+!|~$:":
        text = text.replace(mark, "\\" + mark)
    return text


def worked(formulas: Formulas, steps: Mapping[int, Formulas]) -> None:
    """An equation in LaTeX, and beside it the same with numbers; the board below gives up the height."""
    if state.quiet():
        return
    st.html(f"<style>{WORKED}</style>")
    with st.container(key="worked", gap=None):
        at_every_step(formulas, steps)


def columns(*shares: int) -> Sequence[AbstractContextManager[Any]]:
    """Parts of the page side by side."""
    return [nullcontext()] * len(shares) if state.quiet() else st.columns(shares, gap="medium")


def caption(text: str) -> None:
    """One quiet line."""
    st.caption(text)


def problem(text: str) -> None:
    """Why the settings cannot be had, in the engine's words; never read as markup."""
    live.aloud()
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(":material/error: **Not possible, so the last settings that were are shown.**")
        st.text(text)


def numbers(table: Callable[[], Mapping[str, Any]], label: str = "Numbers") -> None:
    """The figures' data as a table, made when it is opened."""
    with st.expander(label, icon=":material/table:", on_change="rerun") as opened:
        if opened.open:
            import pandas as pd

            frame = pd.DataFrame(dict(table()))
            st.dataframe(frame, hide_index=True, alt=label)
            st.download_button("Download as CSV", frame.to_csv(index=False), "numbers.csv", "text/csv")


def equations(lines: Mapping[str, str]) -> None:
    """A cell's own equations, {symbol: right-hand side}, the ones its code is tested against."""
    rows = [
        right if r"\leftarrow" in right else rf"{symbol_latex(symbol)} &= {right}"
        for symbol, right in lines.items()
    ]
    with st.expander("Equations", icon=":material/function:"):
        st.latex(r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}")


def formula(key: str, latex: str, steps: Mapping[int, Formulas]) -> None:
    """Equations in a panel of their own, which a beat can frame as panel_<key>."""
    with st.container(key=f"panel_{key}", gap=None):
        at_every_step((latex,), steps)


def at_every_step(formulas: Formulas, steps: Mapping[int, Formulas]) -> None:
    """Formulas as they are now, and out of sight those of every step, which the player shows instead."""
    kept = {"now": formulas, **{f"played_{step}": found for step, found in steps.items()}}
    for key, latex in kept.items():
        with st.container(horizontal=True, horizontal_alignment="center", gap="large", key=key):
            for one in latex:
                st.latex(one, width="content")


def symbol_latex(symbol: str) -> str:
    """A symbol at step t in LaTeX: a_f is written a_{f,t}."""
    base, _, gate = symbol.partition("_")
    return f"{base}_{{{gate},t}}" if gate else f"{LATEX.get(symbol, symbol)}_t"


def source(*functions: Callable[..., Any]) -> None:
    """The code that made this page's numbers, read from the running program."""
    with st.expander("The code behind these numbers", icon=":material/code:"):
        st.code("\n\n".join(code_of(function) for function in functions), language="python")


@cache
def code_of(function: Callable[..., Any]) -> str:
    """A function's code; looking it up takes longer than many a page."""
    return inspect.getsource(function)
