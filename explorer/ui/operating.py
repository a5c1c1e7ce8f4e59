"""Gates held by a stroke over their steps; the operations are a text in the session and in the address."""

import streamlit as st

from explorer import surgery
from explorer.lessons.gates import MOST_TEXT
from explorer.surgery import Pin


def stroke(gate: str, first: int, last: int) -> None:
    """Hold a gate over these steps at the slider's value; let it go where it is so held already.

    What the controls hold becomes one of the operations of the text, so that a stroke can let go of it.
    """
    state = st.session_state
    pins = surgery.read(state["also"])
    if state["held"] != "none":
        begin = int(state["held_from"])
        pins = (Pin(state["held"], state["held_at"], begin, begin + int(state["held_for"]) - 1), *pins)
    text = surgery.written(surgery.brushed(pins, Pin(gate, float(state["held_at"]), first, last)))
    if len(text) <= MOST_TEXT:
        state["also"], state["held"] = text, "none"
