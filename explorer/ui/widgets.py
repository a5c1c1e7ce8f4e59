"""The widget of one field: segments or a list for a choice, a box for a number or a text."""

from collections.abc import Mapping, Sequence
from dataclasses import Field
from typing import Any

import streamlit as st

from explorer.parameters import Choice, Range, Text


def columns(shown: Sequence[Field[Any]], reasons: Mapping[str, str]) -> dict[str, Any]:
    """The widgets of several fields, in two columns."""
    sides = st.columns(2, gap="medium")
    values = {}
    for i, f in enumerate(shown):
        with sides[i % 2]:
            values[f.name] = widget(f, reasons, visible=False)
    return values


def widget(f: Field[Any], reasons: Mapping[str, str], *, visible: bool) -> Any:
    """The widget of one field; disabled with the reason where it would do nothing."""
    name = f.name
    control = f.metadata["control"]
    common: dict[str, Any] = {
        "key": name,
        "disabled": name in reasons,
        "help": reasons.get(name) or control.help or None,
    }
    if isinstance(control, Choice):
        return chosen(control, visible, common)
    if isinstance(control, Text):
        return st.text_area(control.label, max_chars=control.most, height=90, **common)
    return typed_in(control, type(f.default), common)


def chosen(control: Choice, visible: bool, common: dict[str, Any]) -> Any:
    """A choice: segments where it stands in sight, a list in the popover."""
    words = dict(zip(control.options, control.labels, strict=True))
    if visible:
        return st.segmented_control(
            control.label,
            control.options,
            format_func=words.__getitem__,
            label_visibility="collapsed",
            required=True,
            **common,
        )
    return st.selectbox(control.label, control.options, format_func=words.__getitem__, **common)


def typed_in(control: Range, kind: type[Any], common: dict[str, Any]) -> Any:
    """A number typed in, exact where the board's slider has steps."""
    low, high, step = kind(control.low), kind(control.high), kind(control.step)
    return st.number_input(control.label, low, high, step=step, **common)
