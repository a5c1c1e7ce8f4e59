"""What a long computation looks like from the page: a bar after 200 ms, and an end when nobody waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import progress
from explorer.ui import bundle

PATIENCE = 0.2  # seconds before the bar appears
LOOK = 0.05  # seconds between two looks at whether somebody still waits
DRAW = 0.25  # seconds between two drawings of the bar


@contextmanager
def watched() -> Iterator[None]:
    """Every computation inside shows its progress, and can be ended by moving on."""
    with st.container(key="waiting"):
        spot = st.empty()
    progress.listen(watcher(spot))
    try:
        yield
    finally:
        progress.listen(None)
        spot.empty()


def watcher(spot: DeltaGenerator) -> Callable[[float | None], None]:
    """A listener that draws its bar into `spot`.

    It ends the computation, by the exception that Streamlit itself ends runs with, as soon as the page has
    been left, its tab closed or one of its settings changed.
    """
    start = looked = perf_counter()
    drawn, share = 0.0, 0.0

    def hear(done: float | None) -> None:
        nonlocal looked, drawn, share
        share, now = share if done is None else done, perf_counter()
        if now - looked < LOOK:
            return
        looked = now
        bundle.give_way()
        if now - start > PATIENCE and now - drawn > DRAW:
            drawn = now
            with bundle.unrecorded():
                spot.progress(share, said(share, now - start))

    return hear


def said(share: float, seconds: float) -> str:
    """The words beside the bar."""
    far = f"{share:.0%} ".replace("%", " %") if share else ""
    return f"Computing … {far}after {seconds:.0f} s" if seconds >= 1 else f"Computing … {far}"
