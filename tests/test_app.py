"""Every page through Streamlit's own test runner: presets, controls, addresses, and what is computed."""

from dataclasses import asdict, fields
from pathlib import Path

import pytest

from explorer import run as runs
from explorer.experiment import Experiment, View
from explorer.presets import PRESETS
from opening import app, control, finding, panels

ALL = sorted((Path(__file__).parents[1] / "pages").glob("*.py"))
FILES = [path for path in ALL if "board.show(" in path.read_text(encoding="utf-8")]
PAGES = [path.stem for path in FILES]
RUNNING = [path.stem for path in FILES if "controls.own(" not in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_finished_with_its_verdict(page):
    at = app(page)
    assert len(finding(at)) > 20
    assert at.get("bidi_component")


@pytest.mark.parametrize("page", RUNNING)
def test_every_field_has_its_control_on_every_page_that_runs_an_experiment(page):
    at = app(page)
    for record in (Experiment, View):
        for field in fields(record):
            control(at, field.name)


@pytest.mark.parametrize("page", RUNNING)
def test_preset_sets_every_field_whatever_came_before(page):
    at = app(page, gain="2.2", steps="35", activation="relu")
    for button in [b for b in at.button if b.label in PRESETS][:3]:
        preset = PRESETS[button.label]
        button.click().run()
        assert not at.exception
        for name, value in {**asdict(preset.experiment), **asdict(preset.view)}.items():
            assert control(at, name).value == value, name


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_runs_on_the_main_page(name):
    at = app()
    next(b for b in at.button if b.label == name).click().run()
    assert not at.exception
    assert len(finding(at)) > 20


def test_the_address_sets_the_controls():
    at = app(cell="lstm", steps="100", seed="7")
    assert control(at, "cell").value == "lstm"
    assert control(at, "steps").value == 100
    assert control(at, "seed").value == 7


@pytest.mark.parametrize("page", RUNNING)
def test_an_illegal_address_is_replaced_by_the_nearest_legal_value_and_said(page):
    """Too long a run on the main page; on the others too short a one, which is drawn at once."""
    steps, nearest = ("1e9", 10_000) if page == "gradient_flow" else ("-7", 1)
    at = app(page, steps=steps, gain="-3", cell="nope", hidden_size="4.6")
    assert control(at, "gain").value == 0.0
    assert control(at, "steps").value == nearest
    assert control(at, "hidden_size").value == 5
    said = "\n".join(text.value for text in at.text)
    for name in ("steps", "gain", "cell", "hidden_size"):
        assert f"asked for {name}" in said


def test_settings_that_contradict_each_other_keep_the_last_good_run():
    at = app()
    before = finding(at)
    control(at, "hidden_size").set_value(256).run()
    control(at, "steps").set_value(1000).run()
    assert not at.exception
    assert any("the nearest size that fits is H =" in text.value for text in at.text)
    assert control(at, "steps").value == 1000
    assert before


@pytest.mark.parametrize("page", ["gradient_flow", "compare"])
def test_a_norm_that_would_take_minutes_gives_way_to_one_that_does_not(page, monkeypatch):
    monkeypatch.setattr("explorer.experiment.LANCZOS_LIMIT", 1e5)
    at = app(page, norm="spectral", steps=30, hidden_size=8)
    assert any("the largest gain of every pair needs" in text.value for text in at.text)
    assert control(at, "norm").value == "spectral"
    plain = app(page, norm="rms", steps=30, hidden_size=8)
    assert panels(at) == panels(plain)
    assert finding(at) == finding(plain)


def test_an_empty_sentence_is_refused_in_the_engines_words():
    at = app(input="sentence")
    control(at, "text").set_value("one").run()
    assert not at.exception
    assert any("text must have 2 to" in text.value for text in at.text)
    assert control(at, "text").value == "one"


def test_a_control_that_does_nothing_is_disabled_and_says_why():
    at = app(cell="lstm")
    assert control(at, "activation").disabled
    assert "RNN" in control(at, "bias").help
    assert not control(at, "forget_bias").disabled


@pytest.mark.parametrize(
    ("page", "name", "value"),
    [
        ("gradient_flow", "norm", "frobenius"),
        ("gradient_flow", "target", 30),
        ("gradient_flow", "source", 4),
        ("clipping", "clip", "value"),
        ("clipping", "threshold", 0.5),
        ("weights", "placement", "last"),
    ],
)
def test_what_only_the_display_decides_never_reruns_the_network(monkeypatch, page, name, value):
    at, count = app(page, seed="4321", hidden_size="17"), []
    original = runs.flow.forward
    monkeypatch.setattr(runs.flow, "forward", lambda *a: (count.append(1), original(*a))[1])
    control(at, name).set_value(value).run()
    assert not at.exception
    assert count == []


def test_a_shorter_sequence_is_a_slice_of_the_longer_one(monkeypatch):
    at, count = app(steps="98", seed="1234"), []
    original = runs.run
    monkeypatch.setattr(runs, "run", lambda e: (count.append(e), original(e))[1])
    control(at, "steps").set_value(71).run()
    assert not at.exception
    assert count == []


def test_another_seed_does_rerun_the_network(monkeypatch):
    at, count = app(seed="8716"), []
    original = runs.run
    monkeypatch.setattr(runs, "run", lambda e: (count.append(e), original(e))[1])
    control(at, "seed").set_value(8717).run()
    assert len(count) == 1
