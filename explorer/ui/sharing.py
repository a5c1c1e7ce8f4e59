"""The link to what is on screen, and what had to be changed in a link that came in."""

from collections.abc import Sequence

import streamlit as st

from explorer.ui import url


def share(names: Sequence[str]) -> None:
    """The link that restores what is on screen, for a class or a lecture too; `names` could be hidden."""
    hide = st.multiselect("Hide these controls", names, key="_hide")
    in_lecture = st.checkbox("Lecture view: large type, no toolbar", key="_lecture")
    st.code(url.link(hide=hide, in_lecture=in_lecture), language=None, wrap_lines=True)


def notices() -> None:
    """What the address asked for and could not have."""
    said = url.notices()
    if said:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.text("\n".join(said))
            st.button("Understood", on_click=url.dismiss)
