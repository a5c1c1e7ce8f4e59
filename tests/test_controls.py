"""No control without an effect: what is enabled changes the page, what is disabled says why."""

from dataclasses import fields

import pytest

from explorer.descent import Descent
from explorer.experiment import DISPLAYED, FIELDS, Experiment, View
from explorer.lessons.table import LESSONS
from explorer.parameters import Choice, Range, Text
from explorer.rivals import Compared
from opening import app, boards, controls

EXPLORE = ("gradient_flow", "weights", "saturation", "lstm", "clipping", "compare")
OWN = {"compare": Compared, "cliff": Descent, **{page: lesson.own for page, lesson in LESSONS.items()}}
SMALL = {"hidden_size": 4, "steps": 12}
OTHERS = ({"cell": "lstm", "input": "sentence"}, {"cell": "gru", "placement": "from"})
STATES = [
    *[(page, {**SMALL, **state}) for page in ("gradient_flow", "weights", "clipping") for state in OTHERS],
    *[(page, SMALL) for page in EXPLORE],
    *[(page, {}) for page in ("cliff", *LESSONS) if page != "myths"],  # a lesson opens in its own small state
    ("myths", {"beat": 2}),  # what a card turned over shows; before that the networks are covered
    *[(page, {"initialiser": "pytorch"}) for page in ("forgetting", "remedies")],  # two networks each
]


def picture(at):
    """Everything the page shows of its run; where its board is asked for is nothing to see."""
    seen = [{name: part for name, part in board.items() if name != "answers"} for board in boards(at)]
    return seen, [text.value for text in (*at.markdown, *at.caption, *at.latex)]


def known(page):
    """{field: Field} of everything that may be set on a page."""
    own = OWN.get(page)
    return FIELDS | ({f.name: f for f in fields(own)} if own else {})


def widgets(at, page):
    return {key: widget for key, widget in controls(at).items() if key in known(page)}


def others(f, value):
    """Legal values of a field other than this one, the most different first."""
    control = f.metadata["control"]
    if isinstance(control, Choice):
        return [option for option in control.options if option != value]
    if isinstance(control, Text):
        return ["one two three four five six seven eight"]
    assert isinstance(control, Range)
    kind = type(f.default)
    near = kind(value + 1.5) if value + 1.5 <= control.high else kind(value - 1.5)
    wanted = max(kind(control.low), {"steps": 23, "target": 3, "source": 2, "reached": 2}.get(f.name, near))
    return [wanted if wanted != value else wanted + 1]


@pytest.mark.parametrize(("page", "state"), STATES, ids=str)
def test_every_enabled_control_changes_what_the_page_shows(page, state):
    at = app(page, **state)
    before, idle = picture(at), []
    for name, widget in widgets(at, page).items():
        if widget.disabled:
            assert widget.help
            continue
        old, changed = widget.value, False
        for value in others(known(page)[name], old):
            at.session_state[name] = value
            at.run()
            assert not at.exception
            changed = picture(at) != before
            if changed:
                break
        at.session_state[name] = old  # takes effect with the next change
        idle += [] if changed else [name]
    assert idle == []


@pytest.mark.parametrize("page", EXPLORE)
def test_every_disabled_control_would_change_nothing(page):
    at = app(page, **SMALL)
    before = picture(at)
    disabled = [name for name, widget in widgets(at, page).items() if widget.disabled and name in DISPLAYED]
    assert disabled
    for name in disabled:
        for value in others(FIELDS[name], widgets(at, page)[name].value)[:1]:
            at.session_state[name] = value
    at.run()
    assert picture(at) == before, disabled


def test_what_is_displayed_is_told_apart_from_what_is_computed():
    assert {f.name for f in fields(View)} < set(DISPLAYED)
    assert {"placement", "first_error"} == set(DISPLAYED) & {f.name for f in fields(Experiment)}
