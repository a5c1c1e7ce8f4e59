"""The cliff's page: its own settings in the address, its presets, its clicks."""

import re
from dataclasses import asdict

import pytest

from browsing import opened, settled
from explorer.descent import Descent
from explorer.reports.cliff import READY
from opening import app, control, finding


def test_the_address_sets_the_page_and_what_is_illegal_is_said():
    at = app("cliff")
    for name, value in {"start_w": "99", "cliff_steps": "7", "cliff_surface": "tree"}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    assert control(at, "start_w").value == 7.0
    assert control(at, "cliff_steps").value == 7
    said = "\n".join(text.value for text in at.text)
    assert "asked for start_w = 99" in said
    assert "cliff_surface must be one of loss, gradient" in said


def test_every_preset_sets_every_field():
    at = app("cliff")
    for name, (preset, _) in READY.items():
        next(b for b in at.button if b.label == name).click().run()
        assert not at.exception
        assert {field: control(at, field).value for field in asdict(Descent())} == asdict(preset)


def test_the_close_up_leaves_the_finding_alone():
    at = app("cliff")
    before = finding(at)
    control(at, "wall_w").set_value(5.0).run()
    assert finding(at) == before
    assert any("at w = 5 its gradient" in caption.value for caption in at.caption)


def test_settings_of_the_page_survive_a_visit_elsewhere():
    at = app("cliff")
    control(at, "cliff_steps").set_value(11).run()
    at.switch_page("pages/gradient_flow.py").run()
    at.switch_page("pages/cliff.py").run()
    assert control(at, "cliff_steps").value == 11


def test_a_click_on_the_map_starts_there_and_the_address_keeps_it(tab, server):
    opened(tab, f"{server}/cliff?cliff_steps=5")
    plot = tab.locator("[data-panel=map] .gf-plot .nsewdrag").bounding_box()
    tab.mouse.click(plot["x"] + 0.5 * plot["width"], plot["y"] + 0.5 * plot["height"])
    tab.wait_for_url(re.compile(r"start_w=5"), timeout=30_000)
    settled(tab)
    start_b = float(re.search(r"start_b=(-[\d.]+)", tab.url)[1])
    assert start_b == pytest.approx(-1.5, abs=0.06)
    words, address = finding_of(tab), tab.url
    opened(tab, address)
    assert finding_of(tab) == words


def finding_of(tab):
    return tab.locator("h4").first.inner_text()


def test_its_sliders_answer_on_the_board(tab, server):
    opened(tab, f"{server}/cliff")
    words = finding_of(tab)
    tab.locator("#gf-cliff_steps").focus()
    tab.keyboard.press("Home")
    settled(tab)
    tab.wait_for_url(re.compile(r"cliff_steps=0"), timeout=30_000)
    assert "no step taken yet" in finding_of(tab)
    assert finding_of(tab) != words
