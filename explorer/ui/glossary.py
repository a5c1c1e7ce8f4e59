"""The glossary: what every symbol on screen means."""

from collections.abc import Sequence

import streamlit as st

from explorer.glossary import GLOSSARY, Entry


def popover(symbols: Sequence[str]) -> None:
    """The entries of a page's own symbols, one click away; nothing where it names none."""
    if symbols:
        with st.popover("Symbols", icon=":material/function:"):
            for symbol in symbols:
                entry(GLOSSARY[symbol])


def entry(found: Entry) -> None:
    """One symbol: how it is written, what it is, its equation, and where it applies."""
    equation = f" ${found.equation}$" if found.equation else ""
    st.markdown(f"${found.latex}$ **{found.name}**. {found.says}{equation} *{found.where}*")


def everything() -> None:
    """All entries, for the page that lists them."""
    with st.container(key="glossary"):
        for found in GLOSSARY.values():
            entry(found)
