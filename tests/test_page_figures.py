"""What every figure of every page owes its reader: a title, named axes, words for those who cannot see it."""

import json
import re
from pathlib import Path

import pytest

from opening import app, panels

ALL = sorted((Path(__file__).parents[1] / "pages").glob("*.py"))
FILES = [path for path in ALL if "board.show(" in path.read_text(encoding="utf-8")]
PAGES = [path.stem for path in FILES]
AT_ONCE = [path.stem for path in FILES if "trainings.follow(" not in path.read_text(encoding="utf-8")]
STATES = {
    "as it opens": {},
    "one step, one unit": {"steps": "1", "hidden_size": "1"},
    "dead units": {"activation": "relu", "bias": "-9", "input_scale": "0.1"},
    "exploding": {"activation": "identity", "gain": "6", "steps": "1000", "hidden_size": "8"},
}


def figure(panel):
    return json.loads(panel["figure"])


def axes(layout):
    return {name: axis for name, axis in layout.items() if re.fullmatch(r"[xy]axis\d*", name)}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("page", PAGES)
def test_every_figure_is_titled_and_told_in_words_with_numbers(page, state):
    for panel in panels(app(page, **state)):
        assert panel["title"].strip()
        assert len(panel["alt"]) > 20, panel["id"]
        assert re.search(r"\d", panel["alt"]), panel["alt"]
        assert not re.search(r"\bnan\b|\binf\b|None|\de[-+]\d", panel["alt"] + panel["caption"]), panel["alt"]


def named_beside(layout, axis):
    """Whether a word stands to the right of the plot within the height of an axis."""
    low, high = axis.get("domain", (0, 1))
    words = [note for note in layout.get("annotations", ()) if note.get("yref") == "paper" and note["x"] > 1]
    return any(low <= note["y"] <= high for note in words)


def worded(axis):
    """Whether an axis has words for numbers, which say themselves what they are."""
    return bool(axis.get("ticktext")) and not re.search(r"\d", "".join(axis["ticktext"]))


@pytest.mark.parametrize("page", PAGES)
def test_every_axis_and_colour_bar_has_a_name_and_every_trace_answers_to_the_mouse(page):
    for panel in panels(app(page)):
        drawn = figure(panel)
        for name, axis in axes(drawn["layout"]).items():
            named = axis.get("title", {}).get("text") or axis.get("type") == "category" or worded(axis)
            named = named or named_beside(drawn["layout"], axis)
            assert named or axis.get("visible") is False, (panel["id"], name)
        for trace in drawn["data"]:
            silent = trace.get("hoverinfo") == "skip"
            assert silent or trace.get("hovertemplate"), (panel["id"], trace.get("name"))
            if trace["type"] in ("heatmap", "surface") and trace.get("showscale", True):
                assert trace["colorbar"]["title"]["text"] or trace["colorbar"].get("ticktext"), panel["id"]


def lists_of_numbers(value):
    """Arrays that are sent as text, ten times as slow to write and read as typed ones."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from lists_of_numbers(inner)
    elif isinstance(value, list):
        if len(value) > 60 and all(isinstance(item, int | float) for item in value):
            yield value
        for inner in value:
            yield from lists_of_numbers(inner)


@pytest.mark.parametrize("page", PAGES)
def test_long_arrays_are_sent_as_float32(page):
    for panel in panels(app(page)):
        drawn = figure(panel)
        assert list(lists_of_numbers(drawn)) == [], panel["id"]
        assert '"f8"' not in panel["figure"]


@pytest.mark.parametrize("page", AT_ONCE)
def test_the_same_address_gives_the_same_figures_unless_it_is_still_training(page):
    state = {"seed": "3", "steps": "21", "hidden_size": "9"}
    assert panels(app(page, **state)) == panels(app(page, **state))
