"""No control without an effect: what is enabled changes the page, what is disabled says why."""

from dataclasses import fields

import pytest
from streamlit.testing.v1 import AppTest

from explorer.experiment import DISPLAYED, FIELDS, Experiment, View, control_of
from explorer.parameters import Choice, Range, Text

PAGES = ("gradient_flow", "weights", "clipping")
STATES = ({}, {"cell": "lstm", "input": "sentence"}, {"cell": "gru", "placement": "from"})


def opened(page, state):
    at = AppTest.from_file("../app.py", default_timeout=60)
    for name, value in state.items():
        at.query_params[name] = value
    at.run()
    if page != "gradient_flow":
        at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    return at


def picture(at):
    """Everything the page shows of its run."""
    boards = [component.proto.json for component in at.get("bidi_component")]
    return boards, [text.value for text in (*at.markdown, *at.caption)]


def widgets(at):
    kinds = ("segmented_control", "button_group", "selectbox", "number_input", "text_area")
    found = [widget for kind in kinds for widget in getattr(at, kind, [])]
    return {widget.key: widget for widget in found if widget.key in FIELDS}


def others(name, value):
    """Legal values other than this one, the most different first."""
    control = control_of(name)
    if isinstance(control, Choice):
        return [option for option in control.options if option != value]
    if isinstance(control, Text):
        return ["one two three four five six seven eight"]
    assert isinstance(control, Range)
    near = {"steps": 23, "target": 3, "source": 2, "seed": 5, "hidden_size": 11, "first_error": 3}
    return [near.get(name, type(value)(value + 1.5))]


@pytest.mark.parametrize("state", STATES, ids=str)
@pytest.mark.parametrize("page", PAGES)
def test_every_enabled_control_changes_what_the_page_shows(page, state):
    at = opened(page, state)
    before, idle = picture(at), []
    for name, widget in widgets(at).items():
        if widget.disabled:
            assert widget.help
            continue
        old, changed = widget.value, False
        for value in others(name, old):
            widgets(at)[name].set_value(value).run()
            assert not at.exception
            changed = changed or picture(at) != before
        widgets(at)[name].set_value(old).run()
        idle += [] if changed else [name]
    assert idle == []


@pytest.mark.parametrize("page", PAGES)
def test_every_disabled_control_would_change_nothing(page):
    at = opened(page, {})
    before = picture(at)
    disabled = [name for name, widget in widgets(at).items() if widget.disabled and name in DISPLAYED]
    assert disabled
    for name in disabled:
        for value in others(name, widgets(at)[name].value)[:1]:
            at.session_state[name] = value
        at.run()
        assert picture(at) == before, name


def test_what_is_displayed_is_told_apart_from_what_is_computed():
    assert {f.name for f in fields(View)} < set(DISPLAYED)
    assert {"placement", "first_error"} == set(DISPLAYED) & {f.name for f in fields(Experiment)}
