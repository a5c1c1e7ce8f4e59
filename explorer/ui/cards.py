"""The row under a card's finding: why it is so, where its settings can be explored, and all other cards."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from explorer.claims import Found, Swept
from explorer.experiment import Experiment
from explorer.lesson import Lesson
from explorer.lessons.myths import Doubted
from explorer.reports import myths
from explorer.ui import compute, lesson, page, url
from explorer.ui.question import answers

STYLE = """
.st-key-cards { margin: -0.35rem 0 -0.5rem; }
.st-key-cards button { min-height: 2rem; padding-block: 0; }
"""


def evidence(e: Experiment, own: Doubted) -> tuple[Found, Swept | None]:
    """What was measured for a card, here and over its setting."""
    found = compute.cached(myths.found, compute.unseeded(e), own)
    return found, compute.cached(myths.swept, myths.unswept(e, own), own)


def row(here: Lesson, because: str, target: str, address: Mapping[str, Any]) -> None:
    """Why, the link to `pages/<target>.py` with these settings, and the claims to choose from.

    In the lecture view only why: there is nothing to click by accident.
    """
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="cards"):
        st.markdown(page.escaped(because), width="stretch")
        if url.lecture():
            return
        said = {name: url.text_of(value) for name, value in address.items()}
        st.page_link(f"pages/{target}.py", label="Explore these settings", icon=":material/open_in_new:",
                     query_params=said)  # fmt: skip
        with st.popover("All claims", icon=":material/quiz:"):
            all_claims(here)


def all_claims(here: Lesson) -> None:
    """One button for each claim, those answered already marked."""
    known = {answer["question"] for answer in answers()}
    for number, (name, says) in enumerate(myths.claims_of().items(), start=1):
        icon = ":material/check:" if f"claim_{name}" in known else None
        st.button(page.escaped(says), key=f"card_{name}", icon=icon, width="stretch", on_click=lesson.go,
                  args=(here, number))  # fmt: skip
