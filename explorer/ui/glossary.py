"""The glossary: what every symbol on screen means."""

from collections.abc import Sequence

import streamlit as st

from explorer.glossary import GLOSSARY, Entry
from explorer.glossary_index import GROUPS, SHAPES, found, met
from explorer.ui import page, places

STYLE = """
.st-key-glossary table { width: 100%; table-layout: fixed; min-width: 44rem; }
.st-key-glossary th:nth-child(1) { width: 10%; }
.st-key-glossary th:nth-child(2) { width: 31%; }
.st-key-glossary th:nth-child(3) { width: 23%; }
.st-key-glossary th:nth-child(4) { width: 8%; }
.st-key-glossary td:last-child { font-size: .85em; }
.st-key-glossary td, .st-key-glossary th { vertical-align: top; padding: .25rem .6rem; }
.st-key-glossary td:first-child { white-space: nowrap; }
.st-key-glossary h5 { padding: .6rem 0 .1rem; }
@media print {
  .st-key-find { display: none; }
  .stApp, .stApp * { background: #fff !important; color: #000 !important; }
  .stApp, .stMain, .stMainBlockContainer, [data-testid="stAppViewContainer"] {
    position: static !important; overflow: visible !important; height: auto !important; }
}
"""
HEAD = "| symbol | what it is | equation | shape | met on |\n|---|---|---|---|---|\n"


def popover(symbols: Sequence[str]) -> None:
    """The entries of a page's own symbols, one click away; nothing where it names none."""
    if symbols:
        with st.popover("Symbols", icon=":material/function:"):
            for symbol in symbols:
                entry(GLOSSARY[symbol])
            st.page_link("pages/glossary.py", label="All symbols", icon=":material/menu_book:")


def entry(found: Entry) -> None:
    """One symbol: how it is written, what it is, its equation, and where it applies."""
    equation = f" ${found.equation}$" if found.equation else ""
    st.markdown(f"${found.latex}$ **{found.name}**. {found.says}{equation} *{found.where}*")


def everything() -> None:
    """All entries in groups, those that hold what is searched for; first the one that the address names."""
    st.html(f"<style>{STYLE}</style>")
    asked = st.query_params.get("symbol", "")
    if asked in GLOSSARY:
        with st.container(border=True, key="asked"):
            entry(GLOSSARY[asked])
    words = st.text_input("Search", key="find", bind="query-params", placeholder="Search: a name, a word, φ",
                          label_visibility="collapsed")  # fmt: skip
    groups = found(words or "")
    with st.container(key="glossary"):
        if not groups:
            st.markdown(f"No symbol is described with “{page.escaped(words or '')}”.")
        for group, keys in groups.items():
            st.markdown(f"##### {group}\n\n{HEAD}" + "\n".join(line(key) for key in keys))


def summary() -> str:
    """How many symbols there are, as the page's heading."""
    return f"{len(GLOSSARY)} symbols in {len(GROUPS)} groups: what each is, its shape, and where it is met"


def line(key: str) -> str:
    """One row of the table; bars would end its cells."""
    one, shape = GLOSSARY[key], SHAPES.get(key, "")
    symbol, equation = (barless(latex) for latex in (one.latex, one.equation))
    where = places.links(met(key))
    only = "" if one.where == "Everywhere." else f" *{one.where}*"
    size = {"": "any", "1": "scalar"}.get(shape, f"${shape}$")
    written = f"${equation}$" if equation else ""
    name = f"[{one.name}](glossary?symbol={places.quoted(key)})"
    return f"| ${symbol}$ | {name}. {one.says}{only} | {written} | {size} | {where} |"


def barless(latex: str) -> str:
    """LaTeX without the character that ends a table's cell."""
    return latex.replace(r"\|", r"\Vert ").replace("|", r"\mid ")
